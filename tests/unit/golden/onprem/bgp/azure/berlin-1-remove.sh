#!/bin/sh
# berlin-1: takes vpn-0b1f0c6f4d2e8a917 off again; the gateway stays.
#   berlin-1-remove.sh RESOURCE-GROUP
set -eu
group=${1:?the resource group}
az network vpn-connection delete --resource-group "$group" --name berlin-1-aws1345
az network local-gateway delete --resource-group "$group" --name berlin-1-aws1345
az network vpn-connection delete --resource-group "$group" --name berlin-1-aws1346
az network local-gateway delete --resource-group "$group" --name berlin-1-aws1346

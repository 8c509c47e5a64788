#!/bin/sh
# lisbon: takes vpn-04a7d1e9c83b5f260 off again; the gateway stays.
#   lisbon-remove.sh RESOURCE-GROUP
set -eu
group=${1:?the resource group}
az network vpn-connection delete --resource-group "$group" --name lisbon-aws1345
az network local-gateway delete --resource-group "$group" --name lisbon-aws1345
az network vpn-connection delete --resource-group "$group" --name lisbon-aws1346
az network local-gateway delete --resource-group "$group" --name lisbon-aws1346

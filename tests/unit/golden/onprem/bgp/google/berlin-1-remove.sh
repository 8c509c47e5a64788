#!/bin/sh
# berlin-1: takes vpn-0b1f0c6f4d2e8a917 off again; the HA VPN gateway and the Cloud Router stay.
#   berlin-1-remove.sh REGION ROUTER
set -eu
region=${1:?the region} router=${2:?the Cloud Router}
gcloud compute routers remove-bgp-peer "$router" --region "$region" --peer-name berlin-1-aws1920
gcloud compute routers remove-interface "$router" --region "$region" --interface-name berlin-1-aws1920
gcloud compute vpn-tunnels delete --quiet berlin-1-aws1920 --region "$region"
gcloud compute routers remove-bgp-peer "$router" --region "$region" --peer-name berlin-1-aws1921
gcloud compute routers remove-interface "$router" --region "$region" --interface-name berlin-1-aws1921
gcloud compute vpn-tunnels delete --quiet berlin-1-aws1921 --region "$region"
gcloud compute external-vpn-gateways delete --quiet berlin-1

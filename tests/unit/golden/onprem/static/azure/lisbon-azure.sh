#!/bin/sh
# lisbon: vpn-04a7d1e9c83b5f260, from stack prod. Written after documents, not run.
# Makes AWS's ends and the connections to them on a gateway that is there, route-based, with the address 203.0.113.30:
#   lisbon-azure.sh RESOURCE-GROUP GATEWAY
# Names with a slash are elements of the customer gateway configuration.
set -eu
group=${1:?the resource group} gateway=${2:?the virtual network gateway}

# --- tunnel 1: vpn_gateway/tunnel_outside_address
az network local-gateway create --resource-group "$group" --name lisbon-aws1345 --gateway-ip-address 198.51.100.103 \
  --local-address-prefixes 10.30.0.0/16
# ike/pre_shared_key. Azure is 169.254.21.6/30 and AWS 169.254.21.5 inside
az network vpn-connection create --resource-group "$group" --name lisbon-aws1345 --vnet-gateway1 "$gateway" \
  --local-gateway2 lisbon-aws1345 --shared-key 'third.example.key_3' --routing-weight 15
# Azure takes one algorithm of a kind. In phase 1 the connection allows AES256, AES256-GCM-16; SHA2-256, SHA2-384; groups 20;
# in phase 2 AES256-GCM-16; SHA2-256; groups 20
az network vpn-connection ipsec-policy add --resource-group "$group" --connection-name lisbon-aws1345 \
  --ike-encryption GCMAES256 --ike-integrity SHA384 --dh-group ECP384 \
  --ipsec-encryption GCMAES256 --ipsec-integrity GCMAES256 --pfs-group ECP384 \
  --sa-lifetime 3600 --sa-max-size 0

# --- tunnel 2: vpn_gateway/tunnel_outside_address
az network local-gateway create --resource-group "$group" --name lisbon-aws1346 --gateway-ip-address 198.51.100.104 \
  --local-address-prefixes 10.30.0.0/16
# ike/pre_shared_key. Azure is 169.254.21.10/30 and AWS 169.254.21.9 inside
az network vpn-connection create --resource-group "$group" --name lisbon-aws1346 --vnet-gateway1 "$gateway" \
  --local-gateway2 lisbon-aws1346 --shared-key 'fourth.example.key_4' --routing-weight 10
# Azure takes one algorithm of a kind. In phase 1 the connection allows AES256, AES256-GCM-16; SHA2-256, SHA2-384; groups 20;
# in phase 2 AES256-GCM-16; SHA2-256; groups 20
az network vpn-connection ipsec-policy add --resource-group "$group" --connection-name lisbon-aws1346 \
  --ike-encryption GCMAES256 --ike-integrity SHA384 --dh-group ECP384 \
  --ipsec-encryption GCMAES256 --ipsec-integrity GCMAES256 --pfs-group ECP384 \
  --sa-lifetime 3600 --sa-max-size 0
# Azure clamps TCP's segments by itself (1350 bytes; AWS's are 1379). Behind it: 192.168.30.0/24.
# To 10.30.0.0/16 it goes by the local gateways

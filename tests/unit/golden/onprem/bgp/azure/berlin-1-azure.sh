#!/bin/sh
# berlin-1: vpn-0b1f0c6f4d2e8a917, from stack prod. Written after documents, not run.
# Makes AWS's ends and the connections to them on a gateway that is there, route-based, with the address 203.0.113.10:
#   berlin-1-azure.sh RESOURCE-GROUP GATEWAY
# Names with a slash are elements of the customer gateway configuration.
set -eu
group=${1:?the resource group} gateway=${2:?the virtual network gateway}
# customer_gateway/bgp/asn and customer_gateway/tunnel_inside_address
az network vnet-gateway update --resource-group "$group" --name "$gateway" --asn 65010 --enable-bgp true \
  --set bgpSettings.bgpPeeringAddresses[0].customBgpIpAddresses='["169.254.21.6","169.254.21.10"]'

# --- tunnel 1: vpn_gateway/tunnel_outside_address, vpn_gateway/bgp/asn, vpn_gateway/tunnel_inside_address
az network local-gateway create --resource-group "$group" --name berlin-1-aws1345 --gateway-ip-address 198.51.100.101 \
  --asn 64514 --bgp-peering-address 169.254.21.5
# ike/pre_shared_key. Azure is 169.254.21.6/30 and AWS 169.254.21.5 inside
az network vpn-connection create --resource-group "$group" --name berlin-1-aws1345 --vnet-gateway1 "$gateway" \
  --local-gateway2 berlin-1-aws1345 --shared-key 'first.example.key_1' --enable-bgp --routing-weight 15
# Azure takes one algorithm of a kind. In phase 1 the connection allows AES256, AES256-GCM-16; SHA2-256, SHA2-384; groups 20;
# in phase 2 AES256-GCM-16; SHA2-256; groups 20
az network vpn-connection ipsec-policy add --resource-group "$group" --connection-name berlin-1-aws1345 \
  --ike-encryption GCMAES256 --ike-integrity SHA384 --dh-group ECP384 \
  --ipsec-encryption GCMAES256 --ipsec-integrity GCMAES256 --pfs-group ECP384 \
  --sa-lifetime 3600 --sa-max-size 0
az network vpn-connection update --resource-group "$group" --name berlin-1-aws1345 \
  --set gatewayCustomBgpIpAddresses='[{"customBgpIpAddress":"169.254.21.6","ipConfigurationId":"'"$(az network vnet-gateway show --resource-group "$group" --name "$gateway" --query 'ipConfigurations[0].id' --output tsv)"'"}]'

# --- tunnel 2: vpn_gateway/tunnel_outside_address, vpn_gateway/bgp/asn, vpn_gateway/tunnel_inside_address
az network local-gateway create --resource-group "$group" --name berlin-1-aws1346 --gateway-ip-address 198.51.100.102 \
  --asn 64514 --bgp-peering-address 169.254.21.9
# ike/pre_shared_key. Azure is 169.254.21.10/30 and AWS 169.254.21.9 inside
az network vpn-connection create --resource-group "$group" --name berlin-1-aws1346 --vnet-gateway1 "$gateway" \
  --local-gateway2 berlin-1-aws1346 --shared-key 'second.example.key_2' --enable-bgp --routing-weight 10
# Azure takes one algorithm of a kind. In phase 1 the connection allows AES256, AES256-GCM-16; SHA2-256, SHA2-384; groups 20;
# in phase 2 AES256-GCM-16; SHA2-256; groups 20
az network vpn-connection ipsec-policy add --resource-group "$group" --connection-name berlin-1-aws1346 \
  --ike-encryption GCMAES256 --ike-integrity SHA384 --dh-group ECP384 \
  --ipsec-encryption GCMAES256 --ipsec-integrity GCMAES256 --pfs-group ECP384 \
  --sa-lifetime 3600 --sa-max-size 0
az network vpn-connection update --resource-group "$group" --name berlin-1-aws1346 \
  --set gatewayCustomBgpIpAddresses='[{"customBgpIpAddress":"169.254.21.10","ipConfigurationId":"'"$(az network vnet-gateway show --resource-group "$group" --name "$gateway" --query 'ipConfigurations[0].id' --output tsv)"'"}]'
# Azure clamps TCP's segments by itself (1350 bytes; AWS's are 1379). Behind it: 192.168.10.0/24, 192.168.11.0/24.
# To 10.30.0.0/16 it goes by BGP; AWS prefers neither tunnel, as Azure announces no MED

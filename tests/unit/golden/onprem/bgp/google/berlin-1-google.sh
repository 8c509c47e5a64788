#!/bin/sh
# berlin-1: vpn-0b1f0c6f4d2e8a917, from stack prod. Written after documents, not run.
# Makes AWS's ends, the tunnels and the BGP sessions on an HA VPN gateway and a Cloud Router that are there; the gateway's
# interface (0 or 1) is the one with 203.0.113.10, the router's ASN is 65010 (customer_gateway/bgp/asn):
#   berlin-1-google.sh REGION GATEWAY ROUTER INTERFACE
# Google promises 99.99 % with both interfaces: the other one is another customer gateway and connection of AWS.
# Names with a slash are elements of the customer gateway configuration.
set -eu
region=${1:?the region} gateway=${2:?the HA VPN gateway} router=${3:?the Cloud Router} interface=${4:?0 or 1}
gcloud compute external-vpn-gateways create berlin-1 --interfaces 0=198.51.100.101,1=198.51.100.102

# --- tunnel 1: vpn_gateway/tunnel_outside_address, ike/pre_shared_key. Google proposes all that it knows;
# of phase 1's AES256, AES256-GCM-16; SHA2-256, SHA2-384; groups 20 it lacks nothing;
# of phase 2's AES256-GCM-16; SHA2-256; groups 20 it lacks nothing
gcloud compute vpn-tunnels create berlin-1-aws1920 --region "$region" --vpn-gateway "$gateway" --interface "$interface" \
  --peer-external-gateway berlin-1 --peer-external-gateway-interface 0 \
  --ike-version 2 --shared-secret 'first.example.key_1' --router "$router"
# customer_gateway and vpn_gateway/tunnel_inside_address, vpn_gateway/bgp/asn. Tunnel 1 is preferred by its lower priority, a MED
gcloud compute routers add-interface "$router" --region "$region" --interface-name berlin-1-aws1920 \
  --vpn-tunnel berlin-1-aws1920 --ip-address 169.254.30.2 --mask-length 30
gcloud compute routers add-bgp-peer "$router" --region "$region" --peer-name berlin-1-aws1920 --interface berlin-1-aws1920 \
  --peer-ip-address 169.254.30.1 --peer-asn 64514 --advertised-route-priority 100 \
  --advertisement-mode custom --set-advertisement-ranges 192.168.10.0/24,192.168.11.0/24

# --- tunnel 2: vpn_gateway/tunnel_outside_address, ike/pre_shared_key. Google proposes all that it knows;
# of phase 1's AES256, AES256-GCM-16; SHA2-256, SHA2-384; groups 20 it lacks nothing;
# of phase 2's AES256-GCM-16; SHA2-256; groups 20 it lacks nothing
gcloud compute vpn-tunnels create berlin-1-aws1921 --region "$region" --vpn-gateway "$gateway" --interface "$interface" \
  --peer-external-gateway berlin-1 --peer-external-gateway-interface 1 \
  --ike-version 2 --shared-secret 'second.example.key_2' --router "$router"
# customer_gateway and vpn_gateway/tunnel_inside_address, vpn_gateway/bgp/asn. Tunnel 1 is preferred by its lower priority, a MED
gcloud compute routers add-interface "$router" --region "$region" --interface-name berlin-1-aws1921 \
  --vpn-tunnel berlin-1-aws1921 --ip-address 169.254.30.6 --mask-length 30
gcloud compute routers add-bgp-peer "$router" --region "$region" --peer-name berlin-1-aws1921 --interface berlin-1-aws1921 \
  --peer-ip-address 169.254.30.5 --peer-asn 64514 --advertised-route-priority 200 \
  --advertisement-mode custom --set-advertisement-ranges 192.168.10.0/24,192.168.11.0/24
# From AWS come 10.30.0.0/16. The tunnels' MTU is Google's own, and it clamps TCP's segments by itself; AWS's are 1379 bytes.
# A silent tunnel is left when the hold time is over: gcloud compute routers update ROUTER --keepalive-interval 20 is its default, so 60 s against AWS's 30; the lower counts

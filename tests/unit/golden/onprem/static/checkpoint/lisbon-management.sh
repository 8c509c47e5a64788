#!/bin/bash
# lisbon: vpn-04a7d1e9c83b5f260, from stack prod. For Check Point R81.20; written after
# Check Point's Ansible modules, not run.
# On the management server: GATEWAY is the gateway's object, which has IPsec VPN on and an empty group as its VPN domain.
# Names with a slash are elements of the customer gateway configuration.
set -eu
gateway=${1:?the name of the gateway\'s object}
session=$(mktemp)
trap 'rm -f "$session"' EXIT
mgmt_cli login -r true > "$session"
mgmt_cli -s "$session" add group name aws-vpn-empty ignore-warnings true || true
# --- tunnel 1: vpn_gateway/tunnel_outside_address
mgmt_cli -s "$session" add interoperable-device name "aws1924" ip-address 198.51.100.103 vpn-settings.vpn-domain-type manual vpn-settings.vpn-domain aws-vpn-empty
# the connection's ikeVersions and algorithms, ike/lifetime (in minutes), ipsec/lifetime, ike/pre_shared_key. Check Point takes one of each:
# the connection allows in phase 1 AES256, AES256-GCM-16; SHA2-256, SHA2-384; groups 20;
# in phase 2 AES256-GCM-16; SHA2-256; groups 20
mgmt_cli -s "$session" add vpn-community-star name "aws1924" \
  center-gateways.1 "$gateway" satellite-gateways.1 "aws1924" \
  encryption-method "ikev2 only" encryption-suite custom tunnel-granularity universal \
  ike-phase-1.encryption-algorithm aes-256 ike-phase-1.data-integrity sha384 ike-phase-1.diffie-hellman-group group-20 ike-phase-1.ike-p1-rekey-time 480 \
  ike-phase-2.encryption-algorithm aes-gcm-256 ike-phase-2.data-integrity sha384 ike-phase-2.ike-p2-use-pfs true ike-phase-2.ike-p2-pfs-dh-grp group-20 ike-phase-2.ike-p2-rekey-time 3600 \
  use-shared-secret true shared-secrets.1.external-gateway "aws1924" shared-secrets.1.shared-secret "third.example.key_3"
# --- tunnel 2: vpn_gateway/tunnel_outside_address
mgmt_cli -s "$session" add interoperable-device name "aws1925" ip-address 198.51.100.104 vpn-settings.vpn-domain-type manual vpn-settings.vpn-domain aws-vpn-empty
# the connection's ikeVersions and algorithms, ike/lifetime (in minutes), ipsec/lifetime, ike/pre_shared_key. Check Point takes one of each:
# the connection allows in phase 1 AES256, AES256-GCM-16; SHA2-256, SHA2-384; groups 20;
# in phase 2 AES256-GCM-16; SHA2-256; groups 20
mgmt_cli -s "$session" add vpn-community-star name "aws1925" \
  center-gateways.1 "$gateway" satellite-gateways.1 "aws1925" \
  encryption-method "ikev2 only" encryption-suite custom tunnel-granularity universal \
  ike-phase-1.encryption-algorithm aes-256 ike-phase-1.data-integrity sha384 ike-phase-1.diffie-hellman-group group-20 ike-phase-1.ike-p1-rekey-time 480 \
  ike-phase-2.encryption-algorithm aes-gcm-256 ike-phase-2.data-integrity sha384 ike-phase-2.ike-p2-use-pfs true ike-phase-2.ike-p2-pfs-dh-grp group-20 ike-phase-2.ike-p2-rekey-time 3600 \
  use-shared-secret true shared-secrets.1.external-gateway "aws1925" shared-secrets.1.shared-secret "fourth.example.key_4"
mgmt_cli -s "$session" publish
mgmt_cli -s "$session" logout
# dead peer detection needs tunnel_keepalive_method dpd for the gateway and for both devices above (GuiDBedit, network_objects; AWS's user guide)
# then in SmartConsole: Permanent Tunnels on in both communities, a rule that lets the LANs and the VPC pass in both directions
# (192.168.30.0/24; 10.30.0.0/16), no NAT between them, and install the policy

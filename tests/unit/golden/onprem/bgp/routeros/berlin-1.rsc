# berlin-1: vpn-0b1f0c6f4d2e8a917, from stack prod. Load with: import FILE
# Names with a slash are elements of the customer gateway configuration.
# RouterOS has no interfaces for IPsec: policies choose the tunnel. Tunnel 1's policies come first; when AWS's
# end of it stops answering, they are switched off and tunnel 2's apply.

# --- tunnel 1: the connection's phase1 algorithms, ike/lifetime, ipsec/dead_peer_detection
# not known to RouterOS in phase 1: AES256-GCM-16
# RouterOS takes one hash; the connection also allows sha384
/ip ipsec profile add name=aws1920 enc-algorithm=aes-256 hash-algorithm=sha256 dh-group=ecp384 lifetime=28800s dpd-interval=10s dpd-maximum-failures=3 nat-traversal=yes
# the connection's phase2 algorithms, ipsec/lifetime
/ip ipsec proposal add name=aws1920 auth-algorithms=null enc-algorithms=aes-256-gcm pfs-group=ecp384 lifetime=3600s
# customer_gateway and vpn_gateway/tunnel_outside_address, ike/pre_shared_key
/ip ipsec peer add name=aws1920 address=198.51.100.101/32 exchange-mode=ike2 profile=aws1920
/ip ipsec identity add peer=aws1920 auth-method=pre-shared-key secret="first.example.key_1" my-id=address:203.0.113.10 remote-id=address:198.51.100.101
# customer_gateway and vpn_gateway/tunnel_inside_address
/interface bridge add name=aws1920 protocol-mode=none comment="vpn-0b1f0c6f4d2e8a917 tunnel 1"
/ip address add address=169.254.30.2/30 interface=aws1920
/ip ipsec policy add peer=aws1920 proposal=aws1920 tunnel=yes src-address=169.254.30.2/32 dst-address=169.254.30.1/32 comment=aws1920-inside
/ip ipsec policy add peer=aws1920 proposal=aws1920 tunnel=yes src-address=192.168.10.0/24 dst-address=10.30.0.0/16 comment=aws1920-vpc
/ip ipsec policy add peer=aws1920 proposal=aws1920 tunnel=yes src-address=192.168.11.0/24 dst-address=10.30.0.0/16 comment=aws1920-vpc

# --- tunnel 2: the connection's phase1 algorithms, ike/lifetime, ipsec/dead_peer_detection
# not known to RouterOS in phase 1: AES256-GCM-16
# RouterOS takes one hash; the connection also allows sha384
/ip ipsec profile add name=aws1921 enc-algorithm=aes-256 hash-algorithm=sha256 dh-group=ecp384 lifetime=28800s dpd-interval=10s dpd-maximum-failures=3 nat-traversal=yes
# the connection's phase2 algorithms, ipsec/lifetime
/ip ipsec proposal add name=aws1921 auth-algorithms=null enc-algorithms=aes-256-gcm pfs-group=ecp384 lifetime=3600s
# customer_gateway and vpn_gateway/tunnel_outside_address, ike/pre_shared_key
/ip ipsec peer add name=aws1921 address=198.51.100.102/32 exchange-mode=ike2 profile=aws1921
/ip ipsec identity add peer=aws1921 auth-method=pre-shared-key secret="second.example.key_2" my-id=address:203.0.113.10 remote-id=address:198.51.100.102
# customer_gateway and vpn_gateway/tunnel_inside_address
/interface bridge add name=aws1921 protocol-mode=none comment="vpn-0b1f0c6f4d2e8a917 tunnel 2"
/ip address add address=169.254.30.6/30 interface=aws1921
/ip ipsec policy add peer=aws1921 proposal=aws1921 tunnel=yes src-address=169.254.30.6/32 dst-address=169.254.30.5/32 comment=aws1921-inside
/ip ipsec policy add peer=aws1921 proposal=aws1921 tunnel=yes src-address=192.168.10.0/24 dst-address=10.30.0.0/16 comment=aws1921-vpc
/ip ipsec policy add peer=aws1921 proposal=aws1921 tunnel=yes src-address=192.168.11.0/24 dst-address=10.30.0.0/16 comment=aws1921-vpc

# --- preference: while AWS's end of tunnel 1 answers its policies apply, being the first
/tool netwatch add type=icmp host=169.254.30.1 interval=3s packet-count=9 packet-interval=250ms thr-loss-percent=99 comment=aws1920 down-script="/ip ipsec policy disable [find comment=aws1920-vpc]" up-script="/ip ipsec policy enable [find comment=aws1920-vpc]"

# --- no NAT between the LANs and the VPC (what is not tracked is not translated), and TCP's MSS: ipsec/tcp_mss_adjustment or what fits
/ip firewall raw add chain=prerouting action=notrack src-address=192.168.10.0/24 dst-address=10.30.0.0/16
/ip firewall raw add chain=prerouting action=notrack src-address=10.30.0.0/16 dst-address=192.168.10.0/24
/ip firewall raw add chain=prerouting action=notrack src-address=192.168.11.0/24 dst-address=10.30.0.0/16
/ip firewall raw add chain=prerouting action=notrack src-address=10.30.0.0/16 dst-address=192.168.11.0/24
/ip firewall mangle add chain=forward action=change-mss new-mss=1379 protocol=tcp tcp-flags=syn tcp-mss=1380-65535 dst-address=10.30.0.0/16
/ip firewall mangle add chain=forward action=change-mss new-mss=1379 protocol=tcp tcp-flags=syn tcp-mss=1380-65535 src-address=10.30.0.0/16

# --- BGP: customer_gateway/bgp/asn, vpn_gateway/bgp/asn, bgp/hold_time. AWS learns the LANs over both tunnels and
# prefers tunnel 1 by its lower MED
# RouterOS 7.20 and later; before, there are no instances: leave the next line out, and in the connections write
# as=65010 router-id=203.0.113.10 instead of instance=aws1920
/routing bgp instance add name=aws1920 as=65010 router-id=203.0.113.10
/ip firewall address-list add list=aws1920-lans address=192.168.10.0/24
/ip firewall address-list add list=aws1920-lans address=192.168.11.0/24
/routing filter rule add chain=aws1920-out rule="if (dst == 192.168.10.0/24) { set bgp-med 100; accept }"
/routing filter rule add chain=aws1920-out rule="if (dst == 192.168.11.0/24) { set bgp-med 100; accept }"
/routing filter rule add chain=aws1920-out rule="reject"
/routing filter rule add chain=aws1920-in rule="if (dst == 10.30.0.0/16) { accept }"
/routing filter rule add chain=aws1920-in rule="reject"
/routing bgp connection add name=aws1920 instance=aws1920 local.role=ebgp local.address=169.254.30.2 remote.address=169.254.30.1 remote.as=64514 hold-time=30s keepalive-time=10s output.network=aws1920-lans output.filter-chain=aws1920-out input.filter=aws1920-in
/routing filter rule add chain=aws1921-out rule="if (dst == 192.168.10.0/24) { set bgp-med 200; accept }"
/routing filter rule add chain=aws1921-out rule="if (dst == 192.168.11.0/24) { set bgp-med 200; accept }"
/routing filter rule add chain=aws1921-out rule="reject"
/routing filter rule add chain=aws1921-in rule="if (dst == 10.30.0.0/16) { accept }"
/routing filter rule add chain=aws1921-in rule="reject"
/routing bgp connection add name=aws1921 instance=aws1920 local.role=ebgp local.address=169.254.30.6 remote.address=169.254.30.5 remote.as=64514 hold-time=30s keepalive-time=10s output.network=aws1920-lans output.filter-chain=aws1921-out input.filter=aws1921-in

# --- firewall: before the rule of chain input that drops
# /ip firewall filter add chain=input action=accept protocol=udp src-address=198.51.100.101 dst-port=500,4500
# /ip firewall filter add chain=input action=accept protocol=ipsec-esp src-address=198.51.100.101
# /ip firewall filter add chain=input action=accept protocol=udp src-address=198.51.100.102 dst-port=500,4500
# /ip firewall filter add chain=input action=accept protocol=ipsec-esp src-address=198.51.100.102

# lisbon: vpn-04a7d1e9c83b5f260, from stack prod. Load with: import FILE
# Names with a slash are elements of the customer gateway configuration.
# RouterOS has no interfaces for IPsec: policies choose the tunnel. Tunnel 1's policies come first; when AWS's
# end of it stops answering, they are switched off and tunnel 2's apply.

# --- tunnel 1: the connection's phase1 algorithms, ike/lifetime, ipsec/dead_peer_detection
# not known to RouterOS in phase 1: AES256-GCM-16
# RouterOS takes one hash; the connection also allows sha384
/ip ipsec profile add name=aws1924 enc-algorithm=aes-256 hash-algorithm=sha256 dh-group=ecp384 lifetime=28800s dpd-interval=10s dpd-maximum-failures=3 nat-traversal=yes
# the connection's phase2 algorithms, ipsec/lifetime
/ip ipsec proposal add name=aws1924 auth-algorithms=null enc-algorithms=aes-256-gcm pfs-group=ecp384 lifetime=3600s
# customer_gateway and vpn_gateway/tunnel_outside_address, ike/pre_shared_key
/ip ipsec peer add name=aws1924 address=198.51.100.103/32 exchange-mode=ike2 profile=aws1924
/ip ipsec identity add peer=aws1924 auth-method=pre-shared-key secret="third.example.key_3" my-id=address:203.0.113.30 remote-id=address:198.51.100.103
# customer_gateway and vpn_gateway/tunnel_inside_address
/interface bridge add name=aws1924 protocol-mode=none comment="vpn-04a7d1e9c83b5f260 tunnel 1"
/ip address add address=169.254.30.18/30 interface=aws1924
/ip ipsec policy add peer=aws1924 proposal=aws1924 tunnel=yes src-address=169.254.30.18/32 dst-address=169.254.30.17/32 comment=aws1924-inside
/ip ipsec policy add peer=aws1924 proposal=aws1924 tunnel=yes src-address=192.168.30.0/24 dst-address=10.30.0.0/16 comment=aws1924-vpc

# --- tunnel 2: the connection's phase1 algorithms, ike/lifetime, ipsec/dead_peer_detection
# not known to RouterOS in phase 1: AES256-GCM-16
# RouterOS takes one hash; the connection also allows sha384
/ip ipsec profile add name=aws1925 enc-algorithm=aes-256 hash-algorithm=sha256 dh-group=ecp384 lifetime=28800s dpd-interval=10s dpd-maximum-failures=3 nat-traversal=yes
# the connection's phase2 algorithms, ipsec/lifetime
/ip ipsec proposal add name=aws1925 auth-algorithms=null enc-algorithms=aes-256-gcm pfs-group=ecp384 lifetime=3600s
# customer_gateway and vpn_gateway/tunnel_outside_address, ike/pre_shared_key
/ip ipsec peer add name=aws1925 address=198.51.100.104/32 exchange-mode=ike2 profile=aws1925
/ip ipsec identity add peer=aws1925 auth-method=pre-shared-key secret="fourth.example.key_4" my-id=address:203.0.113.30 remote-id=address:198.51.100.104
# customer_gateway and vpn_gateway/tunnel_inside_address
/interface bridge add name=aws1925 protocol-mode=none comment="vpn-04a7d1e9c83b5f260 tunnel 2"
/ip address add address=169.254.30.22/30 interface=aws1925
/ip ipsec policy add peer=aws1925 proposal=aws1925 tunnel=yes src-address=169.254.30.22/32 dst-address=169.254.30.21/32 comment=aws1925-inside
/ip ipsec policy add peer=aws1925 proposal=aws1925 tunnel=yes src-address=192.168.30.0/24 dst-address=10.30.0.0/16 comment=aws1925-vpc

# --- preference: while AWS's end of tunnel 1 answers its policies apply, being the first
# AWS answers through a tunnel as long as it is up. So a tunnel that is left is also ended, and AWS told where IKE still gets through,
# unless the other is silent too, and tried every 5 minutes. After MikroTik's documents, not run
/tool netwatch add type=icmp host=169.254.30.17 interval=3s packet-count=9 packet-interval=250ms thr-loss-percent=99 comment=aws1924 down-script="/ip ipsec policy disable [find comment=aws1924-vpc]; :if ([/ping 169.254.30.21 src-address=169.254.30.22 count=3 interval=200ms] > 0) do={/ip ipsec peer disable [find name=aws1924]} else={/ip ipsec peer enable [find name=aws1925]}" up-script="/ip ipsec policy enable [find comment=aws1924-vpc]"
/system scheduler add name=aws1924 interval=5m on-event=":if ([/tool netwatch get [find comment=aws1924] status] = \"down\") do={/ip ipsec peer enable [find name=aws1924]; :delay 20s; :if ([/tool netwatch get [find comment=aws1924] status] = \"down\" and [/ping 169.254.30.21 src-address=169.254.30.22 count=3 interval=200ms] > 0) do={/ip ipsec peer disable [find name=aws1924]} }"
/tool netwatch add type=icmp host=169.254.30.21 interval=3s packet-count=9 packet-interval=250ms thr-loss-percent=99 comment=aws1925 down-script=":if ([/ping 169.254.30.17 src-address=169.254.30.18 count=3 interval=200ms] > 0) do={/ip ipsec peer disable [find name=aws1925]} else={/ip ipsec peer enable [find name=aws1924]}"
/system scheduler add name=aws1925 interval=5m on-event=":if ([/tool netwatch get [find comment=aws1925] status] = \"down\") do={/ip ipsec peer enable [find name=aws1925]; :delay 20s; :if ([/tool netwatch get [find comment=aws1925] status] = \"down\" and [/ping 169.254.30.17 src-address=169.254.30.18 count=3 interval=200ms] > 0) do={/ip ipsec peer disable [find name=aws1925]} }"

# --- no NAT between the LANs and the VPC (what is not tracked is not translated), and TCP's MSS: ipsec/tcp_mss_adjustment or what fits
/ip firewall raw add chain=prerouting action=notrack src-address=192.168.30.0/24 dst-address=10.30.0.0/16
/ip firewall raw add chain=prerouting action=notrack src-address=10.30.0.0/16 dst-address=192.168.30.0/24
/ip firewall mangle add chain=forward action=change-mss new-mss=1379 protocol=tcp tcp-flags=syn tcp-mss=1380-65535 dst-address=10.30.0.0/16
/ip firewall mangle add chain=forward action=change-mss new-mss=1379 protocol=tcp tcp-flags=syn tcp-mss=1380-65535 src-address=10.30.0.0/16

# --- static routes to the VPC; AWS has static routes to the LANs: 192.168.30.0/24
/ip route add dst-address=10.30.0.0/16 gateway=aws1924 distance=10
/ip route add dst-address=10.30.0.0/16 gateway=aws1925 distance=20

# --- firewall: before the rule of chain input that drops
# /ip firewall filter add chain=input action=accept protocol=udp src-address=198.51.100.103 dst-port=500,4500
# /ip firewall filter add chain=input action=accept protocol=ipsec-esp src-address=198.51.100.103
# /ip firewall filter add chain=input action=accept protocol=udp src-address=198.51.100.104 dst-port=500,4500
# /ip firewall filter add chain=input action=accept protocol=ipsec-esp src-address=198.51.100.104

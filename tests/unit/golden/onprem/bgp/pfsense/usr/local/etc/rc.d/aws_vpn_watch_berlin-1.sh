#!/bin/sh
# Starts the watch over the tunnels of vpn-0b1f0c6f4d2e8a917 (berlin-1), and again when it ends.
[ "${1:-start}" = start ] || exit 0
exec /usr/sbin/daemon -f -r -R 1 -S -T aws-vpn /usr/local/etc/aws-vpn/aws-vpn-watch-berlin-1

"""How AWS's end is configured. It is made from the connection's options and not from the templates."""

from __future__ import annotations

from pathlib import Path

from onprem.connection import Connection, Proposals, Tunnel

_ENCRYPTION = {
    "AES128": "aes128",
    "AES256": "aes256",
    "AES128-GCM-16": "aes128gcm16",
    "AES256-GCM-16": "aes256gcm16",
}
_INTEGRITY = {"SHA1": "sha1", "SHA2-256": "sha256", "SHA2-384": "sha384", "SHA2-512": "sha512"}
_GROUP = {14: "modp2048", 19: "ecp256", 20: "ecp384", 21: "ecp521"}


def _one_proposal_each(phase: Proposals, prf: bool) -> str:
    """Every combination that the options allow, as a proposal of its own."""
    proposals: list[str] = []
    for group in phase.dh_groups:
        for cipher in phase.block_ciphers:
            proposals += [f"{_ENCRYPTION[cipher]}-{_INTEGRITY[i]}-{_GROUP[group]}" for i in phase.integrities]
        for cipher in phase.combined_ciphers:
            prfs = [f"prf{_INTEGRITY[i]}-" for i in phase.integrities] if prf else [""]
            proposals += [f"{_ENCRYPTION[cipher]}-{each}{_GROUP[group]}" for each in prfs]
    return ", ".join(proposals)


AMAZONS_PACE = """
charon {
  retransmit_timeout = 5
  retransmit_base = 1
  retransmit_tries = 3
}
"""
"""A silent router is asked after 10 s and held dead after 30; then AWS sends to the other tunnel."""


def updown(vpg: Path, device: str) -> str:
    """What an endpoint does when SAs come and go: the VPG uses its device while there is one."""
    return f"""#!/bin/sh
exec 9> "$0.lock"
flock 9
sas=$(cat "$0.sas" 2> /dev/null || echo 0)
case "$PLUTO_VERB" in
up-client) sas=$((sas + 1)) ;;
down-client) sas=$((sas - 1)) ;;
esac
echo $sas > "$0.sas"
nsenter --net={vpg} ip link set {device} $([ $sas -gt 0 ] && echo up || echo down)
"""


def endpoint_configuration(tunnel: Tunnel, script: Path) -> str:
    """swanctl's file of a tunnel's end, whose `script` is called for SAs."""
    return f"""
connections {{
  customer {{
    version = {tunnel.ike_version}
    local_addrs = {tunnel.amazon_outside}
    remote_addrs = {tunnel.customer_outside}
    keyingtries = 0
    proposals = {_one_proposal_each(tunnel.ike, prf=True)}
    dpd_delay = 10s
    {"dpd_timeout = 30s" if tunnel.ike_version == 1 else ""}
    mobike = no
    unique = replace
    local {{
      auth = psk
      id = {tunnel.amazon_outside}
    }}
    remote {{
      auth = psk
      id = {tunnel.customer_outside}
    }}
    children {{
      customer {{
        local_ts = 0.0.0.0/0
        remote_ts = 0.0.0.0/0
        esp_proposals = {_one_proposal_each(tunnel.esp, prf=False)}
        updown = {script}
        start_action = {"start" if tunnel.position == 1 else "none"}
        dpd_action = {"restart" if tunnel.position == 1 else "clear"}
      }}
    }}
  }}
}}
secrets {{
  ike-customer {{
    id-1 = {tunnel.customer_outside}
    secret = "{tunnel.preshared_key}"
  }}
}}
"""


def vpg_configuration(connection: Connection) -> str:
    """FRR's file of the VPG: BGP over both tunnels, or static routes that prefer tunnel 1."""
    lines = ["frr defaults traditional"]
    if connection.bgp is None:
        for lan in connection.lans:
            lines += [f"ip route {lan} tunnel1 10", f"ip route {lan} tunnel2 20"]
        return "\n".join([*lines, ""])
    lines += [f"router bgp {connection.bgp.amazon_asn}", " no bgp ebgp-requires-policy"]
    lines += [" no bgp network import-check", " bgp router-id 169.254.255.1"]
    for tunnel in connection.tunnels:
        peer = f" neighbor {tunnel.customer_inside.ip}"
        lines += [f"{peer} remote-as {connection.bgp.customer_asn}"]
        lines += [f"{peer} timers {connection.bgp.keepalive} {connection.bgp.hold_time}"]
    lines += [" address-family ipv4 unicast", *(f"  network {cidr}" for cidr in connection.vpc_cidrs)]
    return "\n".join([*lines, " exit-address-family", ""])

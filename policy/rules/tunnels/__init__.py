"""Rules about the two IPsec tunnels of a VPN connection."""

from __future__ import annotations

from policy.rules.rule import Rule
from policy.rules.tunnels import (
    vpn_dpd_restarts,
    vpn_ikev2_only,
    vpn_psk_length,
    vpn_psk_secret,
    vpn_routing,
    vpn_strong_dh_groups,
    vpn_strong_encryption,
    vpn_strong_integrity,
    vpn_tunnel_logs,
)

RULES: tuple[Rule, ...] = (
    vpn_ikev2_only.RULE,
    vpn_strong_encryption.RULE,
    vpn_strong_integrity.RULE,
    vpn_strong_dh_groups.RULE,
    vpn_tunnel_logs.RULE,
    vpn_psk_secret.RULE,
    vpn_psk_length.RULE,
    vpn_dpd_restarts.RULE,
    vpn_routing.RULE,
)

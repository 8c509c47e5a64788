"""The settings of an adopted stack as its program gets them, without a stack file that holds secrets."""

from __future__ import annotations

from typing import Any

from operations.adopt.description import Description


def settings_with_keys(description: Description) -> dict[str, Any]:
    """The stack file's settings with the pre-shared keys in clear."""
    config: dict[str, Any] = {**description.config}
    vpn = config["aws-vpn:hardwareVpn"]
    sites = [{**site, "tunnels": [dict(tunnel) for tunnel in site["tunnels"]]} for site in vpn["sites"]]
    for i, one in enumerate(description.sites):
        for j, tunnel in enumerate(one.connection.tunnels):
            key = description.keys.get(f"aws-vpn:hardwareVpn.sites[{i}].tunnels[{j}].presharedKey")
            assert key == tunnel.preshared_key
            if key:
                sites[i]["tunnels"][j]["presharedKey"] = key
    return {**config, "aws-vpn:hardwareVpn": {**vpn, "sites": sites}}

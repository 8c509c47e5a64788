"""`aws-vpn roll keys`: new pre-shared keys, one tunnel at a time, wherever AWS keeps them."""

from __future__ import annotations

import secrets
import string
from collections.abc import Collection, Sequence
from typing import Any

from pydantic import SecretStr

from model.tunnel_changes import TunnelChanges, only
from operations.roll.connection import Connection, Say
from operations.roll.deployment import Deployed, Deployment
from operations.roll.errors import RollError
from operations.roll.tunnels import Render

KEY_LENGTH = 48
"""Characters, of at most 64; 62 different ones give 285 bits."""

_CHARACTERS = string.ascii_letters + string.digits


def new_key() -> str:
    """A pre-shared key as AWS takes it: letters and digits, the first of them a letter."""
    rest = (secrets.choice(_CHARACTERS) for _ in range(KEY_LENGTH - 1))
    return secrets.choice(string.ascii_letters) + "".join(rest)


def roll_keys(
    connections: Sequence[Connection],
    numbers: Sequence[int],
    storage: str,
    own_keys: Collection[str],
    deployment: Deployment,
    render: Render,
    say: Say,
) -> None:
    """Give each tunnel a new key, in `storage`, and go on once AWS reports the tunnel up with it.

    The provider tells the two tunnels apart by the first one's key, as it knows it: where it can read keys,
    it has to set them itself. In Secrets Manager it cannot, and the program leaves them alone. `own_keys` are
    the tunnels, such as `berlin:1`, whose key is in the stack file.

    Raises:
        RollError: a key is the stack file's own, a tunnel may not be changed, or does not come back.
    """
    deployed = deployment.deployed()
    with_keys = [one for one in connections if not one.site.has_certificate]
    wanted = {f"{one.site.name}:{number}" for one in with_keys for number in numbers}
    _refuse_own_keys([key for key in own_keys if key in wanted], storage)
    for connection in with_keys:
        site = connection.site
        state = deployed[site.vpn_connection_id]
        for number in connection.in_order({*numbers}):
            before = connection.require_other(number, state.modified)
            say(f"{site.name}: a new key for {connection.named(number)}")
            if storage == state.inputs.get("presharedKeyStorage") == "Standard":
                deployment.deploy(state.urn, only(site.name, number, SecretStr(new_key())))
            else:
                connection.request("modify_vpn_tunnel_options", number, **_change(state, storage))
                connection.wait_until_available()
                deployment.deploy(state.urn, TunnelChanges(held=True), refresh=True)
            render(site.name)
            connection.wait_until_back(number, before)
    say("the new keys are in force" if with_keys else "no site has pre-shared keys")


def _change(state: Deployed, storage: str) -> dict[str, Any]:
    change: dict[str, Any] = {"TunnelOptions": {"PreSharedKey": new_key()}}
    if state.inputs.get("presharedKeyStorage") != storage:
        change["PreSharedKeyStorage"] = storage
    return change


def _refuse_own_keys(own: Collection[str], storage: str) -> None:
    """A key in the stack file would be deployed again over ours; in Secrets Manager it counts but once."""
    if own and storage == "Standard":
        raise RollError(
            f"{', '.join(own)}: the key is the stack file's; set another one there (pulumi config set"
            " --secret --path 'aws-vpn:hardwareVpn.sites[0].tunnels[0].presharedKey'), then run aws-vpn roll"
            " tunnels"
        )

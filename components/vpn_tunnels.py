"""A VPN connection's two tunnels: their inputs, what is deployed of them, and that one of them stays up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any

import pulumi
import pulumi_aws as aws
from pydantic import SecretStr
from pydantic.alias_generators import to_camel

from model.tunnel_changes import TUNNELS, VARIABLE, TunnelChanges
from model.tunnel_options import TunnelOptions

STORAGE = "presharedKeyStorage"
ROUTER = "customerGatewayId"
"""The two inputs of the connection itself whose change takes both tunnels down: where the keys are, and
which router it leads to (ModifyVpnConnection). A router that is made anew has no id yet at a preview."""


@dataclass(frozen=True, kw_only=True)
class TunnelArgs:
    """One IPsec tunnel. Without `inside_cidr` and `preshared_key` AWS chooses them."""

    inside_cidr: IPv4Network | None = None
    preshared_key: SecretStr | None = None
    options: TunnelOptions


def tunnel_inputs(number: int, tunnel: TunnelArgs) -> dict[str, Any]:
    """A tunnel's options as `VpnConnection` takes them, its secret marked as one."""
    key = tunnel.preshared_key
    inputs = {
        "inside_cidr": None if tunnel.inside_cidr is None else str(tunnel.inside_cidr),
        "preshared_key": None if key is None else pulumi.Output.secret(key.get_secret_value()),
        **tunnel.options.inputs(),
    }
    return {f"tunnel{number}_{option}": value for option, value in inputs.items()}


def exported_options(
    connection: aws.ec2.VpnConnection, number: int, asked: TunnelOptions
) -> pulumi.Output[dict[str, Any]]:
    """A tunnel's options as they are deployed, by the names that outputs use; as `asked` if AWS tells none.

    A tunnel that stays as it was while the other one is changed is not as the settings have it.
    """
    wanted = asked.inputs()
    found = {option: getattr(connection, f"tunnel{number}_{option}") for option in wanted}

    def exported(values: dict[str, Any]) -> dict[str, Any]:
        deployed = {
            option: wanted[option] if value in (None, "", []) else value for option, value in values.items()
        }
        return {
            to_camel(option): wanted[option] if _same(value, wanted[option]) else value
            for option, value in deployed.items()
        }

    return pulumi.Output.all(**found).apply(exported)


def held_inputs(tunnels: Iterable[int]) -> Iterator[str]:
    """The inputs that keep these tunnels, and where the keys are, as they were deployed."""
    for number in tunnels:
        yield from (
            f"tunnel{number}{to_camel(option)[0].upper()}{to_camel(option)[1:]}"
            for option in ("inside_cidr", "preshared_key", "log_options", *TunnelOptions.model_fields)
        )
    if tunnels:
        yield STORAGE


def one_tunnel_at_a_time(vpn: str, stack: str, changes: TunnelChanges) -> pulumi.ResourceHookBinding | None:
    """What refuses, at a preview too, to change both tunnels of a connection of the component `vpn`.

    The provider changes tunnel 1, waits until the connection is `available`, which it is before the tunnel is
    up, and changes tunnel 2.
    """
    if changes.both:
        return None

    async def refuse(args: pulumi.ResourceHookArgs) -> None:
        deployed = await _plain(args.old_inputs), await _plain(args.old_outputs)
        changed = sorted(_changed(await _plain(args.new_inputs), *deployed))
        site = args.name.removeprefix(f"{vpn}-")
        if ROUTER in changed:
            raise RuntimeError(_other_router(site, changed))
        storage = STORAGE in changed
        if not storage and not all(any(key.startswith(f"tunnel{n}") for key in changed) for n in TUNNELS):
            return
        raise RuntimeError(
            f"{site}: {', '.join(changed)} would change both tunnels at once, and nothing would reach the"
            f" site for minutes; run aws-vpn roll {'keys' if storage else 'tunnels'} --stack {stack}"
            f" --site {site}, which changes one, and the other when that is up."
            f" {VARIABLE}=both accepts the outage."
        )

    hook = pulumi.ResourceHook(
        f"{stack}-{vpn}-one-tunnel-at-a-time", refuse, pulumi.ResourceHookOptions(on_dry_run=True)
    )
    return pulumi.ResourceHookBinding(before_update=[hook])


def _other_router(site: str, changed: list[str]) -> str:
    return (
        f"{site}: {', '.join(changed)} would lead both tunnels to another router at once, and nothing would"
        " reach the site until that has negotiated. To have no outage, add a site of another name at the same"
        f" location for the new router, and take {site} out when that is up."
        f" {VARIABLE}=both accepts the outage."
    )


def _changed(new: Mapping[str, Any], inputs: Mapping[str, Any], state: Mapping[str, Any]) -> Iterator[str]:
    """What differs both from what was asked for last and from what is there.

    A value that AWS chose and the settings now name is no change; nor is a key that is only read as REDACTED.
    """
    disturbing = (STORAGE, ROUTER, *(f"tunnel{number}" for number in TUNNELS))
    for key, value in new.items():
        differs = not _same(value, inputs.get(key)) and not _same(value, state.get(key))
        if differs and key.startswith(disturbing):
            yield key


def _same(one: object, other: object) -> bool:
    """Whether two values are one to AWS, which has lists in no order."""
    if isinstance(one, list) and isinstance(other, list):
        return sorted(map(str, one)) == sorted(map(str, other))  # pyright: ignore[reportUnknownArgumentType]
    return one == other


async def _plain(values: Mapping[str, Any] | None) -> dict[str, Any]:
    """The values, secrets too, which hooks are given as outputs."""
    return {key: await pulumi.Output.from_input(value).future() for key, value in (values or {}).items()}

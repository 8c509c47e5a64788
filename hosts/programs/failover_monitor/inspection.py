"""The check: what a monitor would see here and now, in words, without touching anything."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from .cloud import Cloud
from .configuration import Configuration, NatProbe
from .decision import Facts, NoMovePossible, Role, decide
from .health import Health, Verdict
from .probes import ping, service_probe
from .service import Setup
from .situation import ROLES
from .view import View


@dataclass(frozen=True)
class Inspection:
    """What was seen, a line each, and whether all is as it should be."""

    lines: tuple[str, ...]
    well: bool


async def inspect(cloud: Cloud, setup: Setup) -> Inspection:
    """Look at AWS, probe both servers as often as trust takes, and explain.

    Raises:
        CloudError: AWS does not say how things stand.
    """
    configuration = setup.configuration
    view = await cloud.view(configuration)
    states = await cloud.instance_states(configuration)
    healths = dict(
        zip(ROLES, await asyncio.gather(*(_health(setup, view, role) for role in ROLES)), strict=True)
    )
    decision = decide(
        Facts(
            view.holder, healths["main"], healths["standby"], (), None, now=asyncio.get_running_loop().time()
        )
    )
    astray = view.astray(configuration)
    well = (
        all(health.verdict is Verdict.PROVEN for health in healths.values())
        and not astray
        and view.holder in ROLES
        and not isinstance(decision, NoMovePossible)
    )
    lines = [_address(configuration, view)]
    lines += [_server(configuration, view, states, role, healths[role]) for role in ROLES]
    lines += [
        f"route    {route.destination} in {route.route_table_id}"
        f" -> {_role(configuration, view.routes.get(route))}"
        + ("  ASTRAY: should follow the address" if route in astray else "")
        for route in configuration.routes
    ]
    lines.append(f"decision {type(decision).__name__}: {decision.reason}")
    return Inspection(tuple(lines), well)


async def _health(setup: Setup, view: View, role: Role) -> Health:
    timing = setup.configuration.timing
    health = Health(timing.failures_to_move, timing.successes_to_trust)
    address = view.private_addresses.get(role)
    if address is None:
        health.finding = "its network interface does not exist"
        health.failures = timing.failures_to_move
        return health
    probe = service_probe(setup.configuration.probe, setup.key)
    for _ in range(max(timing.failures_to_move, timing.successes_to_trust)):
        result = await probe(address, timing.probe_timeout)
        if result is not None:
            health.record(result)
    health.host_answers = await ping(address, timing.probe_timeout)
    return health


def _address(configuration: Configuration, view: View) -> str:
    what = "connections through NAT" if isinstance(configuration.probe, NatProbe) else "OpenVPN handshakes"
    holder = f"{view.holder} ({view.holder_interface})" if view.holder_interface else "nobody"
    return (
        f"{configuration.environment}/{configuration.name}: {view.public_address}"
        f" ({configuration.allocation_id}) is with {holder}; probed by {what}"
    )


def _server(
    configuration: Configuration, view: View, states: dict[str, str], role: Role, health: Health
) -> str:
    server = configuration.main if role == "main" else configuration.standby
    state = states.get(server.instance_id, "gone")
    address = view.private_addresses.get(role, "no address")
    return f"{role:8} {server.instance_id} {address} {state}: {health.describe()}"


def _role(configuration: Configuration, interface: str | None) -> str:
    names = {
        configuration.main.network_interface_id: "main",
        configuration.standby.network_interface_id: "standby",
        None: "nothing",
    }
    return names.get(interface, str(interface))

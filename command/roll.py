"""`aws-vpn roll`: changes of VPN tunnels one by one, with the routers' configurations in between."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import click

from command.examples import examples
from onprem.output import write_files
from onprem.rendering import devices
from onprem.rendering import render as render_device
from onprem.stack import read_stack
from operations.outputs import chosen_stacks, read_outputs
from operations.roll.connection import Connection, Site
from operations.roll.deployment import Deployment
from operations.roll.errors import RollError
from operations.roll.keys import roll_keys
from operations.roll.maintenance import roll_maintenance
from operations.roll.tunnels import Render, roll_tunnels
from operations.roll.window import read_window
from stacks.stack_file import read_stack_file, stack_file_name
from stacks.stack_text import read_config

PATIENCE_MINUTES = 15.0
"""A change takes AWS some minutes, and the router's new configuration a hand's."""


def _options(command: Callable[..., None]) -> Callable[..., None]:
    """What all rolls take."""
    for option in (
        click.option(
            "--wait",
            type=click.FloatRange(min=0),
            default=PATIENCE_MINUTES,
            show_default=True,
            metavar="MINUTES",
            help="How long a tunnel may take to come back.",
        ),
        click.option(
            "--site", "sites", multiple=True, metavar="N", help="A site; can be repeated. Else all."
        ),
        click.option("--stack", required=True, metavar="S", help="The stack."),
    ):
        command = option(command)
    return command


def _router_options(command: Callable[..., None]) -> Callable[..., None]:
    """What rolls take that change the routers' configurations."""
    for option in (
        click.option(
            "--device",
            type=click.Choice(list(devices())),
            help="What the routers are; with --out.",
        ),
        click.option(
            "--out",
            type=click.Path(file_okay=False, path_type=Path),
            metavar="DIR",
            help="Write each router's new configuration to DIR/SITE/DEVICE/ between the steps.",
        ),
    ):
        command = option(command)
    return command


@click.group(
    epilog=examples(
        "aws-vpn roll tunnels --stack prod                    what the stack file changes of tunnels",
        "aws-vpn roll keys --stack prod --site lisbon         new pre-shared keys",
        "aws-vpn roll maintenance --stack prod --window 02:00-04:00",
    )
)
def roll() -> None:
    """Change VPN tunnels one by one: the other one carries the site meanwhile.

    A tunnel is changed only while the other one is up, and the next only when AWS reports this one up again.
    Each can be interrupted and run again at any point.
    """


@roll.command(
    epilog=examples("aws-vpn roll tunnels --stack prod --site lisbon --out routers --device strongswan")
)
@_options
@_router_options
@click.option(
    "--policy-config",
    type=click.Path(exists=True, dir_okay=False, resolve_path=True, path_type=Path),
    envvar="POLICY_CONFIG",
    metavar="FILE",
    help="Levels, parameters and waivers for the policies  [default: $POLICY_CONFIG]",
)
def tunnels(
    stack: str,
    sites: tuple[str, ...],
    wait: float,
    out: Path | None,
    device: str | None,
    policy_config: Path | None,
) -> None:
    """Deploy what the stack file changes of tunnels, and nothing else, one tunnel after the other."""
    rolled = _Rolled(stack, sites, wait)
    deployment = Deployment(stack, rolled.root, policy_config)
    roll_tunnels(rolled.connections, deployment, rolled.renderer(out, device), _say)


@roll.command(epilog=examples("aws-vpn roll keys --stack prod --site lisbon --out routers --device vyos"))
@_options
@_router_options
@click.option("--tunnel", type=click.Choice(["1", "2"]), help="One of the two alone.")
def keys(
    stack: str,
    sites: tuple[str, ...],
    wait: float,
    out: Path | None,
    device: str | None,
    tunnel: str | None,
) -> None:
    """Give tunnels new pre-shared keys, and move them to the storage that the stack file names."""
    rolled = _Rolled(stack, sites, wait)
    settings = read_stack_file(rolled.root / stack_file_name(stack)).hardware_vpn
    if settings is None:
        raise RollError(f"{stack_file_name(stack)} has no hardwareVpn; should be a stack with one")
    roll_keys(
        rolled.connections,
        (int(tunnel),) if tunnel else (1, 2),
        settings.preshared_key_storage,
        _own_keys(rolled.root / stack_file_name(stack)),
        Deployment(stack, rolled.root),
        rolled.renderer(out, device),
        _say,
    )


@roll.command(
    epilog=examples("aws-vpn roll maintenance --stack prod --window 02:00-04:00     from a scheduler")
)
@_options
@click.option(
    "--window",
    metavar="HH:MM-HH:MM",
    help="Begin nothing outside of these times, in UTC; the exit code is 0.",
)
def maintenance(stack: str, sites: tuple[str, ...], wait: float, window: str | None) -> None:
    """Apply AWS's pending replacements of tunnels' ends, one after the other."""
    opened = read_window(window) if window else None
    roll_maintenance(_Rolled(stack, sites, wait).connections, opened, _say)


def _own_keys(file: Path) -> list[str]:
    """The tunnels whose key is in the stack file, encrypted or not."""
    section: Any = read_config(file).get("aws-vpn:hardwareVpn", {})
    return [
        f"{site['name']}:{number}"
        for site in section.get("sites", ())
        for number, tunnel in enumerate(site.get("tunnels", ()), start=1)
        if "presharedKey" in (tunnel or {})
    ]


class _Rolled:
    """The sites of a deployed stack that are to be rolled."""

    def __init__(self, stack: str, sites: tuple[str, ...], wait: float) -> None:
        self.root, self._stack = Path.cwd(), stack
        chosen_stacks(self.root, stack, every=False)
        outputs = read_outputs(stack, self.root)
        exported: dict[str, Any] = outputs.get("hardwareVpn", {})
        known: dict[str, Any] = exported.get("sites", {})
        unknown = [site for site in sites if site not in known]
        if unknown or not known:
            raise RollError(
                f"no site {', '.join(unknown)} in stack {stack}; should be one of {', '.join(known)}"
                if known
                else f"stack {stack} is deployed without hardwareVpn; should be a stack with one"
            )
        ec2: Any = boto3.client("ec2", region_name=exported["region"])  # pyright: ignore[reportUnknownMemberType]
        patience = timedelta(minutes=wait)
        self.connections = [
            Connection(_site(name, known[name]), ec2, _say, patience)
            for name in known
            if name in sites or not sites
        ]

    def renderer(self, out: Path | None, device: str | None) -> Render:
        """What writes the configurations, or says how to."""
        if (out is None) != (device is None):
            raise RollError("one of --out and --device without the other; should be both, or neither")

        def render(site: str) -> None:
            if out is None or device is None:
                _say(f"{site}: for the router, aws-vpn onprem render --stack {self._stack} --site {site}")
                return
            connection = read_stack(self._stack, self.root).connection(site)
            written = write_files(out / site / device, render_device(connection, device))
            _say(f"{site}: wrote {out / site / device} for the router, {len(written)} files")

        with_keys = {one.site.name for one in self.connections if not one.site.has_certificate}
        return lambda site: render(site) if site in with_keys else None


def _site(name: str, exported: dict[str, Any]) -> Site:
    first, second = (str(tunnel["outsideAddress"]) for tunnel in exported["tunnels"])
    return Site(
        name, exported["vpnConnectionId"], exported["routing"], exported["hasCertificate"], (first, second)
    )


def _say(line: str) -> None:
    click.echo(f"{datetime.now(UTC):%H:%M:%S} {line}")

"""`aws-vpn access`: the steps of `access.commands`, with their options."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import TypeVar

import click
from pydantic import TypeAdapter, ValidationError

from access.authority import CLIENT_VALIDITY
from access.cloud import TunnelInCloud
from access.commands import Access, Profiles
from access.errors import AccessError
from command.examples import examples
from model.errors import WrongUseError
from stacks.known import refuse_unknown
from stacks.sections.openvpn import ClientName, OpenVpnSettings
from stacks.settings import Settings
from stacks.stack_file import read_stack_file

HOME_VARIABLE = "AWS_VPN_CA_HOME"

Step = TypeVar("Step", bound=Callable[..., None])


@click.group(
    epilog=examples(
        "aws-vpn access --stack dev init                 make the authority, once",
        "aws-vpn access --stack dev publish              hand the servers their keys and the revocation list",
        "aws-vpn access --stack dev issue alice          a profile for alice's laptop",
        "aws-vpn access --stack dev issue-site potsdam   a profile for the router of the office potsdam",
        "aws-vpn access --stack dev revoke alice         then publish: the servers refuse her in a minute",
    )
)
@click.option("--stack", default="dev", show_default=True, help="the environment")
@click.option("--tunnel", help="the tunnel's name; needed if the environment has several")
@click.option(
    "--home",
    envvar=HOME_VARIABLE,
    show_envvar=True,
    help="the authority's folder  [default: ~/.config/aws-vpn/STACK/TUNNEL]",
)
@click.pass_context
def access(context: click.Context, stack: str, tunnel: str | None, home: str | None) -> None:
    """Who may connect to an OpenVPN tunnel.

    Each tunnel has a certificate authority of its own, in a folder outside the repository, its keys encrypted
    with a passphrase (asked for, or from AWS_VPN_CA_PASSPHRASE or AWS_VPN_CA_PASSPHRASE_FILE).
    """
    context.obj = lambda: _access(stack, tunnel, home)


def _profile_options(step: Step) -> Step:
    for option in (
        click.option("--address", callback=_address, help="where to connect (the tunnel's Elastic IP)"),
        click.option("--output", help="an existing folder for the .ovpn file (HOME/profiles)"),
        click.option(
            "--days",
            default=str(CLIENT_VALIDITY.days),
            show_default=True,
            callback=_days,
            help="validity in days",
        ),
    ):
        step = option(step)
    return step


def _days(_context: click.Context, _option: click.Parameter, text: str) -> int:
    days = int(text) if text.isdecimal() else 0
    if not 1 <= days <= 3650:
        raise click.BadParameter(f"{text}; should be a number of days from 1 to 3650")
    return days


def _address(_context: click.Context, _option: click.Parameter, text: str | None) -> str | None:
    try:
        return None if text is None else str(IPv4Address(text))
    except ValueError:
        raise click.BadParameter(f"{text}; should be an IPv4 address") from None


@access.command(epilog=examples("aws-vpn access --stack prod --tunnel staff init"))
@click.pass_obj
def init(opened: Callable[[], Access]) -> None:
    """Make the tunnel's certificate authority."""
    _show(opened(), lambda here: here.init())


@access.command(
    "import",
    epilog=examples(
        "aws-vpn access --stack prod --tunnel staff import /root/copy-of-etc-openvpn",
        "aws-vpn access import ~/easy-rsa/pki",
    ),
)
@click.argument("folder")
@click.pass_obj
def take_over(opened: Callable[[], Access], folder: str) -> None:
    """Take over the authority in FOLDER, made by easy-rsa or an install script, instead of `init`.

    FOLDER is easy-rsa's, or a copy of /etc/openvpn: with server.conf and the clients' template in it, each
    profile that goes on working is told from those that need to be issued anew. Nothing in it is changed. A
    passphrase of its key is asked for, or comes from AWS_VPN_IMPORT_PASSPHRASE or
    AWS_VPN_IMPORT_PASSPHRASE_FILE.
    """
    _show(opened(), lambda here: here.take_over(_folder(folder)))


@access.command(epilog=examples("aws-vpn access --stack prod --tunnel staff publish"))
@click.pass_obj
def publish(opened: Callable[[], Access]) -> None:
    """Hand the servers their keys and a fresh revocation list."""
    _show(opened(), lambda here: here.publish())


@access.command(
    epilog=examples(
        "aws-vpn access issue alice",
        "aws-vpn access issue alice-phone --days 90 --output /media/usb",
    )
)
@click.argument("name")
@_profile_options
@click.pass_obj
def issue(
    opened: Callable[[], Access], name: str, days: int, output: str | None, address: str | None
) -> None:
    """Make the profile of a person's device; NAME has letters, digits and . _ @ - alone."""
    _show(opened(), lambda here: here.issue(_client_name(name), _profiles(days, output, address)))


@access.command("issue-site", epilog=examples("aws-vpn access issue-site potsdam"))
@click.argument("name")
@_profile_options
@click.pass_obj
def issue_site(
    opened: Callable[[], Access], name: str, days: int, output: str | None, address: str | None
) -> None:
    """Make the profile of an office's router; NAME is the office's in the settings."""
    _show(opened(), lambda here: here.issue_site(name, _profiles(days, output, address)))


@access.command(epilog=examples("aws-vpn access revoke alice && aws-vpn access publish"))
@click.argument("name")
@click.pass_obj
def revoke(opened: Callable[[], Access], name: str) -> None:
    """Let NAME in no longer, from the next publish on."""
    _show(opened(), lambda here: here.revoke(name))


@access.command(epilog=examples("aws-vpn access renew alice", "aws-vpn access renew --server"))
@click.argument("name", required=False)
@click.option("--server", is_flag=True, help="a new certificate for the servers instead")
@_profile_options
@click.pass_obj
def renew(
    opened: Callable[[], Access],
    name: str | None,
    *,
    server: bool,
    days: int,
    output: str | None,
    address: str | None,
) -> None:
    """Make a new profile for NAME; the present one stays valid."""
    if (name is not None) == server:
        raise click.UsageError("one of NAME and --server should be given")
    if name is None:
        _show(opened(), lambda here: here.renew_server())
    else:
        _show(opened(), lambda here: here.renew(name, _profiles(days, output, address)))


@access.command(
    "list", epilog=examples("aws-vpn access list", "aws-vpn access list --seen", "aws-vpn access list --json")
)
@click.option("--seen", is_flag=True, help="ask the servers' log who connected when, too")
@click.option("--json", "as_json", is_flag=True, help="for programs, and for `aws-vpn report --clients`")
@click.pass_obj
def list_issued(opened: Callable[[], Access], *, seen: bool, as_json: bool) -> None:
    """Show what was issued, and until when it is valid."""
    if as_json:
        click.echo(json.dumps(opened().document(), indent=2))
        return
    _show(opened(), lambda here: here.list(seen=seen))


def _show(opened: Access, step: Callable[[Access], list[str]]) -> None:
    for line in step(opened):
        click.echo(line)
    for line in opened.warnings():
        click.echo(line, err=True)


def _access(stack: str, tunnel_name: str | None, home: str | None) -> Access:
    refuse_unknown(stack, Path())
    settings = read_stack_file(Path("stacks") / f"Pulumi.{stack}.yaml")
    tunnel = _tunnel(settings, stack, tunnel_name)
    folder = _folder(home or f"~/.config/aws-vpn/{stack}/{tunnel.name}")
    return Access(TunnelInCloud(stack, tunnel.name, settings.region), tunnel, folder)


def _tunnel(settings: Settings, stack: str, name: str | None) -> OpenVpnSettings:
    names = [tunnel.name for tunnel in settings.open_vpn]
    if name is None and len(names) == 1:
        return settings.open_vpn[0]
    if name not in names:
        known = ", ".join(names) or f"(stack {stack} has none)"
        raise WrongUseError(f"--tunnel {name or '(not given)'}; should be one of {known}")
    return settings.open_vpn[names.index(name)]


def _client_name(text: str) -> str:
    try:
        return TypeAdapter(ClientName).validate_python(text)
    except ValidationError as error:
        raise WrongUseError(f"{text!r}; should be {error.errors()[0]['msg']}") from None


def _profiles(days: int, output: str | None, address: str | None) -> Profiles:
    return Profiles(timedelta(days=days), _folder(output) if output else None, address)


def _folder(text: str) -> Path:
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise AccessError(f"{text} begins with no user's home; should be a folder") from None

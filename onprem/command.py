"""`aws-vpn onprem`: the configuration of the router at the other end of a VPN connection."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from ipaddress import IPv4Network
from pathlib import Path
from typing import Literal, TypeVar

import click
from pydantic import TypeAdapter, ValidationError

from command.examples import examples
from model.addresses import Cidr
from model.constraints import Name
from onprem.assembly import Surroundings, TunnelFacts, assemble
from onprem.connection import Connection
from onprem.description import LARGEST_DESCRIPTION, described_by_aws, read_description
from onprem.document import LARGEST_DOCUMENT, Document, read_document
from onprem.errors import OnpremError, OnpremUseError
from onprem.output import shown, write_files
from onprem.rendering import FORMS, RenderedFile, UnsupportedError, devices, forms
from onprem.rendering import render as render_device
from onprem.stack import read_stack

INTERFACE = re.compile(r"[A-Za-z][A-Za-z0-9./_-]{0,31}")
CONNECTION_ID = re.compile(r"vpn-[0-9a-f]{8,17}")
NAME = TypeAdapter[str](Name)
NETWORK = TypeAdapter[IPv4Network](Cidr)

Value = TypeVar("Value")


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a connection is taken from; one of `stack`, `describe`, `connection` and `xml` is given."""

    stack: str | None
    sites: tuple[str, ...]
    all_sites: bool
    describe: Path | None
    connection: str | None
    xml: Path | None
    ike_version: str | None
    name: str | None
    lans: tuple[str, ...]
    vpc_cidrs: tuple[str, ...]


@click.group(
    epilog=examples(
        "aws-vpn onprem devices                                               what there are templates for",
        "aws-vpn onprem render --stack prod --all --out routers               every site of a deployed stack",
        "aws-vpn onprem render --connection vpn-0b1f0c6f --lan 192.168.30.0/24 --vpc-cidr 10.30.0.0/16",
    )
)
def onprem() -> None:
    """The router at the other end of a VPN connection."""


@onprem.command("devices", epilog=examples("aws-vpn onprem devices"))
def list_devices() -> None:
    """List the devices that there are templates for."""
    for name, title in devices().items():
        playbook = ", also --form ansible" if "ansible" in forms(name) else ""
        click.echo(f"{name:<12} {title}{playbook}")


@onprem.command(
    epilog=examples(
        "aws-vpn onprem render --stack prod --site lisbon --device strongswan --out routers",
        "aws-vpn onprem render --describe vpn.json --lan 192.168.30.0/24 --vpc-cidr 10.30.0.0/16",
        "aws-vpn onprem render --stack prod --site lisbon --device vyos --form check",
    )
)
@click.option("--stack", help="a deployed stack")
@click.option("--site", "sites", multiple=True, metavar="NAME", help="a site of the stack; can be repeated")
@click.option("--all", "all_sites", is_flag=True, help="all sites of the stack")
@click.option("--connection", metavar="vpn-...", help="a VPN connection, as AWS describes it")
@click.option(
    "--describe", type=click.Path(path_type=Path), metavar="FILE", help="the JSON of describe-vpn-connections"
)
@click.option(
    "--xml", type=click.Path(path_type=Path), metavar="FILE", help="a customer gateway configuration alone"
)
@click.option(
    "--ike-version",
    type=click.Choice(["ikev1", "ikev2"]),
    help="with --xml, which does not say; ikev2 if left out",
)
@click.option("--name", help="what to call a connection that is of no stack")
@click.option(
    "--lan",
    "lans",
    multiple=True,
    metavar="CIDR",
    help="a LAN behind the router (no stack, no static routes)",
)
@click.option("--vpc-cidr", "vpc_cidrs", multiple=True, metavar="CIDR", help="a block of the VPC (no stack)")
@click.option("--routing", type=click.Choice(["bgp", "static"]), help="refuse a connection with the other")
@click.option("--device", "chosen", multiple=True, help="what the router is; can be repeated; else all")
@click.option(
    "--form",
    type=click.Choice(list(FORMS)),
    default="configure",
    help="; ".join(f"{form}: {what}" for form, what in FORMS.items()),
)
@click.option("--wan-interface", metavar="NAME", help="the router's interface to the internet")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="write files to DIR/SITE/DEVICE/")
@click.option("--redact", is_flag=True, help="leave out the keys, also in files")
@click.option("--show-secrets", is_flag=True, help="show the keys on the terminal")
def render(
    chosen: tuple[str, ...],
    routing: str | None,
    form: str,
    wan_interface: str | None,
    out: Path | None,
    redact: bool,
    show_secrets: bool,
    **source: object,
) -> None:
    """Write the configuration of routers.

    It is made from what AWS says of the connection. With --out it goes to files that only their owner can
    read; else it is shown without keys.
    """
    if redact and show_secrets:
        raise OnpremError("--redact with --show-secrets; should be one of the two")
    if wan_interface and not INTERFACE.fullmatch(wan_interface):
        raise OnpremError(
            f"--wan-interface {wan_interface!r} should be an interface's name, such as ge-0/0/0.0"
        )
    hidden = redact or (out is None and not show_secrets)
    made = [replace(each, outside_interface=wan_interface) for each in connections(Source(**source))]  # pyright: ignore[reportArgumentType]
    for connection in made:
        _check_routing(connection, routing)
    outputs = [
        (connection.name, device, files)
        for connection in made
        for device, files in _for_devices(connection.redacted() if hidden else connection, chosen, form)
    ]
    for site, device, files in outputs:
        if out is None:
            click.echo(shown(files))
        else:
            click.echo("\n".join(map(str, write_files(out / site / device, files))))


def connections(source: Source) -> list[Connection]:
    """The connections that the options of `render` name.

    Raises:
        OnpremError: none or several sources are given, an option belongs to another, or the source is odd.
    """
    ways = {
        "--stack": source.stack,
        "--connection": source.connection,
        "--describe": source.describe,
        "--xml": source.xml,
    }
    given = [option for option, value in ways.items() if value is not None]
    if len(given) != 1:
        raise OnpremUseError(f"one of {', '.join(ways)} should be given")
    _check_foreign(source, given[0])
    return _of_stack(source) if source.stack else [_of_aws(source, given[0])]


def _check_foreign(source: Source, way: str) -> None:
    """Refuses what would be passed over: an option of another source."""
    of_stack = {"--site": source.sites, "--all": source.all_sites}
    of_others = {"--name": source.name, "--lan": source.lans, "--vpc-cidr": source.vpc_cidrs}
    foreign = of_others if source.stack else of_stack
    named = [option for option, value in foreign.items() if value]
    if source.ike_version and not source.xml:
        named.append("--ike-version")
    if named:
        raise OnpremError(
            f"{', '.join(named)} with {way}; should be left out: {way} says that, or has no use for it"
        )


def _of_stack(source: Source) -> list[Connection]:
    if source.all_sites == bool(source.sites):
        raise OnpremUseError("with --stack, one of --site NAME and --all should be given")
    stack = read_stack(source.stack or "", Path.cwd())
    return [stack.connection(name) for name in (stack.site_names() if source.all_sites else source.sites)]


def _of_aws(source: Source, way: str) -> Connection:
    name = _checked(NAME, source.name, "--name") if source.name else None
    lans = tuple(_checked(NETWORK, text, "--lan") for text in source.lans)
    vpc_cidrs = tuple(_checked(NETWORK, text, "--vpc-cidr") for text in source.vpc_cidrs)
    if not vpc_cidrs:
        raise OnpremUseError(f"with {way}, --vpc-cidr should be given: AWS does not say it of a connection")
    described = _described(source)
    routes = described.static_routes
    if lans and routes:
        raise OnpremError(
            f"--lan with {way}; should be left out: AWS has routes to {', '.join(map(str, routes))}"
        )
    if not lans and not routes:
        raise OnpremUseError(
            f"with {way}, --lan should be given: AWS has no static routes to what is behind the router"
        )
    surroundings = Surroundings(
        name or described.document.vpn_connection_id, lans or routes, vpc_cidrs, described.origin
    )
    return assemble(described.document, surroundings, described.facts)


@dataclass(frozen=True)
class _Described:
    """What there is to know without a stack, and where it is from in a few words."""

    document: Document
    facts: tuple[TunnelFacts, TunnelFacts]
    static_routes: tuple[IPv4Network, ...]
    origin: str


def _described(source: Source) -> _Described:
    if source.connection:
        if not CONNECTION_ID.fullmatch(source.connection):
            raise OnpremError(
                f"--connection {source.connection!r} should be an id, such as vpn-0b1f0c6f4d2e8a917"
            )
        found = described_by_aws(source.connection)
        return _Described(found.document, found.facts, found.static_routes, "AWS's description")
    if source.describe:
        found = read_description(_content(source.describe, LARGEST_DESCRIPTION), str(source.describe))
        return _Described(found.document, found.facts, found.static_routes, "a description in a file")
    path = source.xml or Path()
    version: Literal[1, 2] = 1 if source.ike_version == "ikev1" else 2
    facts = TunnelFacts(ike_version=version)
    document = read_document(_content(path, LARGEST_DOCUMENT), str(path))
    return _Described(document, (facts, facts), (), "a file")


def _content(path: Path, largest: int) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(largest + 1)
    except OSError as error:
        raise OnpremError(f"{path}: {error.strerror}; should be a file with what AWS says") from None


def _checked(kind: TypeAdapter[Value], text: str, option: str) -> Value:
    try:
        return kind.validate_python(text)
    except ValidationError as error:
        raise OnpremError(f"{option} {text}: should be {error.errors()[0]['msg']}") from None


def _check_routing(connection: Connection, asked: str | None) -> None:
    routing = "bgp" if connection.bgp else "static"
    if asked and asked != routing:
        raise OnpremError(
            f"{connection.name}: {connection.vpn_connection_id} has {routing} routing; --routing should be"
            f" {routing}, or the connection made anew with {asked} routing"
        )


def _for_devices(
    connection: Connection, chosen: tuple[str, ...], form: str
) -> Iterator[tuple[str, list[RenderedFile]]]:
    """The devices that were asked for; or else all that have the form and do what the connection asks for."""
    for device in chosen or [each for each in devices() if form in forms(each)]:
        try:
            yield device, render_device(connection, device, form)
        except UnsupportedError as error:
            if chosen:
                raise
            click.echo(f"left out: {error}", err=True)

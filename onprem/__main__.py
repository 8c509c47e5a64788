"""The command line: `python -m onprem`, or `aws-vpn-onprem`."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Network
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import TypeAdapter, ValidationError

from model.addresses import Cidr
from model.constraints import Name
from model.tunnel_options import TunnelOptions
from onprem.assembly import Surroundings, TunnelFacts, assemble
from onprem.connection import Connection
from onprem.document import LARGEST_DOCUMENT, read_document
from onprem.errors import OnpremError
from onprem.output import shown, write_files
from onprem.rendering import RenderedFile, UnsupportedError, devices, render
from onprem.stack import read_stack

INTERFACE = re.compile(r"[A-Za-z][A-Za-z0-9./_-]{0,31}")
NAME = TypeAdapter[str](Name)
NETWORK = TypeAdapter[IPv4Network](Cidr)

OF_STACK = ("site", "all")
OF_XML = ("name", "lan", "vpc-cidr", "ike-version", "strongest")
"""Options that say what the connection's source does not; a stack says more than a document."""

Value = TypeVar("Value")

DESCRIPTION = """\
The configuration of the router at the other end of a VPN connection.

It is made from the customer gateway configuration that AWS gives for the connection: of a deployed stack, or
of a file. With --out it is written to files that only their owner can read; else it is shown without keys.
"""
EXAMPLES = """\
examples:
  aws-vpn-onprem devices
  aws-vpn-onprem render --stack prod --site lisbon --device strongswan --out routers
  aws-vpn-onprem render --stack prod --all --out routers
  aws-vpn-onprem render --xml vpn.xml --lan 192.168.30.0/24 --vpc-cidr 10.30.0.0/16 --device sheet
"""


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0 if it did what was asked, else 1 and a line on stderr that says why not."""
    options = _parser().parse_args(arguments)
    try:
        for line in _devices() if options.command == "devices" else _rendered(options):
            print(line)
        sys.stdout.flush()
    except OnpremError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # the reader has seen enough; what is still buffered would fail again when Python ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    return 0


def _devices() -> Iterator[str]:
    for name, title in devices().items():
        yield f"{name:<12} {title}"


def _rendered(options: argparse.Namespace) -> Iterator[str]:
    outputs = [
        (connection.name, device, files)
        for connection in _connections(options)
        for device, files in _for_devices(_as_shown(connection, options), options.device)
    ]
    for site, device, files in outputs:
        if options.out is None:
            yield shown(files)
        else:
            yield from map(str, write_files(options.out / site / device, files))


def _for_devices(
    connection: Connection, chosen: list[str] | None
) -> Iterator[tuple[str, list[RenderedFile]]]:
    """The devices that were asked for; or else all that can do what the connection asks for."""
    for device in chosen or devices():
        try:
            yield device, render(connection, device)
        except UnsupportedError as error:
            if chosen:
                raise
            print(f"left out: {error}", file=sys.stderr)


def _as_shown(connection: Connection, options: argparse.Namespace) -> Connection:
    to_terminal = options.out is None and not options.show_secrets
    return connection.redacted() if options.redact or to_terminal else connection


def _connections(options: argparse.Namespace) -> list[Connection]:
    if (options.stack is None) == (options.xml is None):
        raise OnpremError("one of --stack and --xml should be given")
    _check_source(options)
    connections = _from_file(options) if options.xml else _from_stack(options)
    for connection in connections:
        _check_routing(connection, options.routing)
    return [replace(connection, outside_interface=options.wan_interface) for connection in connections]


def _check_source(options: argparse.Namespace) -> None:
    """Refuses what would be passed over: an option of the other source."""
    source, other, foreign = ("--stack", "--xml", OF_XML) if options.stack else ("--xml", "--stack", OF_STACK)
    given = [f"--{name}" for name in foreign if getattr(options, name.replace("-", "_"))]
    if given:
        raise OnpremError(f"{', '.join(given)} with {source}; should be given with {other} alone")


def _from_stack(options: argparse.Namespace) -> list[Connection]:
    if options.all == bool(options.site):
        raise OnpremError("with --stack, one of --site NAME and --all should be given")
    stack = read_stack(options.stack, Path.cwd())
    return [stack.connection(name) for name in (stack.site_names() if options.all else options.site)]


def _from_file(options: argparse.Namespace) -> list[Connection]:
    if not options.lan or not options.vpc_cidr:
        raise OnpremError("with --xml, --lan and --vpc-cidr should be given: the document does not say them")
    document = read_document(_content(options.xml), str(options.xml))
    surroundings = Surroundings(
        name=_checked(NAME, options.name or document.vpn_connection_id, "--name"),
        lans=tuple(_checked(NETWORK, text, "--lan") for text in options.lan),
        vpc_cidrs=tuple(_checked(NETWORK, text, "--vpc-cidr") for text in options.vpc_cidr),
        origin="a file",
    )
    version: Literal[1, 2] = 1 if options.ike_version == "ikev1" else 2
    facts = TunnelFacts(TunnelOptions() if options.strongest else None, ike_version=version)
    return [assemble(document, surroundings, (facts, facts))]


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(LARGEST_DOCUMENT + 1)
    except OSError as error:
        raise OnpremError(f"{path}: {error.strerror}; should be a customer gateway configuration") from None


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


def _interface(text: str) -> str:
    if not INTERFACE.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} should be an interface's name, such as ge-0/0/0.0")
    return text


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="aws-vpn-onprem",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("devices", help="list the devices that there are templates for")
    command = commands.add_parser("render", help="write the configuration of routers")
    source = command.add_argument_group("the connection")
    source.add_argument("--stack", help="a deployed stack")
    source.add_argument(
        "--site", action="append", metavar="NAME", help="a site of the stack; can be repeated"
    )
    source.add_argument("--all", action="store_true", help="all sites of the stack")
    source.add_argument("--xml", type=Path, metavar="FILE", help="a customer gateway configuration in a file")
    source.add_argument("--name", help="what to call the connection of --xml")
    source.add_argument("--lan", action="append", metavar="CIDR", help="a LAN behind the router (--xml)")
    source.add_argument("--vpc-cidr", action="append", metavar="CIDR", help="a network of the VPC (--xml)")
    source.add_argument(
        "--ike-version", choices=("ikev1", "ikev2"), help="with --xml, which does not say; ikev2 if left out"
    )
    source.add_argument(
        "--strongest",
        action="store_true",
        help="with --xml: the strongest algorithms of AWS, for a connection made without tunnel options,"
        " and not the weak ones that its document names",
    )
    source.add_argument("--routing", choices=("bgp", "static"), help="refuse a connection with the other")
    result = command.add_argument_group("the result")
    result.add_argument("--device", action="append", help="what the router is; can be repeated; else all")
    result.add_argument(
        "--wan-interface", type=_interface, metavar="NAME", help="the router's interface to the internet"
    )
    result.add_argument("--out", type=Path, metavar="DIR", help="write files to DIR/SITE/DEVICE/")
    secrets = result.add_mutually_exclusive_group()
    secrets.add_argument("--redact", action="store_true", help="leave out the keys, also in files")
    secrets.add_argument("--show-secrets", action="store_true", help="show the keys on the terminal")
    return parser


if __name__ == "__main__":
    sys.exit(main())

"""`aws-vpn addresses`."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import click

from command.examples import examples
from model.address_file import DEFAULT_FILE, AddressFile, Range, Source, read, write
from model.addresses import IPNetwork, span
from model.errors import AwsVpnError
from model.free_blocks import PRIVATE_RANGES, FreeBlocks
from operations.addresses.lists import ranges_in
from operations.addresses.render import ORDERS, By, age, lines
from operations.addresses.scan import places, scan
from operations.addresses.taken import Taken, clashes, taken

FILE = click.Path(dir_okay=False, path_type=Path)
MOST_SHOWN = 50
"""Clashes in a terminal; `--json` has all."""


class NothingFreeError(AwsVpnError):
    """No block of that size is left."""


class Block(click.ParamType[IPNetwork]):
    """A block of addresses on the command line."""

    name = "cidr"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> IPNetwork:
        """The block; wrong use, with what would be right, when it is none."""
        try:
            span(str(value))
        except ValueError as error:
            self.fail(f"{value}; should be {error}", param, ctx)
        return ip_network(str(value))


class ListsByDefault(click.Group):
    """Without a command, `list` is meant."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """The arguments, `list` before them where no command is."""
        asks_help = bool({"-h", "--help"} & set(args[:1]))
        bare = not args or (args[0].startswith("-") and not asks_help)
        return super().parse_args(ctx, ["list", *args] if bare else args)


def _reads(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of the commands that compare everything."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="A JSON document (docs/addresses.md)."),
        click.option(
            "--file",
            type=FILE,
            default=DEFAULT_FILE,
            show_default=True,
            help="What was scanned and imported.",
        ),
        click.option(
            "--policy-pack-config",
            "configuration",
            type=FILE,
            help="Its `networks` are taken too: networks that no program makes.",
        ),
    ):
        command = option(command)
    return command


@click.group(
    cls=ListsByDefault,
    epilog=examples(
        "aws-vpn addresses                     every range, widest first",
        "aws-vpn addresses next --prefix 20",
        "aws-vpn addresses check 10.40.0.0/16",
        "aws-vpn addresses scan --profile prod --region eu-central-1",
    ),
)
def addresses() -> None:
    """Who takes which addresses, and what is free: of stacks, scanned accounts and imported lists."""


@addresses.command("list", epilog=examples("aws-vpn addresses list --by owner"))
@click.option("--by", type=click.Choice(tuple(ORDERS)), default="size", show_default=True, help="The order.")
@_reads
def list_ranges(by: By, as_json: bool, file: Path, configuration: Path | None) -> int:
    """Every range, by size, owner or address. Exit code: 0, or 1 when something could not be read."""
    found = taken(Path.cwd(), file, configuration)
    ranges = sorted(found.ranges, key=ORDERS[by])
    if as_json:
        _print_json({"ranges": _documents(ranges), "problems": found.problems})
    else:
        click.echo("\n".join(lines(ranges)))
        click.echo(f"{len(ranges)} ranges; {age(found.file)}")
    for problem in found.problems:
        click.echo(problem, err=True)
    return int(bool(found.problems))


@addresses.command(
    "next",
    epilog=examples(
        "aws-vpn addresses next --prefix 20", "aws-vpn addresses next --prefix 24 --within 10.8.0.0/13"
    ),
)
@click.option("--prefix", type=click.IntRange(0, 128), required=True, help="The size: 20 for a /20.")
@click.option(
    "--within", type=Block(), help="Where to look; else private addresses: 10.0.0.0/8, then the others."
)
@_reads
def next_block(
    prefix: int, within: IPNetwork | None, as_json: bool, file: Path, configuration: Path | None
) -> None:
    """The lowest free block: one that no stack, configured network, scanned account or list takes."""
    spaces = [within] if within else [space for space in PRIVATE_RANGES if space.version == 4]
    widest = min(space.prefixlen for space in spaces)
    most = spaces[0].max_prefixlen
    if not widest <= prefix <= most:
        raise click.BadParameter(f"{prefix}; should be {widest} to {most}", param_hint="'--prefix'")
    found = taken(Path.cwd(), file, configuration).complete()
    free = FreeBlocks(spans=[span(one.cidr) for one in found.ranges])
    block = next(filter(None, (free.lowest(prefix, space) for space in spaces)), None)
    if block is None:
        raise NothingFreeError(_full(prefix, spaces, found))
    if as_json:
        _print_json({"block": str(block)})
    else:
        click.echo(str(block))


@addresses.command(
    epilog=examples("aws-vpn addresses check 10.40.0.0/16", "aws-vpn addresses check 192.168.1.0/24 --json")
)
@click.argument("cidr", type=Block())
@_reads
def check(cidr: IPNetwork, as_json: bool, file: Path, configuration: Path | None) -> int:
    """Who takes addresses of CIDR, and the nearest free block of its size. Exit code: 1 when it is taken."""
    found = taken(Path.cwd(), file, configuration).complete()
    hits = sorted(clashes(str(cidr), found.ranges), key=ORDERS["size"])
    nearest = FreeBlocks(spans=[span(one.cidr) for one in found.ranges]).nearest(cidr) if hits else cidr
    if as_json:
        proposal = None if nearest is None else str(nearest)
        _print_json({"cidr": str(cidr), "clashes": _documents(hits), "nearestFree": proposal})
    elif hits:
        click.echo("\n".join(lines(hits[:MOST_SHOWN])))
        more = len(hits) - MOST_SHOWN
        if more > 0:
            click.echo(f"and {more} more; --json has all")
        click.echo(f"{cidr} is taken; the nearest free block of its size is {nearest or 'nowhere'}")
    else:
        click.echo(f"{cidr} is free; {age(found.file)}")
    return int(bool(hits))


@addresses.command(
    "scan",
    epilog=examples(
        "aws-vpn addresses scan --profile prod --profile shared --region eu-central-1 --region eu-west-1",
        "bin/sandbox aws-vpn addresses scan --region eu-central-1",
    ),
)
@click.option(
    "--profile", "profiles", multiple=True, metavar="P", help="Of AWS's configuration; several can be given."
)
@click.option("--region", "regions", multiple=True, required=True, metavar="R", help="Several can be given.")
@click.option("--out", type=FILE, default=DEFAULT_FILE, show_default=True, help="The file to renew.")
@click.option("--json", "as_json", is_flag=True, help="What was found, as a JSON document.")
def scan_accounts(profiles: Sequence[str], regions: Sequence[str], out: Path, as_json: bool) -> int:
    """Read the ranges of accounts into the file. Only asks; what is asked again is replaced.

    VPCs, subnets, peerings, transit gateway routes and VPN routes. Exit code: 0, or 1 when something could
    not be asked, of which the file keeps what it had.
    """
    chosen = places(profiles, regions)
    before = _renewed(out)
    found = scan(chosen, before)
    if found.sources:
        write(out, before.with_sources(found.sources))
    if as_json:
        counts = {name: len(source.ranges) for name, source in found.sources.items()}
        _print_json({"sources": counts, "problems": found.problems})
    else:
        for name, source in found.sources.items():
            click.echo(f"{name}: {len(source.ranges)} ranges")
    for problem in found.problems:
        click.echo(problem, err=True)
    return int(bool(found.problems))


@addresses.command(
    "import",
    epilog=examples("aws-vpn addresses import netbox-prefixes.csv", "aws-vpn addresses import prefixes.json"),
)
@click.argument("file", type=FILE)
@click.option("--out", type=FILE, default=DEFAULT_FILE, show_default=True, help="The file to renew.")
@click.option("--json", "as_json", is_flag=True, help="How many ranges, as a JSON document.")
def import_list(file: Path, out: Path, as_json: bool) -> None:
    """Take ranges of a CSV (cidr or prefix, and name or description) or of NetBox's export (CSV or JSON).

    The whole list or nothing; importing a file of the same name again replaces what it told before.
    """
    ranges = ranges_in(file)
    source = f"import {file.name}"
    now = datetime.now(UTC).replace(microsecond=0)
    before = _renewed(out)
    write(out, before.with_sources({source: Source(at=now, ranges=ranges)}))
    if as_json:
        _print_json({"sources": {source: len(ranges)}, "problems": []})
    else:
        click.echo(f"{source}: {len(ranges)} ranges in {out}")


def _renewed(out: Path) -> AddressFile:
    """The file that is to be renewed; an empty one, when there is none."""
    return read(out) if out.exists() else AddressFile()


def _full(prefix: int, spaces: Sequence[IPNetwork], found: Taken) -> str:
    """That nothing is free, and the ranges that take most."""
    where = " or ".join(map(str, spaces))
    hits = {one for space in spaces for one in clashes(str(space), found.ranges)}
    widest = sorted(hits, key=ORDERS["size"])[:3]
    told = "; ".join(f"{one.cidr} ({one.kind}, {one.owner})" for one in widest)
    return f"no /{prefix} is free in {where}; the widest that are taken there: {told}"


def _documents(ranges: Sequence[Range]) -> list[dict[str, Any]]:
    return [one.model_dump() for one in ranges]


def _print_json(document: dict[str, Any]) -> None:
    click.echo(json.dumps(document, indent=2))

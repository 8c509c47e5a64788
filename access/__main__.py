"""The command line: `python -m access`, or `aws-vpn-access`."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import timedelta
from ipaddress import IPv4Address
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from access.authority import CLIENT_VALIDITY
from access.cloud import TunnelInCloud
from access.commands import Access, Profiles
from access.errors import AccessError
from stacks.sections.openvpn import ClientName, OpenVpnSettings
from stacks.settings import Settings
from stacks.stack_file import SettingsError, read_stack_file

HOME_VARIABLE = "AWS_VPN_CA_HOME"

DESCRIPTION = """\
Who may connect to an OpenVPN tunnel.

Each tunnel has a certificate authority of its own, in a folder outside the repository, its keys encrypted
with a passphrase (asked for, or from AWS_VPN_CA_PASSPHRASE or AWS_VPN_CA_PASSPHRASE_FILE).
"""
EXAMPLES = """\
examples:
  aws-vpn-access --stack dev init                 make the authority, once
  aws-vpn-access --stack dev publish              hand the servers their keys and the revocation list
  aws-vpn-access --stack dev issue alice          a profile for alice's laptop
  aws-vpn-access --stack dev issue-site potsdam   a profile for the router of the office potsdam
  aws-vpn-access --stack dev revoke alice         and then publish: the servers refuse her in a minute
"""


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0 if it did what was asked, else 1 and a line on stderr that says why not."""
    options = _parser().parse_args(arguments)
    try:
        access = _access(options)
        _show(_run(access, options))
        for line in access.warnings():
            print(line, file=sys.stderr)
    except (AccessError, SettingsError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _show(lines: list[str]) -> None:
    try:
        print("\n".join(lines), flush=True)
    except OSError as error:
        # The interpreter would try once more at its end, and fail with a traceback.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            raise AccessError(
                f"done, but cannot be printed: {error.strerror}; should be a standard output that takes it"
            ) from None


def _run(access: Access, options: argparse.Namespace) -> list[str]:
    match options.command:
        case "init":
            return access.init()
        case "publish":
            return access.publish()
        case "issue":
            return access.issue(_client_name(options.name), _profiles(options))
        case "issue-site":
            return access.issue_site(options.name, _profiles(options))
        case "revoke":
            return access.revoke(options.name)
        case "renew" if options.server:
            return access.renew_server()
        case "renew":
            return access.renew(options.name, _profiles(options))
        case _:
            return access.list(seen=options.seen)


def _access(options: argparse.Namespace) -> Access:
    settings = read_stack_file(Path("stacks") / f"Pulumi.{options.stack}.yaml")
    tunnel = _tunnel(settings, options)
    default = f"~/.config/aws-vpn/{options.stack}/{tunnel.name}"
    home = _folder(options.home or os.environ.get(HOME_VARIABLE) or default)
    return Access(TunnelInCloud(options.stack, tunnel.name, settings.region), tunnel, home)


def _tunnel(settings: Settings, options: argparse.Namespace) -> OpenVpnSettings:
    names = [tunnel.name for tunnel in settings.open_vpn]
    if options.tunnel is None and len(names) == 1:
        return settings.open_vpn[0]
    if options.tunnel not in names:
        given = options.tunnel or "(not given)"
        known = ", ".join(names) or f"(stack {options.stack} has none)"
        raise AccessError(f"--tunnel {given}; should be one of {known}")
    return settings.open_vpn[names.index(options.tunnel)]


def _client_name(text: str) -> str:
    try:
        return TypeAdapter(ClientName).validate_python(text)
    except ValidationError as error:
        raise AccessError(f"{text!r}; should be {error.errors()[0]['msg']}") from None


def _profiles(options: argparse.Namespace) -> Profiles:
    folder = _folder(options.output) if options.output else None
    return Profiles(timedelta(days=options.days), folder, options.address)


def _folder(text: str) -> Path:
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise AccessError(f"{text} begins with no user's home; should be a folder") from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="aws-vpn-access",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--stack", default="dev", help="the environment (%(default)s)")
    parser.add_argument("--tunnel", help="the tunnel's name; needed if the environment has several")
    parser.add_argument(
        "--home",
        help=f"the authority's folder (${HOME_VARIABLE}, else ~/.config/aws-vpn/STACK/TUNNEL)",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("init", help="make the tunnel's certificate authority")
    commands.add_parser("publish", help="hand the servers their keys and a fresh revocation list")
    issue = commands.add_parser("issue", help="make the profile of a person's device")
    issue.add_argument("name", help="the client's name: letters, digits and . _ @ -")
    site = commands.add_parser("issue-site", help="make the profile of an office's router")
    site.add_argument("name", help="the office's name in the settings")
    revoke = commands.add_parser("revoke", help="let a name in no longer, from the next publish on")
    revoke.add_argument("name", help="the name as `list` shows it")
    renew = commands.add_parser("renew", help="make a new profile; the present one stays valid")
    what = renew.add_mutually_exclusive_group(required=True)
    what.add_argument("name", nargs="?", help="the name as `list` shows it")
    what.add_argument("--server", action="store_true", help="a new certificate for the servers instead")
    for command in (issue, site, renew):
        _add_profile_options(command)
    listing = commands.add_parser("list", help="show what was issued, and until when it is valid")
    listing.add_argument("--seen", action="store_true", help="ask the servers' log who connected when, too")
    return parser


def _add_profile_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--days", type=_days, default=CLIENT_VALIDITY.days, help="validity in days (%(default)s)"
    )
    command.add_argument("--output", help="an existing folder for the .ovpn file (HOME/profiles)")
    command.add_argument("--address", type=_address, help="where to connect (the tunnel's Elastic IP)")


def _days(text: str) -> int:
    days = int(text) if text.isdecimal() else 0
    if not 1 <= days <= 3650:
        raise argparse.ArgumentTypeError(f"{text}; should be a number of days from 1 to 3650")
    return days


def _address(text: str) -> str:
    try:
        return str(IPv4Address(text))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text}; should be an IPv4 address") from None


if __name__ == "__main__":
    sys.exit(main())

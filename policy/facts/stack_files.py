"""What the stack files of the project say: ranges of addresses of all stacks, ports of tunnels, budgets."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from model.names import PROJECT
from policy.facts.claims import LANS, Said, Taken
from policy.facts.finding import Finding
from stacks.settings import Settings
from stacks.stack_file import SettingsError, read_stack_file, stack_file_name

ROOT = Path(__file__).resolve().parents[2]
"""Where `stacks/` is, whatever program the pack judges."""


def taken_in_files(pattern: str, domain_tag: str, present: frozenset[tuple[str, str]]) -> Iterator[Said]:
    """Every range in the stack files; of `present` stacks only the LANs, as resources tell the rest."""
    for path in sorted(ROOT.glob(pattern)):
        stack = (PROJECT, path.name.removeprefix("Pulumi.").removesuffix(".yaml"))
        source = f"{path.parent.name}/{path.name}"
        try:
            settings = _settings(path, path.stat().st_mtime_ns)
        except SettingsError as error:
            yield Finding(
                message=f"the addresses in {source} cannot be compared: {str(error).splitlines()[0]}",
                undecided=True,
            )
            continue
        for claim in _claims_of(settings, source, stack, settings.tags.get(domain_tag, "")):
            if stack not in present or claim.kind in LANS:
                yield claim


def listening_ports(present: frozenset[tuple[str, str]]) -> frozenset[str]:
    """The ports, such as `udp/1194`, that stack files of `present` stacks give their OpenVPN tunnels."""
    ports: set[str] = set()
    for project, stack in present:
        path = ROOT / "stacks" / f"Pulumi.{stack}.yaml"
        if project == PROJECT and path.is_file():
            try:
                tunnels = _settings(path, path.stat().st_mtime_ns).open_vpn
            except SettingsError:
                continue
            ports |= {f"{tunnel.protocol}/{tunnel.listening_port}" for tunnel in tunnels}
    return frozenset(ports)


def monthly_budget(project: str, stack: str) -> float | None:
    """What a stack's file allows it to cost, in US dollars a month; None where it says nothing."""
    path = ROOT / "stacks" / f"Pulumi.{stack}.yaml"
    if project != PROJECT or not path.is_file():
        return None
    try:
        return _settings(path, path.stat().st_mtime_ns).monthly_budget
    except SettingsError:
        return None


def file_that_shows(stack: tuple[str, str], key: object) -> str | None:
    """The stack file that has a key in clear: encrypted, the key is not in its text."""
    path = ROOT / stack_file_name(stack[1])
    if stack[0] != PROJECT or not isinstance(key, str) or not path.is_file():
        return None
    return stack_file_name(stack[1]) if key in path.read_text(encoding="utf-8", errors="replace") else None


@lru_cache(maxsize=256)
def _settings(path: Path, _modified_ns: int) -> Settings:
    return read_stack_file(path)


def _claims_of(settings: Settings, source: str, stack: tuple[str, str], domain: str) -> Iterator[Taken]:
    for claim in settings.claims():
        owner = claim.owner if claim.kind in LANS else f"{source} {claim.kind} {claim.owner}"
        yield Taken(claim.network, f"{source} {claim.key}", owner, claim.kind, stack, domain)

"""Every range that somebody takes: stack files, networks of the policies' configuration, the address file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, cast

from model.address_file import AddressFile, AddressFileError, Range, read
from model.addresses import span
from model.errors import AwsVpnError
from operations.outputs import chosen_stacks
from stacks.stack_file import SettingsError, read_stack_file, stack_file_name

NETWORKS_RULES = ("networks-do-not-overlap", "no-overlapping-cidrs")
"""The policy whose `networks` name ranges that no program makes, and its family, which counts where the
policy itself has none."""


_MISSPELT = 0.9
"""From this likeness on, of at most 1, another name is one of these misspelt, and none of another policy."""


class ConfigurationError(AwsVpnError):
    """The networks of the policies' configuration cannot be read."""


class UnreadableError(AwsVpnError):
    """Something that takes ranges cannot be read, so that nobody can say what is free."""


@dataclass(frozen=True)
class Taken:
    """The ranges, and what could not be read, a line each."""

    ranges: tuple[Range, ...]
    problems: tuple[str, ...]
    file: AddressFile

    def complete(self) -> Taken:
        """The same, when nothing is missing from it.

        Raises:
            UnreadableError: something is.
        """
        if self.problems:
            raise UnreadableError("\n".join(self.problems))
        return self


def taken(root: Path, file: Path, configuration: Path | None) -> Taken:
    """All that is known; what cannot be read is a problem, and the rest is listed.

    Raises:
        AwsVpnError: `root` is not the project's folder.
    """
    ranges: list[Range] = []
    problems: list[str] = []
    addresses = AddressFile()
    for stack in chosen_stacks(root, None, every=True):
        try:
            ranges.extend(_of_stack(stack, root))
        except SettingsError as error:
            problems.extend(str(error).splitlines())
    try:
        ranges.extend(_of_configuration(configuration) if configuration else ())
    except ConfigurationError as error:
        problems.extend(str(error).splitlines())
    try:
        addresses = read(file)
        ranges.extend(_of_file(addresses))
    except AddressFileError as error:
        problems.extend(str(error).splitlines())
    return Taken(tuple(ranges), tuple(problems), addresses)


def clashes(cidr: str, ranges: Iterable[Range]) -> list[Range]:
    """The ranges that share an address with the block, in the order given."""
    version, first, last = span(cidr)
    found: list[Range] = []
    for one in ranges:
        other_version, other_first, other_last = span(one.cidr)
        if other_first <= last and first <= other_last and other_version == version:
            found.append(one)
    return found


def _of_stack(stack: str, root: Path) -> Iterator[Range]:
    source = stack_file_name(stack)
    for claim in read_stack_file(root / source).claims():
        yield Range(
            cidr=str(claim.network),
            kind=claim.kind,
            owner=f"stack {stack}: {claim.kind} {claim.owner}".rstrip(),
            name=f"{source} {claim.key}",
            stack=stack,
        )


def _of_file(addresses: AddressFile) -> Iterator[Range]:
    """What an account tells twice, such as a VPC and its side of a peering, once."""
    told: set[tuple[str, str]] = set()
    for source in addresses.sources.values():
        for one in source.ranges:
            if (one.cidr, one.owner) not in told:
                told.add((one.cidr, one.owner))
                yield one


def _of_configuration(path: Path) -> list[Range]:
    ranges: list[Range] = []
    problems: list[str] = []
    rule, networks = _configured(path)
    for i, given in enumerate(networks):
        network = cast("dict[str, Any]", given) if isinstance(given, dict) else {"cidr": given}
        cidr, name = network.get("cidr"), network.get("name")
        place = f"{path}: {rule}.networks[{i}]"
        try:
            span(str(cidr))
        except ValueError as error:
            problems.append(f"{place}.cidr = {str(cidr)[:60]}; should be {error}")
        if not isinstance(name, str) or not name:
            problems.append(f"{place}.name = {str(name)[:60]}; should say what the network is")
        if not problems:
            source = f"{path.name} networks[{i}]"
            ranges.append(Range(cidr=str(cidr), kind="network", owner=f"network {name}", name=source))
    if problems:
        raise ConfigurationError("\n".join(problems))
    return ranges


def _configured(path: Path) -> tuple[str, list[Any]]:
    """The name that has networks, and these."""
    try:
        document: Any = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{path}: should be a readable file: {error.strerror}") from None
    except ValueError as error:
        raise ConfigurationError(f"{path}: should be JSON: {error}") from None
    if not isinstance(document, dict):
        raise ConfigurationError(f"{path}: should be an object with a key for each policy")
    given = cast("dict[str, Any]", document)
    problems = [
        f"{path}: {name}; should be {close[0]}"
        for name in given
        if name not in NETWORKS_RULES and (close := get_close_matches(name, NETWORKS_RULES, 1, _MISSPELT))
    ]
    found: list[tuple[str, list[Any]]] = []
    for rule in (name for name in NETWORKS_RULES if name in given):
        options = given[rule]
        networks = cast("dict[str, Any]", options).get("networks") if isinstance(options, dict) else None
        if not isinstance(options, dict | str):
            problems.append(f"{path}: {rule}; should be a level, or an object with a list of networks")
        elif isinstance(networks, list):
            found.append((rule, cast("list[Any]", networks)))
        elif networks is not None:
            problems.append(f"{path}: {rule}.networks; should be a list of networks with name and cidr")
    if problems:
        raise ConfigurationError("\n".join(problems))
    return found[0] if found else (NETWORKS_RULES[0], [])

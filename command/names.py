"""The names that a shell completes after `--stack`, `--site`, `--tunnel` and `--device`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import click
from click.shell_completion import CompletionItem


def offer_names(command: click.Command) -> None:
    """Give the command, and all that is below it, types that complete names."""
    for parameter in command.params:
        if parameter.name in OFFERS and isinstance(parameter.type, click.types.StringParamType):
            parameter.type = _Name(OFFERS[parameter.name])
    for inner in command.commands.values() if isinstance(command, click.Group) else ():
        offer_names(inner)


def _stacks(_context: click.Context) -> Iterator[str]:
    yield from sorted(file.name.split(".")[1] for file in Path("stacks").glob("Pulumi.*.yaml"))


def _sites(context: click.Context) -> Iterator[str]:
    yield from _named(context, "aws-vpn:hardwareVpn", "sites")


def _tunnels(context: click.Context) -> Iterator[str]:
    yield from _named(context, "aws-vpn:openVpn")


def _devices(_context: click.Context) -> Iterator[str]:
    from onprem.rendering import devices

    yield from devices()


OFFERS: dict[str, Callable[[click.Context], Iterator[str]]] = {
    "stack": _stacks,
    "site": _sites,
    "sites": _sites,
    "tunnel": _tunnels,
    "device": _devices,
    "chosen": _devices,
}
"""What is offered, by what a command calls its parameter."""


class _Name(click.types.StringParamType):
    """Text, of which a shell is offered names."""

    def __init__(self, names: Callable[[click.Context], Iterator[str]]) -> None:
        self._names = names

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The names that begin as what is written does."""
        return [CompletionItem(name) for name in self._names(ctx) if name.startswith(incomplete)]


def _named(context: click.Context, section: str, *within: str) -> Iterator[str]:
    """The names in a list of the stack file that the words before name; none where it cannot be read."""
    import yaml

    stack = next((c.params["stack"] for c in _outwards(context) if c.params.get("stack")), "dev")
    try:
        value: Any = yaml.safe_load(Path(f"stacks/Pulumi.{stack}.yaml").read_bytes())["config"][section]
        for key in within:
            value = value[key]
        yield from (str(one["name"]) for one in cast("list[dict[str, object]]", value))
    except (OSError, yaml.YAMLError, LookupError, TypeError):
        return


def _outwards(context: click.Context | None) -> Iterator[click.Context]:
    while context is not None:
        yield context
        context = context.parent

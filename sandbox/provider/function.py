"""The words in which functions (invokes) are declared: what one may be given, and what answers it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.provider.aws_client import Cloud, Clouds
from sandbox.provider.errors import ProviderError
from sandbox.provider.values import Values, has_unknown, part


@dataclass(frozen=True)
class Function:
    """A function: what it may be given, what answers it, and which of its results are secret."""

    name: str
    arguments: frozenset[str]
    answer: Callable[[Cloud, Values], Values]
    secrets: frozenset[str] = field(default_factory=frozenset[str])


def call(function: Function, clouds: Clouds, given: Values) -> Values:
    """A function's result. An argument that it does not know is an error."""
    for name in given:
        if name not in function.arguments | {"region"}:
            raise ProviderError(f"{function.name} has no argument {name} in the sandbox")
    if has_unknown(given):
        raise ProviderError(f"{function.name} was given a value that is not known yet")
    cloud = clouds.of(given.get("region"))
    return {**given, "region": cloud.region, **function.answer(cloud, given)}


def filters_of(given: Values) -> list[Values]:
    """EC2's filters: those given, and one for each tag."""
    filters = [{"Name": one["name"], "Values": one["values"]} for one in given.get("filters") or ()]
    tags = [{"Name": f"tag:{key}", "Values": [value]} for key, value in part(given, "tags").items()]
    return [*filters, *tags]


def only(found: list[Values], what: str) -> Values:
    """The one that was found."""
    if len(found) != 1:
        raise ProviderError(f"{what}: {len(found)} match, one must; narrow the filters")
    return found[0]


def declare(
    name: str, arguments: str, answer: Callable[[Cloud, Values], Values], *secrets: str
) -> tuple[str, Function]:
    """A function under its token; arguments are names with spaces between."""
    return name, Function(name, frozenset(arguments.split()), answer, frozenset(secrets))

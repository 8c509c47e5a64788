"""The functions (invokes) that a program may call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sandbox.provider.cloud import Cloud, Clouds
from sandbox.provider.errors import ProviderError
from sandbox.provider.values import Values, has_unknown


@dataclass(frozen=True)
class Function:
    """A function: what it may be given, what answers it, and which of its results are secret."""

    token: str
    arguments: frozenset[str]
    answer: Callable[[Cloud, Values], Values]
    secrets: frozenset[str] = field(default_factory=frozenset[str])


def call(function: Function, clouds: Clouds, given: Values) -> Values:
    """A function's result. An argument that it does not know is an error."""
    for name in given:
        if name not in function.arguments | {"region"}:
            raise ProviderError(f"{function.token} has no argument {name} in the sandbox")
    if has_unknown(given):
        raise ProviderError(f"{function.token} was given a value that is not known yet")
    cloud = clouds.of(given.get("region"))
    return {**given, "region": cloud.region, **function.answer(cloud, given)}


FUNCTIONS: Mapping[str, Function] = {}

"""What a tunnel offers beside what is allowed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from policy.facts.finding import Finding
from policy.facts.resource import Resource
from policy.facts.values import UNKNOWN, has_unknown, is_secret
from policy.rules.rule import ResourceParameters
from policy.rules.tunnels.connection import TUNNELS


class AllowedNames(ResourceParameters):
    """Which values a tunnel may offer."""

    allowed: Annotated[tuple[str, ...], Field(min_length=1, description="the values that a tunnel may offer")]


def offers(resource: Resource, options: tuple[str, ...], allowed: tuple[str | int, ...]) -> Iterator[Finding]:
    """What tunnels offer beside `allowed`. AWS offers everything it has where nothing is set."""
    for tunnel in TUNNELS:
        for option in options:
            key = f"tunnel{tunnel}{option}"
            value = resource.get(key)
            wanted = ", ".join(map(str, allowed))
            if value is None or value == []:
                message = f"{key} is not set, so AWS also offers its weakest; list some of {wanted}"
                yield Finding(message=message, resource=resource)
            elif value is UNKNOWN:
                yield Finding(message=f"{key} is not known yet", resource=resource, undecided=True)
            else:
                yield from _weak(resource, key, allowed, wanted)


def _weak(resource: Resource, key: str, allowed: tuple[str | int, ...], wanted: str) -> Iterator[Finding]:
    offered = resource.items(key)
    weak = [item for item in offered if item is not UNKNOWN and item not in allowed]
    if weak:
        shown = "(secret)" if is_secret(resource.properties.get(key)) else ", ".join(map(str, weak))
        yield Finding(message=f"{key} offers {shown}; offer only {wanted}", resource=resource)
    if has_unknown(offered):
        yield Finding(message=f"part of {key} is not known yet", resource=resource, undecided=True)

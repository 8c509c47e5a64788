"""What a message must not show: values that the program marked as secrets, and says nowhere in the open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_network
from typing import Any, cast

from policy.facts.resource import Resource
from policy.facts.values import Secret

SHORTEST = 4
"""Characters of the shortest text that is looked for: fewer are in every message by chance."""

HIDDEN = "(secret)"


class Redaction:
    """Takes the secrets of some resources out of messages. Reads the resources when it is first asked."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self._resources = tuple(resources)
        self._secrets: list[str] | None = None

    def applied(self, message: str) -> str:
        """The message with each secret replaced."""
        if self._secrets is None:
            self._secrets = _secrets(self._resources)
        for secret in self._secrets:
            message = message.replace(secret, HIDDEN)
        return message


def _secrets(resources: Iterable[Resource]) -> list[str]:
    """The longest first, as one may be a part of another."""
    secret: set[str] = set()
    clear: set[str] = set()
    for resource in resources:
        clear.add(resource.name)
        for text, is_secret in _texts(resource.properties, secret=False):
            (secret if is_secret else clear).update(_spellings(text))
    return sorted((text for text in secret - clear if len(text) >= SHORTEST), key=len, reverse=True)


def _texts(value: Any, *, secret: bool) -> Iterator[tuple[str, bool]]:
    if isinstance(value, Secret):
        yield from _texts(value.value, secret=True)
    elif isinstance(value, dict):
        for inner in cast("Mapping[str, Any]", value).values():
            yield from _texts(inner, secret=secret)
    elif isinstance(value, list):
        for inner in cast("list[Any]", value):
            yield from _texts(inner, secret=secret)
    elif isinstance(value, str):
        yield value, secret


def _spellings(text: str) -> Iterator[str]:
    """The text, and the network that it stands for: messages write one without host bits."""
    yield text
    if "/" in text and len(text) < len("ffff:" * 8) + len("/128"):
        try:
            yield str(ip_network(text, strict=False))
        except ValueError:
            return

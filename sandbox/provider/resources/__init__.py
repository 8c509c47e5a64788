"""The table of resource types: every one that a module in this folder declares."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from importlib import import_module

from sandbox.provider.table import ResourceType


def _declared() -> Iterator[type[ResourceType]]:
    for module in pkgutil.iter_modules(__path__, f"{__name__}."):
        for one in vars(import_module(module.name)).values():
            if isinstance(one, type) and one.__module__ == module.name and "typename" in vars(one):
                assert issubclass(one, ResourceType)
                yield one


RESOURCE_TYPES: dict[str, ResourceType] = {one.typename: one() for one in _declared()}
"""Every type that the sandbox knows, by its name."""

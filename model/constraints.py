"""Constraints on single values that fields in several places share."""

from __future__ import annotations

import re
from collections.abc import Hashable
from typing import Annotated, TypeVar

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

Item = TypeVar("Item", bound=Hashable)


def matching(pattern: str, right: str) -> AfterValidator:
    """Accept text that matches `pattern` as a whole; else say what is `right`."""
    compiled = re.compile(pattern)

    def check(text: str) -> str:
        if not compiled.fullmatch(text):
            raise PydanticCustomError("pattern", "{right}", {"right": right})
        return text

    return AfterValidator(check)


def each_once(values: tuple[Item, ...]) -> tuple[Item, ...]:
    """Accept values that are all different."""
    if len(set(values)) != len(values):
        raise PydanticCustomError("each_once", "each value once")
    return values


Name = Annotated[
    str,
    matching(
        r"(?=.{1,24}$)[a-z](-?[a-z0-9])*",
        "a name of lower-case letters, digits and single hyphens, 24 at most, that starts with a letter",
    ),
]
"""A name that also fits into resource names: lower-case letters, digits and single hyphens, at most 24."""

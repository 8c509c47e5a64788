"""Constraints on single values that fields in several places share."""

from __future__ import annotations

import re
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

Item = TypeVar("Item", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Matching:
    """Accepts text that matches `pattern` as a whole; else says what is `right`. A JSON Schema repeats it."""

    pattern: str
    right: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """The check, after those that the type itself makes."""
        return core_schema.no_info_after_validator_function(self._checked, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """The same for an editor."""
        return {**handler(schema), "pattern": f"^{self.pattern}$"}

    def _checked(self, text: str) -> str:
        if not re.fullmatch(self.pattern, text):
            raise PydanticCustomError("pattern", "{right}", {"right": self.right})
        return text


def matching(pattern: str, right: str) -> Matching:
    """Accept text that matches `pattern` as a whole; else say what is `right`."""
    return Matching(pattern, right)


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

"""What all models of written values share: known keys in camelCase, numbers without quotes."""

from __future__ import annotations

import re
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


class StrictModel(BaseModel):
    """A mapping of known keys, each field described by the text below it. Unknown keys are refused."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        populate_by_name=True,
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
    )

    @field_validator("*", mode="before")
    @classmethod
    def _is_unquoted(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuse a number in quotes everywhere, as lists of numbers and the JSON Schema do."""
        if (
            isinstance(value, str)
            and _NUMBER.fullmatch(value)
            and _kinds(cls.model_fields[info.field_name or ""].annotation) & {int, float}
        ):
            raise PydanticCustomError("quoted", "a number, without quotes")
        return value


def _kinds(annotation: Any) -> set[Any]:
    """The plain types that an annotation stands for, short of what is inside lists and mappings."""
    if get_origin(annotation) in (tuple, list, dict):
        return set()
    arguments = get_args(annotation)
    if arguments and all(
        isinstance(argument, int) and not isinstance(argument, bool) for argument in arguments
    ):
        return {int}
    return {annotation} if not arguments else {kind for inner in arguments for kind in _kinds(inner)}

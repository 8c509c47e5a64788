"""The JSON Schema of stack files, made of the settings' own fields: editors complete and check with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from model.names import PROJECT
from stacks.settings import Settings

FILE = Path(__file__).parent / "settings.schema.json"

ENCRYPTED = {
    "type": "object",
    "description": "A value that `pulumi config set --secret` encrypted.",
    "properties": {"secure": {"type": "string"}},
    "required": ["secure"],
    "additionalProperties": False,
}


class _WrittenSchema(GenerateJsonSchema):
    """Values as they are written in a file: addresses as text, keys encrypted."""

    def function_before_schema(self, schema: core_schema.BeforeValidatorFunctionSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def is_instance_schema(self, schema: core_schema.IsInstanceSchema) -> JsonSchemaValue:
        return {"type": "string"}


def text() -> str:
    """The schema as its file holds it."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def schema() -> dict[str, Any]:
    """What a stack file may be."""
    settings = Settings.model_json_schema(by_alias=True, schema_generator=_WrittenSchema)
    sections: dict[str, Any] = settings.pop("properties")
    definitions: dict[str, Any] = settings.pop("$defs")
    region = sections.pop("region")
    required = [f"{PROJECT}:{key}" for key in settings["required"] if key != "region"]
    whole: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"A stack of {PROJECT}",
        "type": "object",
        "properties": {
            "encryptionsalt": {"type": "string"},
            "encryptedkey": {"type": "string"},
            "secretsprovider": {"type": "string"},
            "config": {
                "type": "object",
                "description": settings["description"],
                "properties": {
                    "aws:region": region,
                    **{f"{PROJECT}:{key}": section for key, section in sections.items()},
                },
                "patternProperties": {f"^(?!{PROJECT}:)[^:]+:": {}},
                "required": ["aws:region", *required],
                "additionalProperties": False,
            },
        },
        "required": ["config"],
        "$defs": definitions,
    }
    return _written(whole)


def _written(part: Any) -> Any:
    """A part of the schema without what only Python means: names as titles, passwords as a format."""
    if isinstance(part, list):
        return [_written(inner) for inner in cast("list[Any]", part)]
    if not isinstance(part, dict):
        return part
    mapping = cast("dict[str, Any]", part)
    if mapping.get("format") == "password":
        return {"anyOf": [ENCRYPTED, {"type": "string"}]}
    kept = {key: inner for key, inner in mapping.items() if key != "title" or not isinstance(inner, str)}
    if mapping.get("title", "").startswith("A stack"):
        kept = mapping
    return {key: _one_line(inner) if key == "description" else _written(inner) for key, inner in kept.items()}


def _one_line(description: Any) -> Any:
    return " ".join(description.split()) if isinstance(description, str) else _written(description)

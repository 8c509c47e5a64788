"""The program's resources in CloudFormation's words, for the schemas that AWS publishes of its types."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

from labs.recorded_graph import Graph, Resource
from tests.fidelity.cloudformation_names import ALSO, INSIDE, OTHER_NAMES, TYPES, WITHOUT_COUNTERPART

REGION = "eu-central-1"

_MADE_UP_IDS = {"ami-": "ami-0123456789abcdef0", "eni-": "eni-0123456789abcdef0"}
_TUNNEL = re.compile(r"tunnel([12])(.+)")


class NoCounterpartError(AssertionError):
    """A type or a property that is in none of the tables: look it up in CloudFormation's reference."""


def translated(graph: Graph) -> dict[str, Any]:
    """All resources of AWS, as a template of CloudFormation has them."""
    known = [one for one in graph.resources if one.type.startswith("aws:")]
    with_counterpart = [one for one in known if _short(one.type) not in WITHOUT_COUNTERPART]
    ids = {one.key: _logical_id(one) for one in with_counterpart}
    return {ids[one.key]: _Translation(one, ids).done() for one in with_counterpart}


def used(graph: Graph) -> set[str]:
    """The keys of all tables that a graph has something of."""
    return {
        path
        for one in graph.resources
        if one.type.startswith("aws:")
        for path in (one.type, _short(one.type), *_paths(_short(one.type), one.inputs))
    }


def _paths(path: str, value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield f"{path}.{name}"
            yield from _paths(f"{path}.{name}", inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _paths(path, inner)


def _short(type_: str) -> str:
    return type_.rpartition(":")[2]


def _logical_id(resource: Resource) -> str:
    return _short(resource.type) + "".join(
        f"{ord(letter):x}" if not letter.isalnum() else letter for letter in resource.name
    )


class _Translation:
    def __init__(self, resource: Resource, ids: Mapping[str, str]) -> None:
        if resource.type not in TYPES:
            raise NoCounterpartError(resource.type)
        self._resource = resource
        self._ids = ids
        self._schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, TYPES[resource.type]).schema
        self._made: dict[str, Any] = {}

    def done(self) -> dict[str, Any]:
        kind = _short(self._resource.type)
        for path, value in ALSO.get(kind, {}).items():
            self._put(path.split("."), value)
        for name, value in self._resource.inputs.items():
            self._property(f"{kind}.{name}", name, value)
        return {"Type": TYPES[self._resource.type], "Properties": self._made}

    def _property(self, path: str, name: str, value: Any) -> None:
        if path in WITHOUT_COUNTERPART:
            return
        self._refers_to = self._resource.refers_to.get(name, frozenset())
        if tunnel := _TUNNEL.fullmatch(name):
            self._tunnel(path, int(tunnel[1]), tunnel[2], value)
            return
        steps = self._steps(path, name)
        self._put(steps, self._value(path, value, self._at(self._schema, steps)))

    def _steps(self, path: str, name: str) -> list[str]:
        if path in OTHER_NAMES:
            return OTHER_NAMES[path].split(".")
        outer = [INSIDE[kind]] if (kind := _short(self._resource.type)) in INSIDE else []
        return [*outer, _name_in(self._at(self._schema, outer), name, path)]

    def _tunnel(self, path: str, number: int, name: str, value: Any) -> None:
        tunnels = self._made.setdefault("VpnTunnelOptionsSpecifications", [{}, {}])
        schema = self._at(self._schema, ["VpnTunnelOptionsSpecifications"])
        one = self._resolved(schema["items"])
        target = _name_in(one, name, path)
        tunnels[number - 1][target] = self._value(path, value, self._resolved(one["properties"][target]))

    def _resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in schema:
            schema = self._schema["definitions"][schema["$ref"].rpartition("/")[2]]
        return schema

    def _at(self, schema: Mapping[str, Any], steps: list[str]) -> Mapping[str, Any]:
        for step in steps:
            if "items" in schema:
                schema = self._resolved(schema["items"])
            schema = self._resolved(schema["properties"][step])
        return schema

    def _put(self, steps: list[str], value: Any) -> None:
        """Sets what `steps` lead to, with what is on the way there: an object, or a list of one."""
        place, schema = self._made, self._schema
        for step in steps[:-1]:
            schema = self._at(schema, [step])
            inner = place.setdefault(step, [{}] if "items" in schema else {})
            place = inner[0] if isinstance(inner, list) else inner
        place[steps[-1]] = value

    def _value(self, path: str, value: Any, schema: Mapping[str, Any]) -> Any:
        if "items" in schema:
            items = self._resolved(schema["items"])
            return [self._value(path, inner, items) for inner in _listed(value, items)]
        if isinstance(value, Mapping) and "properties" in schema:
            return dict(self._fields(path, value, schema))
        if list(schema.get("properties", ())) == ["Value"]:
            return {"Value": self._leaf(value, self._resolved(schema["properties"]["Value"]))}
        return self._leaf(value, schema)

    def _fields(
        self, path: str, value: Mapping[str, Any], schema: Mapping[str, Any]
    ) -> Iterator[tuple[str, Any]]:
        for name, inner in value.items():
            if f"{path}.{name}" in WITHOUT_COUNTERPART:
                continue
            target = OTHER_NAMES.get(f"{path}.{name}") or _name_in(schema, name, f"{path}.{name}")
            yield target, self._value(f"{path}.{name}", inner, self._resolved(schema["properties"][target]))

    def _leaf(self, value: Any, schema: Mapping[str, Any]) -> Any:
        """A value as the schema types it: documents are objects there and many numbers, text here."""
        types = schema.get("type")
        if "object" in (types if isinstance(types, list) else [types]) and isinstance(value, str):
            return json.loads(value)
        if types == "integer" and isinstance(value, str):
            return int(value)
        if types == "boolean" and value in ("true", "false"):
            return value == "true"
        return self._reference(value) if isinstance(value, str) else value

    def _reference(self, value: str) -> Any:
        for key in self._refers_to & self._ids.keys():
            name = key.partition("::")[2]
            if value == f"{name}-id":
                return {"Ref": self._ids[key]}
            if value.startswith("arn:") and value.endswith(f":::{name}"):
                topic = key.startswith("aws:sns/topic:")
                return {"Ref": self._ids[key]} if topic else {"Fn::GetAtt": [self._ids[key], "Arn"]}
            if value == f"eipalloc-{name}":
                return {"Fn::GetAtt": [self._ids[key], "AllocationId"]}
        return next((made for start, made in _MADE_UP_IDS.items() if value.startswith(start)), value)


def _listed(value: Any, items: Mapping[str, Any]) -> list[Any]:
    """A list where CloudFormation has one: of a mapping's pairs, or of the single thing that is one here."""
    if isinstance(value, list):
        return value
    names = items.get("properties", {}).keys()
    label = next((label for label in ("Key", "Name") if {label, "Value"} <= names), None)
    if isinstance(value, Mapping) and label and not {"key", "name"} & value.keys():
        return [{label.lower(): key, "value": inner} for key, inner in value.items()]
    return [value]


def _name_in(schema: Mapping[str, Any], name: str, path: str) -> str:
    spelt = {known.lower(): known for known in schema["properties"]}
    plain = name.lower()
    for tried in (plain, f"{plain}s", plain.removesuffix("s"), f"tunnel{plain}"):
        if tried in spelt:
            return spelt[tried]
    raise NoCounterpartError(path)

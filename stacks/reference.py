"""docs/settings.md, written from the JSON Schema and so from the settings' own fields."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias, cast

from stacks.json_schema import schema

FILE = Path(__file__).parents[1] / "docs" / "settings.md"

Part: TypeAlias = dict[str, Any]

INTRODUCTION = """# Settings

<!-- Written by `aws-vpn settings docs` from the fields in stacks/sections/. -->

A stack's settings are in `stacks/Pulumi.<stack>.yaml`, under `config`. A value that cannot work is refused
before anything is registered, with its key and what would be right; all problems at once. `aws-vpn settings
check` does the same without the engine. Editors that know YAML schemas complete and check the file by its
first line:

```yaml
# yaml-language-server: $schema=settings.schema.json
```

Keys are written once, in camelCase, each section with `aws-vpn:` before it; numbers without quotes, and
text that looks like a number in quotes. A list is marked `[]` here.

AWS's quotas count too: more than 10 sites, 100 LANs of all sites together, or 1,000 routes to client pools
and offices are refused. More than 500 such routes, or a stack of more than 5 Elastic IPs, is advice: the
account's quota decides. All stacks of a region share its Elastic IPs (5 by default): each OpenVPN tunnel
needs one, NAT instances one, NAT gateways one a zone.
"""


def text() -> str:
    """The page as its file holds it."""
    whole = schema()
    config: Part = whole["properties"]["config"]
    definitions: dict[str, Part] = whole["$defs"]
    chapters = [INTRODUCTION, _chapter("`config`", config, [*_rows(config, definitions)], None)]
    for name, paths in _uses(config, definitions).items():
        part = definitions[name]
        base = _base(part, definitions)
        rows = [row for row in _rows(part, definitions) if base is None or row[0] not in base["properties"]]
        heading = ", ".join(f"`{path}`" for path in paths)
        inherited = "Beside these, every option of `aws-vpn:hardwareVpn.tunnelDefaults`." if base else None
        chapters.append(_chapter(heading, part, rows, inherited))
    return "\n".join(chapters)


def _chapter(heading: str, part: Part, rows: list[tuple[str, str, str, str]], note: str | None) -> str:
    lines = [f"## {heading}", "", part.get("description", "").split(" Unknown keys")[0], ""]
    lines += ["| Key | Default | Values | |", "|---|---|---|---|"]
    lines += [
        f"| `{key}` | {default} | {values} | {what.replace('|', chr(92) + '|')} |"
        for key, default, values, what in rows
    ]
    return "\n".join([*lines, *(["", note] if note else []), ""])


def _rows(part: Part, definitions: dict[str, Part]) -> Iterator[tuple[str, str, str, str]]:
    required = part.get("required", ())
    for key, field in part["properties"].items():
        default = "required" if key in required else _default(field)
        yield key, default, _values(field, definitions), field.get("description", "")


def _default(field: Part) -> str:
    value = field.get("default")
    if value is None or value in ([], {}) or _refers(field) or "prefixItems" in field:
        return ""
    if isinstance(value, list):
        return f"`[{', '.join(map(str, cast('list[Any]', value)))}]`"
    return f"`{value if isinstance(value, str) else json.dumps(value)}`"


def _values(field: Part, definitions: dict[str, Part]) -> str:
    """What a field may be, in words."""
    if "anyOf" in field:
        kinds = (_values(kind, definitions) for kind in field["anyOf"] if kind.get("type") != "null")
        return next(kinds)
    if "$ref" in field:
        return "see below" if "properties" in definitions[_name(field)] else "text"
    if "enum" in field or "const" in field:
        return _choices(field.get("enum") or [field["const"]])
    if field.get("type") == "array":
        inner = field.get("items") or field["prefixItems"][0]
        return f"list: {_values(inner, definitions)}"
    if field.get("type") == "object":
        inner = _by_key(field)
        return f"mapping: {_values(inner, definitions)}" if inner else "encrypted text"
    if field.get("type") in ("integer", "number"):
        return _range(field)
    return {"boolean": "true, false"}.get(field.get("type", ""), "text")


def _choices(values: list[Any]) -> str:
    shown = [f"`{value}`" for value in values]
    return ", ".join(shown if len(shown) <= 14 else [*shown[:6], "...", shown[-1]])


def _range(field: Part) -> str:
    low, high = field.get("minimum"), field.get("maximum")
    if low is None:
        return "number"
    return f"{low} or more" if high is None else f"{low} to {high}"


def _by_key(field: Part) -> Part | None:
    """What a mapping has under each of its keys."""
    for values in (field.get("additionalProperties"), *field.get("patternProperties", {}).values()):
        if isinstance(values, dict):
            return cast("Part", values)
    return None


def _refers(field: Part) -> bool:
    return "$ref" in field or any("$ref" in kind for kind in field.get("anyOf", ()))


def _name(field: Part) -> str:
    return str(field["$ref"]).rsplit("/", 1)[-1]


def _uses(part: Part, definitions: dict[str, Part], path: str = "") -> dict[str, list[str]]:
    """Each section by the keys under which it stands, in the order of the file."""
    uses: dict[str, list[str]] = {}
    for key, field in part["properties"].items():
        for name, suffix in _sections(field, definitions):
            place = f"{path}{'.' if path else ''}{key}{suffix}"
            uses.setdefault(name, []).append(place)
            for inner, places in _uses(definitions[name], definitions, place).items():
                uses.setdefault(inner, []).extend(places)
    return uses


def _sections(field: Part, definitions: dict[str, Part]) -> Iterator[tuple[str, str]]:
    """The sections that a field holds, with what its key has after it."""
    for kind in (field, *field.get("anyOf", ())):
        items = kind.get("items") or (kind.get("prefixItems") or [None])[0]
        for inner, suffix in ((kind, ""), (items, "[]"), (_by_key(kind), ".*")):
            if isinstance(inner, dict) and "$ref" in inner:
                name = _name(cast("Part", inner))
                if "properties" in definitions[name]:
                    yield name, suffix


def _base(part: Part, definitions: dict[str, Part]) -> Part | None:
    """The section all of whose keys this one has too, and means the same by."""
    own = part["properties"].items()
    for other in definitions.values():
        inherited = other.get("properties", part["properties"])
        if len(inherited) < len(own) and all(
            part["properties"].get(key) == inherited[key] for key in inherited
        ):
            return other
    return None

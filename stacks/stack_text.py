"""The text of a stack file: YAML whose keys are written once, each section with the project's name first.

The engine reads the same file more kindly: the last of two equal keys wins, a section without a project
belongs to this project, and a key in clear is taken as it is. What it lets through is found here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from model.names import PROJECT
from stacks.refusal import key as written_key
from stacks.sections.section import Problem
from stacks.settings_error import PROVIDER_SECRETS, SECRET_KEYS, SettingsError, Unshown

Place = tuple[str | int, ...]


def source_name(path: Path) -> str:
    """A stack file as messages name it: `stacks/Pulumi.dev.yaml`."""
    return f"{path.parent.name}/{path.name}"


def read_config(path: Path) -> dict[str, Any]:
    """What a stack file has under `config`, by the full keys.

    Raises:
        SettingsError: the file cannot be read, is no stack file, or says a thing twice.
    """
    source = source_name(path)
    try:
        text = path.read_text(encoding="utf-8")
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        problems = [*_repetitions(root, (), set()), *_without_project(root)] if root else []
        config = yaml.safe_load(text)["config"]
        values = {str(key): value for key, value in config.items()}
        json.dumps(values, default=str)
    except OSError as error:
        raise SettingsError(source, [Problem("", None, f"a readable file: {error.strerror}")]) from None
    except UnicodeDecodeError:
        raise SettingsError(source, [Problem("", None, "text in UTF-8")]) from None
    except yaml.YAMLError as error:
        raise SettingsError(source, [Problem("", None, _as_yaml(error))]) from None
    except ValueError:
        right = "YAML without an alias that stands within itself"
        raise SettingsError(source, [Problem("config", Unshown(), right)]) from None
    except (TypeError, KeyError, AttributeError, RecursionError):
        raise SettingsError(source, [Problem("config", None, "a mapping of keys to values")]) from None
    if problems:
        raise SettingsError(source, problems)
    return values


def keys_in_clear(value: Any, place: Place = ()) -> Iterator[str]:
    """Where secrets are written in clear, by their keys: whoever reads the repository reads them."""
    if len(place) == 1 and place[0] in PROVIDER_SECRETS and not isinstance(value, dict):
        yield str(place[0])
    if isinstance(value, dict):
        for key, inner in cast("dict[Any, Any]", value).items():
            if key in SECRET_KEYS and not isinstance(inner, dict) and inner is not None:
                yield written_key((*place, str(key)))
            yield from keys_in_clear(inner, (*place, str(key)))
    elif isinstance(value, list):
        for i, inner in enumerate(cast("list[Any]", value)):
            yield from keys_in_clear(inner, (*place, i))


def odd_encryption(config: dict[str, Any]) -> Iterator[Problem]:
    """What is written under `secure:` and is no text: pulumi would refuse it late, and in other words."""
    for section, value in config.items():
        for key, inner in _encrypted(value, (section,)):
            if not isinstance(inner, str):
                yield Problem(key, Unshown(), "text under secure, as pulumi config set --secret writes it")


def _encrypted(value: Any, place: Place) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        mapping = cast("dict[Any, Any]", value)
        if set(mapping) == {"secure"}:
            yield written_key(place), mapping["secure"]
            return
        for key, inner in mapping.items():
            yield from _encrypted(inner, (*place, str(key)))
    elif isinstance(value, list):
        for i, inner in enumerate(cast("list[Any]", value)):
            yield from _encrypted(inner, (*place, i))


def encrypted_keys(value: Any, place: Place) -> Iterator[str]:
    """Where values are encrypted (`secure:`), by their keys."""
    if isinstance(value, dict):
        mapping = cast("dict[Any, Any]", value)
        if set(mapping) == {"secure"}:
            yield written_key(place)
        for key, inner in mapping.items():
            yield from encrypted_keys(inner, (*place, str(key)))
    elif isinstance(value, list):
        for i, inner in enumerate(cast("list[Any]", value)):
            yield from encrypted_keys(inner, (*place, i))


def _as_yaml(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    where = f" in line {mark.line + 1}, column {mark.column + 1}" if mark else ""
    if "'\\t'" in str(error):
        return f"YAML, indented with spaces: there is a tab{where}"
    return f"YAML: {getattr(error, 'problem', None) or ' '.join(str(error).split())}{where}"


def _repetitions(node: Node, place: Place, seen: set[int]) -> Iterator[Problem]:
    """Keys that a mapping has twice; an alias is looked at once."""
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, SequenceNode):
        for i, item in enumerate(cast("list[Node]", node.value)):
            yield from _repetitions(item, (*place, i), seen)
    if isinstance(node, MappingNode):
        lines: dict[str, int] = {}
        for key, value in cast("list[tuple[Node, Node]]", node.value):
            if not isinstance(key, ScalarNode) or not key.start_mark:
                continue
            name, line = str(key.value), key.start_mark.line + 1
            inner = () if place == () and name == "config" else (*place, name)
            if name in lines:
                right = f"written once: it is in line {lines[name]} and in line {line}"
                yield Problem(written_key(inner) or name, Unshown(), right)
            lines.setdefault(name, line)
            yield from _repetitions(value, inner, seen)


def _without_project(root: Node) -> Iterator[Problem]:
    """Sections that the engine takes for this project's, and everything else overlooks."""
    for key, config in cast("list[tuple[Node, Node]]", root.value) if isinstance(root, MappingNode) else ():
        if key.value == "config" and isinstance(config, MappingNode):
            for section, _ in cast("list[tuple[Node, Node]]", config.value):
                if isinstance(section, ScalarNode) and ":" not in section.value:
                    name = str(section.value)
                    yield Problem(name, Unshown(), f"{PROJECT}:{name}, with the project's name before it")

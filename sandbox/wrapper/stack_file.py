"""A user's stack file, made fit for the sandbox."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

from sandbox.error import SandboxError

_ENCRYPTION = ("secretsprovider", "encryptedkey", "encryptionsalt")


@dataclass(frozen=True)
class SandboxFile:
    """What the engine is given in place of the user's file, and which keys got a stand-in value."""

    document: dict[str, Any]
    stand_ins: tuple[str, ...]


def fit(path: Path, shown: str) -> SandboxFile:
    """The stack file at `path` without its own encryption, and with stand-ins for what only that can decrypt.

    `shown` is the file's name for messages.

    Raises:
        SandboxError: the file cannot be read, or is no mapping.
    """
    try:
        document: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SandboxError(f"{shown}: {' '.join(str(error).split())}; should be a YAML file") from None
    if not isinstance(document or {}, dict):
        raise SandboxError(f"{shown}: should be a mapping with the key `config`")
    stand_ins: list[str] = []
    given = cast("dict[str, Any]", document or {})
    kept = {key: value for key, value in given.items() if key not in _ENCRYPTION}
    if isinstance(kept.get("config"), dict):
        kept["config"] = _readable(kept["config"], "", stand_ins)
    return SandboxFile(kept, tuple(stand_ins))


def _readable(value: Any, key: str, stand_ins: list[str]) -> Any:
    if isinstance(value, dict):
        mapping = cast("dict[str, Any]", value)
        if set(mapping) == {"secure"}:
            stand_ins.append(key)
            return _stand_in(key)
        prefix = f"{key}." if key else ""
        return {name: _readable(inner, f"{prefix}{name}", stand_ins) for name, inner in mapping.items()}
    if isinstance(value, list):
        items = cast("list[Any]", value)
        return [_readable(inner, f"{key}[{index}]", stand_ins) for index, inner in enumerate(items)]
    return value


def _stand_in(key: str) -> str:
    """A value that AWS takes for a pre-shared key: 8 to 64 letters, digits, dots; not starting with zero."""
    return f"sandbox.{hashlib.sha256(key.encode()).hexdigest()[:24]}"

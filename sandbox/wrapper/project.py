"""A project's stand-in: a folder of the sandbox's own, in which the engine may write.

The engine writes an encryption salt into every stack's file, and deletes the file together with the stack. So
it works on copies of the stack files, in a folder that leads to the real program by a link.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

from sandbox.error import SandboxError
from sandbox.wrapper.places import Places
from sandbox.wrapper.stack_file import fit

_PROJECT_FILE = "Pulumi.yaml"
_PROGRAM = "program"
_STACKS = "stacks"
_SALT = "encryptionsalt"


@dataclass(frozen=True)
class Project:
    """A folder with a Pulumi.yaml, the folder of its stack files, and its stand-in."""

    name: str
    real: Path
    stacks: Path
    stand_in: Path

    def known_stacks(self) -> list[str]:
        """The stacks that have a file."""
        paths = self.stacks.glob("Pulumi.*.yaml")
        return sorted(path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in paths)

    def stack_file(self, stack: str) -> Path:
        """The user's own file of a stack."""
        return self.stacks / f"Pulumi.{stack}.yaml"

    def shown(self, stack: str) -> str:
        """The name of a stack's file, as a user in the project's folder would write it."""
        return os.path.relpath(self.stack_file(stack), self.real)

    def refresh(self, stack: str) -> tuple[str, ...]:
        """Brings the copy of a stack's file up to date, keeping the salt that the engine gave the copy.

        Returns the keys with a stand-in value, when there was something to bring up to date.

        Raises:
            SandboxError: the file is no stack file.
        """
        fitted = fit(self.stack_file(stack), self.shown(stack))
        copy = self.stand_in / _STACKS / f"Pulumi.{stack}.yaml"
        before = _mapping(copy) if copy.exists() else {}
        after = {**fitted.document, **{key: value for key, value in before.items() if key == _SALT}}
        if copy.exists() and after == before:
            return ()
        _write(copy, after)
        return fitted.stand_ins


def find(start: Path) -> Path | None:
    """The folder at or above `start` that the engine takes for the project, if any."""
    return next((folder for folder in (start, *start.parents) if (folder / _PROJECT_FILE).is_file()), None)


def prepare(real: Path, places: Places) -> Project:
    """The project in the folder `real`, with its stand-in brought up to date but for the stack files.

    Raises:
        SandboxError: its Pulumi.yaml is no project file.
    """
    document = _mapping(real / _PROJECT_FILE)
    stand_in = places.projects / hashlib.sha256(str(real).encode()).hexdigest()[:12]
    stand_in.mkdir(parents=True, exist_ok=True)
    link = stand_in / _PROGRAM
    if not link.is_symlink():
        link.symlink_to(real, target_is_directory=True)
    stacks = real / str(document.get("stackConfigDir", "."))
    main = os.path.normpath(Path(_PROGRAM, str(document.get("main", "."))))
    _write(
        stand_in / _PROJECT_FILE,
        {**_in_real_environment(document, real), "main": main, "stackConfigDir": _STACKS},
    )
    return Project(str(document.get("name")), real, stacks, stand_in)


def _in_real_environment(document: dict[str, Any], real: Path) -> dict[str, Any]:
    """The project file with its virtual environment by its full path, for the official language host."""
    try:
        virtualenv = document["runtime"]["options"]["virtualenv"]
    except (KeyError, TypeError):
        return document
    options = {**document["runtime"]["options"], "virtualenv": str(real / virtualenv)}
    return {**document, "runtime": {**document["runtime"], "options": options}}


def _mapping(path: Path) -> dict[str, Any]:
    try:
        document: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SandboxError(f"{path}: {' '.join(str(error).split())}; should be a YAML file") from None
    if not isinstance(document, dict):
        raise SandboxError(f"{path}: should be a mapping")
    return cast("dict[str, Any]", document)


def _write(path: Path, document: dict[str, Any]) -> None:
    """Writes the file in one step, so that an engine at work never reads half of it."""
    path.parent.mkdir(exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    unfinished.replace(path)

"""Where a rendered configuration goes: files for the owner alone, or the terminal without keys."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from onprem.errors import OnpremError
from onprem.rendering import RenderedFile

OWNER_READS = 0o600
OWNER_RUNS = 0o700


def write_files(directory: Path, files: Iterable[RenderedFile]) -> list[Path]:
    """Writes files under a directory, each whole or not at all, readable by their owner alone.

    Raises:
        OnpremError: a file would come to lie outside the directory, or cannot be written.
    """
    return [_write(directory, file) for file in files]


def shown(files: Iterable[RenderedFile]) -> str:
    """Files as text for the terminal, each under its path."""
    return "\n".join(f"==> {file.path} <==\n{file.content}" for file in files)


def _write(directory: Path, file: RenderedFile) -> Path:
    target = directory / file.path
    if file.path.is_absolute() or ".." in file.path.parts:
        raise OnpremError(f"{file.path} should be a path within {directory}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=OWNER_RUNS)
        if not target.parent.resolve().is_relative_to(directory.resolve()):
            raise OnpremError(f"{target.parent} leads out of {directory}; should be a folder in it")
        _replace(target, file)
    except OSError as error:
        raise OnpremError(f"{target}: {error.strerror}; should be a file that can be written") from None
    return target


def _replace(target: Path, file: RenderedFile) -> None:
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(file.content)
        Path(name).chmod(OWNER_RUNS if file.executable else OWNER_READS)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise

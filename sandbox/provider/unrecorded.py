"""What was created and not yet written down by the engine.

The engine records a resource when `create` returns. An engine that is killed before leaves a thing in the
cloud that its state does not know: the next `up` would create it again. So the id is written to a file as
soon as AWS has given it, and:

- the next `create` of the same URN finds the id, and goes on with that thing;
- an entry is dropped when the engine shows that it knows the id, by a diff, read, update or delete, and
  at the latest when it closes the provider, which it does once it has recorded everything;
- an entry whose thing is gone from the cloud is worth nothing, and is dropped.

One file an entry, named by a digest of the URN and put in place by a rename: no lock, nothing to repair after
a crash, and two resources never write the same file. Entries hold no property values, hence no secrets.
What is left open is a provider killed between AWS's answer and the write, a moment of microseconds: the
provider outlives its engine until the calls under way are done, so that killing the engine is not enough.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Entry:
    """A thing that was created: under which URN, its id, its region, and the process that created it."""

    urn: str
    ident: str
    region: str
    process: int

    @property
    def stack(self) -> str:
        """The stack and project of the URN."""
        return "::".join(self.urn.split("::")[:2])

    @property
    def token(self) -> str:
        """The resource's own type, without its parents' types."""
        return self.urn.split("::")[2].split("$")[-1]


class Journal:
    """The entries in a folder; without a folder nothing is kept."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)

    def record(self, entry: Entry) -> None:
        """Write down a thing that now exists."""
        path = self._path(entry.urn)
        if path is None:
            return
        draft = path.with_suffix(f".{os.getpid()}.draft")
        draft.write_text(json.dumps(asdict(entry)))
        draft.replace(path)

    def find(self, urn: str) -> Entry | None:
        """What was created under a URN and not yet recorded by the engine."""
        path = self._path(urn)
        return None if path is None else _load(path)

    def drop(self, urn: str, ident: str | None = None) -> None:
        """Forget the entry of a URN; with `ident`, only when it is the entry of that thing."""
        path = self._path(urn)
        if path is None or not path.exists():
            return
        entry = _load(path)
        if ident is None or entry is None or entry.ident == ident:
            path.unlink(missing_ok=True)

    def close(self) -> None:
        """Forget what this process wrote: the engine has recorded all of it."""
        for path, entry in self._entries():
            if entry.process == os.getpid():
                path.unlink(missing_ok=True)

    def left_by_others(self, stack: str) -> Iterator[Entry]:
        """A stack's entries that an earlier process wrote."""
        for _, entry in self._entries():
            if entry.stack == stack and entry.process != os.getpid():
                yield entry

    def _entries(self) -> Iterator[tuple[Path, Entry]]:
        for path in sorted(self._folder.glob("*.json")) if self._folder is not None else ():
            entry = _load(path)
            if entry is not None:
                yield path, entry

    def _path(self, urn: str) -> Path | None:
        if self._folder is None:
            return None
        return self._folder / f"{hashlib.sha256(urn.encode()).hexdigest()[:32]}.json"


def _load(path: Path) -> Entry | None:
    try:
        return Entry(**json.loads(path.read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None

"""The passphrase that opens an authority: from the environment, or asked for."""

from __future__ import annotations

import getpass
import os
import sys
from pathlib import Path

from access.errors import AccessError

VARIABLE = "AWS_VPN_CA_PASSPHRASE"
FILE_VARIABLE = f"{VARIABLE}_FILE"
IMPORT_VARIABLE = "AWS_VPN_IMPORT_PASSPHRASE"
SHORTEST = 12
"""Characters of a new passphrase at least."""


def existing_passphrase() -> str:
    """The passphrase of an authority that is there.

    Raises:
        AccessError: it cannot be had.
    """
    return _from_environment(VARIABLE) or _asked("Passphrase of the authority: ", VARIABLE)


def imported_passphrase() -> str:
    """The passphrase that another tool's authority has its key encrypted with.

    Raises:
        AccessError: it cannot be had.
    """
    variable = IMPORT_VARIABLE
    return _from_environment(variable) or _asked("Passphrase of the key that is taken over: ", variable)


def new_passphrase() -> str:
    """The passphrase of an authority to be made, asked for twice.

    Raises:
        AccessError: it is too short, was typed differently the second time, or cannot be had.
    """
    passphrase = _from_environment(VARIABLE)
    if not passphrase:
        passphrase = _asked("New passphrase for the authority: ", VARIABLE)
        if _asked("The same again: ", VARIABLE) != passphrase:
            raise AccessError("the two passphrases differ; should be the same")
    if len(passphrase) < SHORTEST:
        raise AccessError(f"a passphrase of {len(passphrase)} characters; should be {SHORTEST} at least")
    return passphrase


def _from_environment(variable: str) -> str:
    file = os.environ.get(f"{variable}_FILE")
    if not file:
        return _as_text(os.environ.get(variable, ""), variable)
    try:
        return Path(file).read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as error:
        raise AccessError(f"{variable}_FILE = {file}; should be a readable file: {error.strerror}") from None
    except UnicodeDecodeError:
        raise AccessError(f"{variable}_FILE = {file}; should be a file with text") from None


def _as_text(value: str, variable: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise AccessError(f"{variable} holds bytes that are no text; should be UTF-8") from None
    return value


def _asked(prompt: str, variable: str) -> str:
    if not sys.stdin.isatty():
        raise AccessError(
            f"no terminal to ask for the passphrase; should be given in {variable} or {variable}_FILE"
        )
    try:
        return getpass.getpass(prompt)
    except EOFError:
        raise AccessError("no passphrase was typed; should be the authority's") from None

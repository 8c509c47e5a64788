"""The stack file, written as a whole: it is there with everything, or the adoption has not happened.

Until then a draft stands beside it, in which each key is encrypted before the next is touched. A run that was
killed leaves the draft, and by it the next run knows that the stack is its own to finish.
"""

from __future__ import annotations

import copy
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import yaml

from model.errors import AwsVpnError
from model.names import PROJECT
from operations.adopt.description import Description
from operations.adopt.pulumi_stack import PulumiStack

SCHEMA = "# yaml-language-server: $schema=settings.schema.json\n"


def stack_file(stack: PulumiStack) -> Path:
    """The stack's file."""
    return stack.root / "stacks" / f"Pulumi.{stack.name}.yaml"


def draft_of(stack: PulumiStack) -> Path:
    """What stands for it while an adoption is under way."""
    return stack.root / "stacks" / f".adopting-{stack.name}.yaml"


def refuse_taken(stack: PulumiStack) -> None:
    """Leave a stack alone that is there already, unless an adoption of that name was interrupted.

    Raises:
        AwsVpnError: there is such a stack, or a file of it.
    """
    resumes = draft_of(stack).exists()
    # what pulumi notes of a new stack is no config: that somebody wrote since
    if stack_file(stack).exists() and not (resumes and "config" not in _loaded(stack_file(stack))):
        raise AwsVpnError(f"stacks/{stack_file(stack).name} is there already; should be another --stack")
    if not resumes and stack.exists():
        raise AwsVpnError(f"a stack {stack.name} is there already; should be another --stack")


def write(stack: PulumiStack, description: Description, heading: str) -> None:
    """Make the stack and its file. What fails is undone.

    Raises:
        AwsVpnError: the file cannot be written, or pulumi refuses.
    """
    draft = draft_of(stack)
    resumed = draft.exists() and stack.exists()
    try:
        _put(draft, "")
        if not resumed:
            stack.create()
        own = _without_config(stack_file(stack))
        secrets, own = _encrypted(stack, draft, description.keys, own)
        document = {**own, "config": _with_secrets(description.config, secrets)}
        text = yaml.safe_dump(document, sort_keys=False, width=110, allow_unicode=True)
        _put(draft, f"{SCHEMA}# {heading}\n{text}")
        draft.chmod(0o644)
        draft.replace(stack_file(stack))
    except (AwsVpnError, OSError, KeyboardInterrupt) as error:
        _undo(stack, draft)
        if isinstance(error, OSError):
            raise AwsVpnError(f"cannot write {draft.parent}: {error.strerror}; should be writable") from None
        raise


def _undo(stack: PulumiStack, draft: Path) -> None:
    with suppress(AwsVpnError):
        stack.remove()
    stack_file(stack).unlink(missing_ok=True)
    draft.unlink(missing_ok=True)


def _encrypted(
    stack: PulumiStack, draft: Path, keys: Mapping[str, str], own: Mapping[str, Any]
) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Each secret as it is written, by its place, and how the stack encrypts.

    They are encrypted in a file of their own: pulumi, when it writes one, takes an account's number in quotes
    for a number.
    """
    _put(draft, yaml.safe_dump({**own, "config": {}}))
    for number, key in enumerate(keys.values()):
        stack.encrypt(draft, f"{PROJECT}:key{number}", key)
    written = _loaded(draft)
    secrets = {place: written["config"][f"{PROJECT}:key{number}"] for number, place in enumerate(keys)}
    return secrets, {key: value for key, value in written.items() if key != "config"}


def _with_secrets(config: Mapping[str, Any], secrets: Mapping[str, Any]) -> dict[str, Any]:
    """The settings with each secret at its place, `section.sites[0].tunnels[1].presharedKey`."""
    copied: dict[str, Any] = copy.deepcopy(dict(config))
    for place, secret in secrets.items():
        section, *steps = re.findall(r"[^.\[\]]+", place)
        value: Any = copied[section]
        for step in steps[:-1]:
            value = value[int(step) if step.isdecimal() else step]
        value[steps[-1]] = secret
    return copied


def _without_config(file: Path) -> dict[str, Any]:
    """How the stack's secrets are encrypted, which pulumi noted when it made the stack."""
    return {key: value for key, value in _loaded(file).items() if key != "config"} if file.exists() else {}


def _loaded(file: Path) -> dict[str, Any]:
    return cast("dict[str, Any]", yaml.safe_load(file.read_text(encoding="utf-8")) or {})


def _put(path: Path, text: str) -> None:
    """Write a file that only its owner reads."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())

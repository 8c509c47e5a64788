"""The second gate: judge all deployed stacks together, by what they are and not by what a preview says.

Two stacks can each pass alone and clash with each other. This exports the state of every deployed stack of
the project, merges the states into one, and lets the engine run the pack over it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, cast

from pulumi_policy.deserialize import SPECIAL_SECRET_SIG, SPECIAL_SIG_KEY
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE

from model.errors import AwsVpnError
from policy.rules.registry import RULES
from policy.service.configuration import check_file

PACK_FOLDER = Path(__file__).resolve().parents[1]
DEPLOYMENT_VERSION = 3
HIDDEN = json.dumps(UNKNOWN_STRING_VALUE)
"""What stands for a secret in the merged state, as JSON: each state has its own key, so none can be read.

To the rules it is an unknown value: they say that they cannot check it, and take no placeholder for it.
"""

COMMAND_SECONDS = 300


class CheckError(AwsVpnError):
    """What keeps the stacks from being compared."""


def judge_all_deployed(more: Iterable[Path], config: Path | None, *, as_events: bool) -> int:
    """Compare all deployed stacks, and the states in `more`; the engine's exit code.

    0 when no mandatory rule is broken. `config` has levels and parameters, as for `pulumi preview`;
    `as_events` prints the engine's events in place of its report.

    Raises:
        CheckError: the stacks cannot be compared.
        ConfigurationError: `config` cannot be used.
    """
    if config:
        check_file(config, RULES)
    states = [*_deployed(), *(_read(path) for path in more)]
    return _analyzed(merged(states), config, as_events=as_events)


def merged(states: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """One state with the resources of all. Names stay apart, as each URN carries its project and stack."""
    resources = [
        _without_secrets(resource)
        for state in states
        for resource in state["deployment"].get("resources") or ()
        if not resource.get("delete")
    ]
    manifest = {"time": "0001-01-01T00:00:00Z", "magic": "", "version": ""}
    return {"version": DEPLOYMENT_VERSION, "deployment": {"manifest": manifest, "resources": resources}}


def _without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        mapping = cast("dict[str, Any]", value)
        if mapping.get(SPECIAL_SIG_KEY) == SPECIAL_SECRET_SIG:
            return {SPECIAL_SIG_KEY: SPECIAL_SECRET_SIG, "plaintext": HIDDEN}
        return {key: _without_secrets(inner) for key, inner in mapping.items()}
    if isinstance(value, list):
        return [_without_secrets(inner) for inner in cast("list[Any]", value)]
    return value


def _deployed() -> Iterator[dict[str, Any]]:
    """The state of every stack of the project that has resources."""
    stacks = sorted(_names(_pulumi("stack", "ls", "--json")))
    for stack in stacks:
        yield _state(_pulumi("stack", "export", "--stack", stack), f"pulumi stack export --stack {stack}")
    print(f"Deployed stacks: {', '.join(stacks) or 'none'}", file=sys.stderr)


def _names(listed: str) -> Iterator[str]:
    """The stacks that have resources."""
    try:
        stacks: Any = json.loads(listed)
        if isinstance(stacks, list):
            yield from [
                stack["name"] for stack in cast("list[Any]", stacks) if stack.get("resourceCount") != 0
            ]
            return
    except (ValueError, LookupError, AttributeError):
        pass
    raise CheckError(f"pulumi stack ls --json printed no list of stacks: {listed.strip()[:60]!r}")


def _read(path: Path) -> dict[str, Any]:
    try:
        return _state(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise CheckError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise CheckError(f"{path}: not a state written by pulumi stack export") from None


def _state(text: str, source: str) -> dict[str, Any]:
    try:
        state = json.loads(text)
        resources: Any = state["deployment"].get("resources") or []
        if all(isinstance(resource["urn"], str) for resource in resources):
            return state
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        pass
    raise CheckError(f"{source}: not a state written by pulumi stack export")


def _analyzed(state: dict[str, Any], config: Path | None, *, as_events: bool) -> int:
    if not state["deployment"]["resources"]:
        return 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state.json"
        path.write_text(json.dumps(state), encoding="utf-8")
        command = ["pulumi", "policy", "analyze", "--file", str(path), "--policy-pack", str(PACK_FOLDER)]
        command += ["--policy-pack-config", str(config.resolve())] if config else []
        command += ["--json"] if as_events else []
        try:
            return subprocess.run(command, check=False, timeout=COMMAND_SECONDS).returncode
        except subprocess.TimeoutExpired:
            raise CheckError(f"the analysis took longer than {COMMAND_SECONDS} s") from None


def _pulumi(*arguments: str) -> str:
    try:
        done = subprocess.run(
            ["pulumi", *arguments], capture_output=True, text=True, check=False, timeout=COMMAND_SECONDS
        )
    except FileNotFoundError:
        raise CheckError("there is no pulumi on PATH; in the sandbox: make check-all") from None
    except subprocess.TimeoutExpired:
        raise CheckError(f"pulumi {' '.join(arguments)} took longer than {COMMAND_SECONDS} s") from None
    if done.returncode:
        raise CheckError(f"pulumi {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout

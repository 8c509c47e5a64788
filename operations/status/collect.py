"""The state of environments: their outputs, then AWS asked about everything at once."""

from __future__ import annotations

import contextlib
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import repeat
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError

from model.errors import AwsVpnError
from model.names import EnvironmentNames
from model.stack_outputs import NotDeployedError
from operations.outputs import read_outputs
from operations.status.asking import Asking, Clients
from operations.status.drift import read_drift
from operations.status.findings import findings
from operations.status.model import AlarmState, EnvironmentState, Status, Unanswered
from operations.status.pairs import Pairs
from operations.status.tunnels import Tunnels

ANSWER_SECONDS = 2.0
"""For all of AWS's answers, from when the stacks' outputs are read: what is later is said to be missing."""

ALWAYS_ASKED = ("ec2", "logs", "cloudwatch")

_REGION = re.compile(r"^\s+[\"']?aws:region[\"']?:\s*[\"']?([a-z0-9-]+)", re.MULTILINE)

Outputs = Mapping[str, Any] | AwsVpnError


def collect(stacks: tuple[str, ...], root: Path, *, drift: bool = False) -> Status:
    """The state of these stacks now. Nothing that AWS or a backend refuses raises: it is in the state."""
    clients = _PerRegion()
    preparing = threading.Thread(target=clients.prepare, args=(_regions(stacks, root),), daemon=True)
    preparing.start()
    read = read_all(stacks, root)
    preparing.join()
    return ask(read, root, drift=drift, clients=clients)


def read_all(stacks: tuple[str, ...], root: Path) -> dict[str, Outputs]:
    """The outputs of these stacks, read side by side, or what kept them from being read."""
    with ThreadPoolExecutor(max_workers=max(1, len(stacks))) as readers:
        return dict(zip(stacks, readers.map(_outputs, stacks, repeat(root)), strict=True))


def ask(
    read: Mapping[str, Outputs], root: Path, *, drift: bool = False, clients: _PerRegion | None = None
) -> Status:
    """The state of the stacks that have these outputs."""
    now = datetime.now(UTC)
    clients = clients or _PerRegion()
    asking = [_Environment(stack, outputs, clients) for stack, outputs in read.items()]
    states = [environment.state(now, root if drift else None) for environment in asking]
    return Status(generated_at=now, environments=tuple(states))


def _regions(stacks: tuple[str, ...], root: Path) -> set[str]:
    """The regions that stack files name: what to prepare for. Where a stack is, its outputs say."""
    files = (root / "stacks" / f"Pulumi.{stack}.yaml" for stack in stacks)
    texts = [file.read_text("utf-8", "replace") for file in files if file.is_file()]
    return {found[1] for text in texts if (found := _REGION.search(text))}


def _outputs(stack: str, root: Path) -> Outputs:
    try:
        return read_outputs(stack, root)
    except AwsVpnError as error:
        return error


class _PerRegion:
    """One set of clients a region."""

    def __init__(self) -> None:
        self._made: dict[str, Clients] = {}

    def prepare(self, regions: Iterable[str]) -> None:
        """Make what will be needed: AWS's descriptions of its services take longer to load than to use.

        What keeps a client from being made is reported when it is asked for.
        """
        with contextlib.suppress(AwsVpnError, BotoCoreError, ValueError):
            for region in regions:
                for service in ALWAYS_ASKED:
                    self.of(region).of(service)

    def of(self, region: str) -> Clients:
        return self._made.setdefault(region, Clients(region))


class _Environment:
    """One environment, asked about as soon as it is made; `state` waits for the answers."""

    def __init__(self, stack: str, outputs: Outputs, clients: _PerRegion) -> None:
        self._stack, self._outputs = stack, outputs
        self._asking = Asking(time.monotonic() + ANSWER_SECONDS)
        if isinstance(outputs, AwsVpnError):
            return
        self._region = str(outputs["alertTopicArn"]).split(":")[3]
        self._clients = clients.of(self._region)
        self._tunnels = Tunnels(stack, outputs.get("hardwareVpn", {}), self._asking, self._clients)
        self._pairs = Pairs(stack, outputs, self._asking, self._clients)
        self._alarms = self._asking.ask("alarms", self._read_alarms)

    def state(self, now: datetime, drift_root: Path | None) -> EnvironmentState:
        if isinstance(self._outputs, AwsVpnError):
            deployed = not isinstance(self._outputs, NotDeployedError)
            why = Unanswered(what="outputs", why=str(self._outputs))
            state = EnvironmentState(stack=self._stack, region=None, deployed=deployed, unanswered=(why,))
            return _judged(state, now)
        sites, pairs = self._tunnels.states(), self._pairs.states()
        alarms = self._asking.wait(self._alarms)
        drift, refused = _answered(lambda: read_drift(self._stack, drift_root)) if drift_root else (None, ())
        state = EnvironmentState(
            stack=self._stack,
            region=self._region,
            deployed=True,
            sites=sites,
            pairs=pairs,
            alarms=alarms,
            drift=drift,
            unanswered=(*self._asking.unanswered(), *refused),
        )
        return _judged(state, now)

    def _read_alarms(self) -> tuple[AlarmState, ...]:
        prefix = EnvironmentNames(self._stack).of("")
        paginator = self._clients.of("cloudwatch").get_paginator("describe_alarms")
        return tuple(
            AlarmState(
                name=alarm["AlarmName"].removeprefix(prefix),
                state=alarm["StateValue"],
                reason=alarm.get("AlarmDescription") or alarm.get("StateReason", ""),
                since=alarm.get("StateUpdatedTimestamp"),
            )
            for page in paginator.paginate(AlarmNamePrefix=prefix)
            for alarm in page["MetricAlarms"]
            if alarm["StateValue"] != "OK"
        )


def _judged(state: EnvironmentState, now: datetime) -> EnvironmentState:
    return state.model_copy(update={"findings": tuple(findings(state, now))})


def _answered(
    question: Callable[[], tuple[str, ...]],
) -> tuple[tuple[str, ...] | None, tuple[Unanswered, ...]]:
    try:
        return question(), ()
    except AwsVpnError as error:
        return None, (Unanswered(what="drift", why=str(error)),)

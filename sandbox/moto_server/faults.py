"""Faults on request: a call of AWS's API fails, is throttled or hangs, to try a client's patience."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, get_args
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

Kind = Literal["error", "throttle", "hang"]
_ANSWERS: dict[str, tuple[int, str, str]] = {
    "error": (500, "InternalError", "An internal error has occurred"),
    "throttle": (503, "RequestLimitExceeded", "Request limit exceeded."),
}


@dataclass(frozen=True)
class Call:
    """One call of AWS's API, as its signature and body name it."""

    service: str
    action: str
    speaks_json: bool = False


@dataclass(frozen=True)
class Refusal:
    """The answer to a call that fails: an HTTP status and an error document that botocore understands."""

    status: int
    content_type: str
    body: bytes


@dataclass
class Fault:
    """The next `count` calls of `service`'s `action` go wrong. `*` stands for any, a count of -1 for all.

    `hang` answers after `seconds`, `error` and `throttle` refuse at once.
    """

    service: str
    action: str
    kind: Kind
    count: int = 1
    seconds: float = 0.0

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise ValueError(f"kind = {self.kind}; should be one of {', '.join(get_args(Kind))}")

    def strikes(self, call: Call) -> bool:
        """Whether this call goes wrong."""
        return self.count != 0 and self.service in (call.service, "*") and self.action in (call.action, "*")


class Faults:
    """The faults in force."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Put a fault in force, after those that already are."""
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        """All calls go well again."""
        with self._lock:
            self._faults.clear()

    def strike(self, call: Call) -> Refusal | None:
        """The refusal a fault has for this call; None lets it through, after a hang's time."""
        fault = self._next(call)
        if fault is None:
            return None
        if fault.kind == "hang":
            time.sleep(fault.seconds)
            return None
        return refusal(call, *_ANSWERS[fault.kind])

    def _next(self, call: Call) -> Fault | None:
        with self._lock:
            fault = next((fault for fault in self._faults if fault.strikes(call)), None)
            if fault is not None and fault.count > 0:
                fault.count -= 1
            return fault


def call_of(environ: dict[str, Any], body: bytes) -> Call:
    """Which call of AWS's API a request is: service from the signature, action from body or target header."""
    credential = environ.get("HTTP_AUTHORIZATION", "").partition("Credential=")[2].partition(",")[0]
    scope = credential.split("/")
    service = scope[3] if len(scope) == 5 else ""
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    if target:
        return Call(service, target.rpartition(".")[2], speaks_json=True)
    return Call(service, _first(parse_qs(body.decode("latin-1")).get("Action", [])))


def _first(values: Iterable[str]) -> str:
    return next(iter(values), "")


def refusal(call: Call, status: int, code: str, message: str) -> Refusal:
    """AWS's error document in the call's protocol: JSON, EC2's own XML, or the XML of the other services."""
    if call.speaks_json:
        document = json.dumps({"__type": code, "message": message})
        return Refusal(status, "application/x-amz-json-1.1", document.encode())
    error = f"<Code>{code}</Code><Message>{escape(message)}</Message>"
    if call.service == "ec2":
        xml = f"<Response><Errors><Error>{error}</Error></Errors><RequestID>sandbox</RequestID></Response>"
    else:
        xml = f"<ErrorResponse><Error>{error}</Error><RequestId>sandbox</RequestId></ErrorResponse>"
    return Refusal(status, "text/xml", f'<?xml version="1.0" encoding="UTF-8"?>{xml}'.encode())

"""Questions to AWS, asked side by side until a deadline: who is late is named, not waited for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, cast

from botocore.exceptions import BotoCoreError, ClientError

from model.errors import AwsVpnError
from operations.status.model import Unanswered

CALL_SECONDS = 10
"""After which a call that hangs gives up; the deadline is earlier, and its thread is not waited for."""

MOST_AT_ONCE = 32
"""Calls under way at the same time."""

Answer = TypeVar("Answer")


class Clients:
    """boto3's clients of one region, made once: a session is not safe to share among threads, clients are."""

    def __init__(self, region: str, profile: str | None = None) -> None:
        # Here, and not with this module: it takes longer to load than anything else, and can do so meanwhile.
        import boto3
        from botocore.config import Config

        try:
            self._session = boto3.session.Session(region_name=region, profile_name=profile)
        except BotoCoreError as error:
            raise AwsVpnError(f"AWS: {error}") from None
        self._lock = threading.Lock()
        self._made: dict[str, Any] = {}
        self._config = Config(
            connect_timeout=CALL_SECONDS,
            read_timeout=CALL_SECONDS,
            retries={"total_max_attempts": 3, "mode": "standard"},
            max_pool_connections=MOST_AT_ONCE,
        )

    def of(self, service: str) -> Any:
        """The client of a service."""
        create = cast("Any", self._session).client
        with self._lock:
            if service not in self._made:
                self._made[service] = create(service, config=self._config)
            return self._made[service]


@dataclass
class Asked(Generic[Answer]):
    """A question under way. `answer` stays None when there was none, and `why` says why."""

    what: str
    done: threading.Event = field(default_factory=threading.Event)
    answer: Answer | None = None
    why: str | None = None


class Asking:
    """Asks until a deadline (a time of `time.monotonic`)."""

    def __init__(self, deadline: float) -> None:
        self._deadline = deadline
        self._places = threading.Semaphore(MOST_AT_ONCE)
        self._asked: list[Asked[Any]] = []

    def ask(self, what: str, question: Callable[[], Answer]) -> Asked[Answer]:
        """Begin to ask. A daemon thread, so that one that hangs does not keep the command from ending."""
        asked = Asked[Answer](what)
        self._asked.append(asked)
        threading.Thread(target=self._run, args=(asked, question), daemon=True).start()
        return asked

    def wait(self, asked: Asked[Answer]) -> Answer | None:
        """Its answer, or None when there is none by the deadline."""
        if not asked.done.wait(max(0.0, self._deadline - time.monotonic())):
            asked.why = "no answer in time"
            return None
        return asked.answer

    def unanswered(self) -> tuple[Unanswered, ...]:
        """What could not be asked, those with the same reason in one line."""
        by_reason: dict[str, list[str]] = {}
        for asked in self._asked:
            if asked.why is not None and asked.what not in by_reason.setdefault(asked.why, []):
                by_reason[asked.why].append(asked.what)
        return tuple(Unanswered(what=", ".join(what), why=why) for why, what in by_reason.items())

    def _run(self, asked: Asked[Answer], question: Callable[[], Answer]) -> None:
        with self._places:
            try:
                asked.answer = question()
            except ClientError as error:
                asked.why = _refusal(error)
            # boto3 has no error class of its own for an endpoint that is no URL.
            except (BotoCoreError, ValueError) as error:
                asked.why = " ".join(str(error).split())
            asked.done.set()


def _refusal(error: ClientError) -> str:
    """AWS's code and first sentence: the rest names principals at length."""
    told: dict[str, Any] = dict(error.response.get("Error", {}))
    text = " ".join(str(told.get("Message", "")).split())
    return f"{error.operation_name} {told.get('Code')}: {text[:160]}"

"""Messages to people: none is lost when the topic is away for a moment or the configuration changes."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import cast

import pytest

from hosts.programs.failover_monitor import reports
from hosts.programs.failover_monitor.cloud import Cloud, CloudError
from hosts.programs.failover_monitor.configuration import parse_configuration
from hosts.programs.failover_monitor.journal import Journal
from hosts.programs.failover_monitor.reports import QUEUE_LENGTH, Reports
from tests.unit.test_failover_monitor_configuration import DOCUMENT


@dataclass
class Topic:
    """A topic that fails the first so many times."""

    failures: int
    sent: list[str] = field(default_factory=list[str])

    async def publish(self, topic_arn: str, subject: str, message: str) -> None:
        """Take a message, or fail."""
        assert topic_arn == DOCUMENT["topicArn"]
        assert subject in message
        if self.failures > 0:
            self.failures -= 1
            raise CloudError("Publish: throttled")
        self.sent.append(subject)


async def told(topic: Topic, count: int) -> None:
    """Tell so much, settle, and end, as at a change of configuration."""
    mine = Reports(cast(Cloud, topic), parse_configuration(json.dumps(DOCUMENT)), Journal())
    sending = asyncio.create_task(mine.send_messages())
    for n in range(count):
        mine.tell(f"message {n}", "why")
    await mine.settle()
    sending.cancel()


def test_messages_that_wait_are_sent_before_another_configuration_is_taken_over() -> None:
    topic = Topic(failures=2)
    asyncio.run(told(topic, 3))
    assert topic.sent == [f"dev/staff: message {n}" for n in range(3)]


def test_the_oldest_go_first_when_too_many_wait() -> None:
    topic = Topic(failures=0)
    asyncio.run(told(topic, QUEUE_LENGTH + 1))
    assert topic.sent[0] == "dev/staff: message 1"
    assert len(topic.sent) == QUEUE_LENGTH


def test_a_topic_that_stays_away_holds_up_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(reports, "SETTLE_SECONDS", 0.1)
    topic = Topic(failures=1000)
    asyncio.run(told(topic, 2))
    assert not topic.sent
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (last["event"], last["count"]) == ("messages-lost", 2)

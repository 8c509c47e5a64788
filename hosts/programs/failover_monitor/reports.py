"""Reports to people and graphs: SNS messages and CloudWatch metrics, never in the way of a decision."""

from __future__ import annotations

import asyncio
import socket
from datetime import UTC, datetime
from typing import Any

from .cloud import Cloud, CloudError
from .configuration import Configuration
from .journal import Journal
from .move import pause

QUEUE_LENGTH = 100
SETTLE_SECONDS = 10.0


class Reports:
    """Queues messages and sends them when AWS takes them; the oldest go first when too many wait."""

    def __init__(self, cloud: Cloud, configuration: Configuration, journal: Journal) -> None:
        self._cloud = cloud
        self._configuration = configuration
        self._journal = journal
        self._messages: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        self._counts: dict[str, float] = {}

    def tell(self, subject: str, text: str) -> None:
        """Tell the topic's subscribers."""
        configuration = self._configuration
        if self._messages.qsize() >= QUEUE_LENGTH:
            self._messages.get_nowait()
            self._messages.task_done()
        time = datetime.now(UTC).isoformat(timespec="seconds")
        title = f"{configuration.environment}/{configuration.name}: {subject}"
        signed = f"{text}\nTold by the failover monitor on {socket.gethostname()}."
        self._messages.put_nowait((title, f"{time} {title}\n\n{signed}\n"))

    def count(self, metric: str, value: float = 1) -> None:
        """Add to what the next metrics say."""
        self._counts[metric] = self._counts.get(metric, 0) + value

    async def send_messages(self) -> None:
        """Send until stopped, each message until it is taken."""
        while True:
            subject, text = await self._messages.get()
            attempts = 0
            while not await self._sent(subject, text):
                attempts += 1
                await asyncio.sleep(pause(attempts))
            self._messages.task_done()

    async def settle(self) -> None:
        """Wait until every message is sent, but no longer than the topic may be out of reach."""
        try:
            async with asyncio.timeout(SETTLE_SECONDS):
                await self._messages.join()
        except TimeoutError:
            # One is under way, the others still wait.
            self._journal.warning("messages-lost", count=1 + self._messages.qsize())

    async def put_metrics(self, gauges: dict[str, float]) -> None:
        """Send gauges and what was counted; what could not be sent is counted on."""
        counts, self._counts = {"Moves": 0.0, "ApiErrors": 0.0, **self._counts}, {}
        try:
            await self._cloud.put_metrics(
                self._configuration.metric_namespace,
                [self._datum(name, value) for name, value in {**gauges, **counts}.items()],
            )
        except CloudError as error:
            self._journal.warning("metrics-not-sent", error=str(error))
            for name, value in counts.items():
                self.count(name, value)

    async def _sent(self, subject: str, text: str) -> bool:
        try:
            await self._cloud.publish(self._configuration.topic_arn, subject, text)
        except CloudError as error:
            self._journal.warning("message-not-sent", subject=subject, error=str(error))
            return False
        return True

    def _datum(self, name: str, value: float) -> dict[str, Any]:
        return {
            "MetricName": name,
            "Value": value,
            "Unit": "Seconds" if name.endswith("Seconds") else "Count",
            "Dimensions": [
                {"Name": "Environment", "Value": self._configuration.environment},
                {"Name": "Name", "Value": self._configuration.name},
            ],
        }

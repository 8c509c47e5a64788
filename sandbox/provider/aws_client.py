"""The cloud that requests go to: clients per service, shared by all requests to one region."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config


@dataclass(frozen=True)
class Settings:
    """The provider's configuration."""

    region: str
    profile: str | None = None
    endpoints: Mapping[str, str] = field(default_factory=dict[str, str])
    default_tags: Mapping[str, str] = field(default_factory=dict[str, str])
    ignored_tags: frozenset[str] = frozenset()
    ignored_tag_prefixes: tuple[str, ...] = ()
    wait_seconds: float = 5
    """How long a delete waits for what still depends on the thing."""

    def ignores(self, key: str) -> bool:
        """Whether a tag is none of this program's: AWS's own, or one that the settings say to ignore."""
        return key.startswith(("aws:", *self.ignored_tag_prefixes)) or key in self.ignored_tags


class Cloud:
    """One region. Threads share clients but must not share a session: a lock guards making them."""

    def __init__(self, settings: Settings, region: str) -> None:
        self.settings = settings
        self.region = region
        self._lock = threading.Lock()
        self._session = boto3.Session(region_name=region, profile_name=settings.profile)
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        """The client of a service, made when first needed; at the settings' endpoint or AWS_ENDPOINT_URL."""
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._session.client(  # pyright: ignore[reportCallIssue, reportUnknownMemberType]
                    service,  # pyright: ignore[reportArgumentType]
                    endpoint_url=self.settings.endpoints.get(service),
                    config=Config(max_pool_connections=32, retries={"mode": "standard", "max_attempts": 5}),
                )
            return self._clients[service]

    @property
    def ec2(self) -> Any:
        """The EC2 client."""
        return self.client("ec2")

    @cached_property
    def account(self) -> str:
        """The account's number."""
        return str(self.client("sts").get_caller_identity()["Account"])

    @property
    def partition(self) -> str:
        """The partition of the region, as in ARNs."""
        return self._session.get_partition_for_region(self.region)

    def arn(self, service: str, resource: str, *, owner: str | None = None) -> str:
        """The ARN of a resource of this region and account, or of `owner`."""
        return f"arn:{self.partition}:{service}:{self.region}:{owner or self.account}:{resource}"


class Clouds:
    """The clouds of every region in use."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._lock = threading.Lock()
        self._regions: dict[str, Cloud] = {}

    def of(self, region: str | None) -> Cloud:
        """The cloud of a region; of the provider's own when none is said."""
        name = region or self.settings.region
        with self._lock:
            if name not in self._regions:
                self._regions[name] = Cloud(self.settings, name)
            return self._regions[name]

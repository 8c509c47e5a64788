"""The provider's configuration: what of it the sandbox knows, and what it means."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

from sandbox.provider.aws_client import Settings
from sandbox.provider.errors import ProviderError
from sandbox.provider.values import Unknown, Values, part

_KNOWN = frozenset(
    (
        "region",
        "profile",
        "accessKey",
        "secretKey",
        "token",
        "endpoints",
        "defaultTags",
        "ignoreTags",
        "maxRetries",
        "s3UsePathStyle",
        "skipCredentialsValidation",
        "skipMetadataApiCheck",
        "skipRegionValidation",
        "skipRequestingAccountId",
        "version",
        "pluginDownloadURL",
    )
)


def config_problems(config: Values) -> Iterator[tuple[str, str]]:
    """The settings that the sandbox does not know, and what would be right."""
    for name in config:
        if name not in _KNOWN and not name.startswith("__"):
            yield name, f"the sandbox's aws provider has no setting aws:{name}"


def read_settings(config: Values) -> Settings:
    """The configuration as the cloud needs it. Without a region there, the environment says it."""
    region = config.get("region") or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if not region or isinstance(region, Unknown):
        raise ProviderError("aws:region is not set: the region to deploy to, such as eu-central-1")
    ignored: Values = _decoded(config.get("ignoreTags")) or {}
    default: Values = _decoded(config.get("defaultTags")) or {}
    return Settings(
        region=region,
        profile=config.get("profile"),
        endpoints=_endpoints(_decoded(config.get("endpoints")) or []),
        default_tags=part(default, "tags"),
        ignored_tags=frozenset(ignored.get("keys") or ()),
        ignored_tag_prefixes=tuple(ignored.get("keyPrefixes") or ()),
    )


def _decoded(value: Any) -> Any:
    """Nested settings arrive as JSON in a string."""
    return json.loads(value) if isinstance(value, str) else value


def _endpoints(given: list[dict[str, str]]) -> dict[str, str]:
    return {service: url for one in given for service, url in one.items()}

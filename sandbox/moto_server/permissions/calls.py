"""Calls of AWS's API as permissions see them: who calls what, with which parameters, as which action."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model

_MODELS = {"monitoring": "cloudwatch", "servicequotas": "service-quotas"}
"""The names of API models by those that calls are signed for, where they differ."""
_PREFIXES = {"monitoring": "cloudwatch"}
"""The prefixes of actions by those that calls are signed for, where they differ."""
_S3_ACTIONS = {
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketTagging": "PutBucketTagging",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "GetBucketCors": "GetBucketCORS",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetBucketReplication": "GetReplicationConfiguration",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "ListBuckets": "ListAllMyBuckets",
    "ListObjectVersions": "ListBucketVersions",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
}
"""S3's calls whose action is called otherwise ("Required permissions for Amazon S3 API operations")."""


@dataclass(frozen=True)
class Call:
    """One call: the caller's key, the service by its actions' prefix, the operation and what it was given."""

    key_id: str
    service: str
    region: str
    operation: str
    parameters: Mapping[str, Any]
    account: str = DEFAULT_ACCOUNT_ID

    @property
    def action(self) -> str:
        """The action that must be allowed for it."""
        name = self.operation
        if self.service == "s3":
            name = _S3_ACTIONS.get(name, name)
            if self.parameters.get("VersionId") and name in ("DeleteObject", "GetObject"):
                name += "Version"
        return f"{self.service}:{name}"

    @property
    def tags(self) -> dict[str, str]:
        """The tags that it gives to what it makes or tags; EC2 says them by kind, see `specified_tags`."""
        given: Any = self.parameters.get("Tags") or self.parameters.get("tags") or ()
        if isinstance(given, Mapping):
            return {str(key): str(value) for key, value in given.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        return tagged(given)

    @property
    def specified_tags(self) -> dict[str, dict[str, str]]:
        """The tags that a call of EC2 gives to what it makes, by kind."""
        given = self.parameters.get("TagSpecifications") or ()
        return {one["ResourceType"]: tagged(one.get("Tags", ())) for one in given}


def tagged(pairs: Any) -> dict[str, str]:
    """Tags by key, from any of the forms in which services take and keep them."""
    return {
        pair.get("Key") or pair["TagKey"]: pair.get("Value") or pair.get("TagValue", "") for pair in pairs
    }


def call_of(environ: Mapping[str, Any], body: bytes) -> Call:
    """The call that a request is; moto's own reading of it.

    Raises:
        werkzeug.exceptions.NotFound: it is none.
    """
    credential = environ.get("HTTP_AUTHORIZATION", "").partition("Credential=")[2].partition(",")[0]
    key_id, _, region, signed_for = (credential.split("/") + [""] * 4)[:4]
    request = Request({**environ, "wsgi.input": io.BytesIO(body)})
    name = str(_MODELS.get(signed_for, signed_for))
    operation, labels = get_service_router(name).match(request)
    parser = PROTOCOL_PARSERS[determine_request_protocol(get_service_model(name), request.content_type)]
    parameters = parser(operation).parse(
        {
            "method": request.method,
            "values": request.values,
            "headers": request.headers,
            "body": request.data,
            "url_path": request.path,
            "url_params": labels,
        }
    )
    prefix = str(_PREFIXES.get(signed_for, signed_for))
    return Call(key_id, prefix, region, str(operation.name), parameters)

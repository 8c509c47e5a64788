"""What a user reads when a request cannot be served."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError


class ProviderError(Exception):
    """A request that cannot be served; its text is one line for the user."""


def code_of(error: ClientError) -> str:
    """AWS's own code of an error, such as `DependencyViolation`."""
    return str(error.response.get("Error", {}).get("Code", ""))


def is_gone(error: ClientError) -> bool:
    """Whether AWS says that what was asked for does not exist.

    EC2 ends such codes in `.NotFound` (Error codes for the Amazon EC2 API); the other services have
    `NoSuchEntity`, `ResourceNotFoundException` and the like.
    """
    code = code_of(error)
    return code.endswith(("NotFound", "NotFoundException")) or code in (
        "NoSuchEntity",
        "NotFoundFault",
        "ParameterNotFound",
        "NoSuchBucket",
        "NoSuchBucketPolicy",
        "NoSuchKey",
        "NoSuchPublicAccessBlockConfiguration",
        "OwnershipControlsNotFoundError",
        "ServerSideEncryptionConfigurationNotFoundError",
        "404",
    )


def answer_of(operation: Callable[..., Any], **request: Any) -> dict[str, Any] | None:
    """What a reading operation answers, or None when there is no such thing."""
    try:
        return operation(**request)
    except ClientError as error:
        if is_gone(error):
            return None
        raise


def explain(error: Exception) -> str:
    """An error of this provider, of AWS or of botocore as one line."""
    if isinstance(error, ClientError):
        message = error.response.get("Error", {}).get("Message", "")
        return f"{error.operation_name}: {code_of(error)}: {message}"
    if isinstance(error, ProviderError):
        return str(error)
    if isinstance(error, BotoCoreError):
        return " ".join(str(error).split())
    return f"{type(error).__name__}: {error}"

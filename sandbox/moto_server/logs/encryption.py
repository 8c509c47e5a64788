"""Log groups and their KMS keys: given, changed and taken away, to a key that the log service may use.

Rules: CreateLogGroup, AssociateKmsKey and DisassociateKmsKey; "Encrypt log data in CloudWatch Logs using AWS
KMS": a key that does not exist, is not enabled, or whose policy does not let the log service in for this
group is refused.
"""

from __future__ import annotations

from typing import Any

from moto.kms.models import KmsBackend, kms_backends
from moto.logs.exceptions import InvalidParameterException, ResourceNotFoundException
from moto.logs.models import LogGroup, LogsBackend
from moto.logs.responses import LogsResponse

from sandbox.moto_server.permissions.policy import Request, Verdict, decide

USED = ("kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey")
"""What the log service does with a key."""


class EncryptionBackend(LogsBackend):
    """The log groups of a region."""

    def create_log_group(self, log_group_name: str, tags: dict[str, str], **kwargs: Any) -> LogGroup:
        """A log group, encrypted with a key of one's own if it is given one.

        Raises:
            InvalidParameterException: the log service may not use the key.
        """
        if kwargs.get("kmsKeyId"):
            self._check_key(kwargs["kmsKeyId"], log_group_name)
        return super().create_log_group(log_group_name, tags, **kwargs)

    def change_key(self, log_group_name: str, key_arn: str | None) -> None:
        """Encrypt what comes from now on with another key; with None, with the service's own.

        Raises:
            ResourceNotFoundException: there is no such log group.
            InvalidParameterException: the log service may not use the key.
        """
        if log_group_name not in self.groups:
            raise ResourceNotFoundException
        if key_arn is not None:
            self._check_key(key_arn, log_group_name)
        self.groups[log_group_name].kms_key_id = key_arn

    def _check_key(self, key_arn: str, log_group_name: str) -> None:
        kms: KmsBackend = kms_backends[self.account_id][self.region_name]
        key = next((key for key in kms.keys.values() if key.arn == key_arn), None)
        if key is None or key.key_state != "Enabled":
            raise InvalidParameterException(
                f"The specified KMS key does not exist or is not usable: {key_arn}"
            )
        group = f"arn:aws:logs:{self.region_name}:{self.account_id}:log-group:{log_group_name}"
        context = {"kms:encryptioncontext:aws:logs:arn": (group,)}
        service = f"logs.{self.region_name}.amazonaws.com"
        for action in USED:
            asked = Request(action, key_arn, context, service=service)
            if decide([key.policy], asked) is not Verdict.ALLOWED:
                message = (
                    f"The specified KMS key does not exist or is not allowed to be used with LogGroup {group}"
                )
                raise InvalidParameterException(message)


class EncryptionResponse(LogsResponse):
    """The actions that give a log group a key, and take it away."""

    def associate_kms_key(self) -> str:
        """AssociateKmsKey."""
        self._encryption.change_key(self._get_param("logGroupName"), self._get_param("kmsKeyId"))
        return ""

    def disassociate_kms_key(self) -> str:
        """DisassociateKmsKey."""
        self._encryption.change_key(self._get_param("logGroupName"), None)
        return ""

    @property
    def _encryption(self) -> EncryptionBackend:
        backend = self.logs_backend
        assert isinstance(backend, EncryptionBackend)
        return backend

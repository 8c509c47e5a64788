"""CloudWatch log groups."""

from __future__ import annotations

from sandbox.provider.arguments import arguments, surplus
from sandbox.provider.aws_client import Cloud
from sandbox.provider.constraints import arn, one_of
from sandbox.provider.table import (
    Change,
    ResourceType,
    flag,
    number,
    text,
)
from sandbox.provider.values import Values

_RETENTION_DAYS = (
    0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
    3653,
)  # fmt: skip
"""The retentions that PutRetentionPolicy allows; zero stands for no end."""


class LogGroup(ResourceType):
    """A log group."""

    typename = "aws:cloudwatch/logGroup:LogGroup"
    service = "logs"
    creator = "CreateLogGroup"
    auto_named = "name"
    properties = (
        text("name", "logGroupName", computed=True, force_new=True),
        number("retentionInDays", default=0, rule=one_of(*_RETENTION_DAYS)),
        text("kmsKeyId", "kmsKeyId", rule=arn("kms")),
        text("logGroupClass", "logGroupClass", computed=True, force_new=True),
        flag("skipDestroy", default=False),
    )
    outputs = ("arn",)

    def create(self, cloud: Cloud, inputs: Values) -> str:
        """Make the log group."""
        tags = {"tags": inputs["tagsAll"]} if inputs.get("tagsAll") else {}
        cloud.client("logs").create_log_group(**arguments(self.properties, inputs), **tags)
        return inputs["name"]

    def settle(self, cloud: Cloud, ident: str, inputs: Values) -> None:
        """Set the retention."""
        if inputs.get("retentionInDays"):
            cloud.client("logs").put_retention_policy(
                logGroupName=ident, retentionInDays=inputs["retentionInDays"]
            )

    def read(self, cloud: Cloud, ident: str, known: Values) -> Values | None:
        """The log group."""
        logs = cloud.client("logs")
        groups = logs.describe_log_groups(logGroupNamePrefix=ident)["logGroups"]
        found: Values | None = next((group for group in groups if group["logGroupName"] == ident), None)
        if found is None:
            return None
        address = found["arn"].removesuffix(":*")
        return {
            "tagsAll": logs.list_tags_for_resource(resourceArn=address).get("tags") or {},
            "name": ident,
            "arn": address,
            "retentionInDays": found.get("retentionInDays", 0),
            "kmsKeyId": found.get("kmsKeyId", ""),
            "logGroupClass": found.get("logGroupClass", "STANDARD"),
        }

    def update(self, cloud: Cloud, ident: str, change: Change) -> None:
        """Change retention and key."""
        logs, new = cloud.client("logs"), change.new
        if "retentionInDays" in change.names:
            if new.get("retentionInDays"):
                logs.put_retention_policy(logGroupName=ident, retentionInDays=new["retentionInDays"])
            else:
                logs.delete_retention_policy(logGroupName=ident)
        if "kmsKeyId" in change.names:
            if new.get("kmsKeyId"):
                logs.associate_kms_key(logGroupName=ident, kmsKeyId=new["kmsKeyId"])
            else:
                logs.disassociate_kms_key(logGroupName=ident)

    def retag(self, cloud: Cloud, ident: str, state: Values, tags: dict[str, str]) -> None:
        """Set the log group's tags."""
        address = state.get("arn") or cloud.arn("logs", f"log-group:{ident}")
        surplus_keys = surplus(state, tags)
        if tags:
            cloud.client("logs").tag_resource(resourceArn=address, tags=tags)
        if surplus_keys:
            cloud.client("logs").untag_resource(resourceArn=address, tagKeys=surplus_keys)

    def delete(self, cloud: Cloud, ident: str, state: Values) -> None:
        """Delete the log group, unless it is to outlive the stack."""
        if not state.get("skipDestroy"):
            cloud.client("logs").delete_log_group(logGroupName=ident)

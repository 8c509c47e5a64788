"""Secrets and their values, in Secrets Manager."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from sandbox.provider.arguments import arguments, given, surplus, tag_list, tag_map
from sandbox.provider.aws_client import Cloud
from sandbox.provider.constraints import between, matching
from sandbox.provider.errors import answer_of, code_of
from sandbox.provider.table import Change, ResourceType, document, number, strings, text
from sandbox.provider.values import Values


def _found(operation: Any, **request: Any) -> Values | None:
    """What the operation answers; None also of an id that Secrets Manager takes for none of its own."""
    try:
        return answer_of(operation, **request)
    except ClientError as error:
        if code_of(error) == "InvalidParameterException":
            return None
        raise


def _recovery(value: Any) -> str | None:
    return None if value == 0 or between(7, 30)(value) is None else "0, or a number from 7 to 30"


class Secret(ResourceType):
    """A secret: its value is in its versions."""

    typename = "aws:secretsmanager/secret:Secret"
    service = "secretsmanager"
    creator = "CreateSecret"
    auto_named = "name"
    properties = (
        text(
            "name",
            "Name",
            computed=True,
            force_new=True,
            rule=matching(r"[\w/+=.@-]{1,512}", "1 to 512 letters, digits and /_+=.@-"),
        ),
        text("description", "Description"),
        text("kmsKeyId", "KmsKeyId"),
        document("policy", computed=True),
        number("recoveryWindowInDays", default=30, rule=_recovery),
    )
    outputs = ("arn",)

    def create(self, cloud: Cloud, inputs: Values) -> str:
        """Make the secret."""
        tags = {"Tags": tag_list(inputs["tagsAll"])} if inputs.get("tagsAll") else {}
        return cloud.client("secretsmanager").create_secret(**arguments(self.properties, inputs), **tags)[
            "ARN"
        ]

    def settle(self, cloud: Cloud, ident: str, inputs: Values) -> None:
        """Set its policy."""
        if inputs.get("policy"):
            cloud.client("secretsmanager").put_resource_policy(
                SecretId=ident, ResourcePolicy=inputs["policy"]
            )

    def read(self, cloud: Cloud, ident: str, known: Values) -> Values | None:
        """The secret, unless it waits for its end."""
        client = cloud.client("secretsmanager")
        found = _found(client.describe_secret, SecretId=ident)
        if found is None or found.get("DeletedDate"):
            return None
        policy = _found(client.get_resource_policy, SecretId=ident) or {}
        return {
            "tagsAll": tag_map(found.get("Tags")),
            "arn": found["ARN"],
            "name": found["Name"],
            "description": found.get("Description", ""),
            "kmsKeyId": found.get("KmsKeyId", ""),
            "policy": policy.get("ResourcePolicy", ""),
        }

    def update(self, cloud: Cloud, ident: str, change: Change) -> None:
        """Change description, key and policy."""
        client, new = cloud.client("secretsmanager"), change.new
        if change.names & {"description", "kmsKeyId"}:
            key = given(KmsKeyId=new.get("kmsKeyId"))
            client.update_secret(SecretId=ident, Description=new.get("description", ""), **key)
        if "policy" in change.names:
            client.put_resource_policy(SecretId=ident, ResourcePolicy=new["policy"])

    def retag(self, cloud: Cloud, ident: str, state: Values, tags: dict[str, str]) -> None:
        """Set the secret's tags."""
        client = cloud.client("secretsmanager")
        surplus_keys = surplus(state, tags)
        if tags:
            client.tag_resource(SecretId=ident, Tags=tag_list(tags))
        if surplus_keys:
            client.untag_resource(SecretId=ident, TagKeys=surplus_keys)

    def delete(self, cloud: Cloud, ident: str, state: Values) -> None:
        """Delete the secret at once, or after its recovery window."""
        days = state.get("recoveryWindowInDays", 30)
        how: Values = {"RecoveryWindowInDays": days} if days else {"ForceDeleteWithoutRecovery": True}
        cloud.client("secretsmanager").delete_secret(SecretId=ident, **how)


class SecretVersion(ResourceType):
    """A value of a secret."""

    typename = "aws:secretsmanager/secretVersion:SecretVersion"
    service = "secretsmanager"
    creator = "PutSecretValue"
    tagged = False
    properties = (
        text("secretId", "SecretId", required=True, force_new=True),
        text("secretString", "SecretString", secret=True),
        text("secretBinary", secret=True, force_new=True),
        strings("versionStages", "VersionStages", computed=True),
    )
    outputs = ("arn", "secretArn", "versionId")
    secret_outputs = frozenset(("secretString", "secretBinary"))

    def problems(self, inputs: Values) -> Iterator[tuple[str, str]]:
        """One value."""
        if ("secretString" in inputs) == ("secretBinary" in inputs):
            yield "secretString", "must be set, or secretBinary, and not both"

    def replaced_by(self, change: Change) -> frozenset[str]:
        """Another value is another version."""
        return frozenset(("secretString",))

    def create(self, cloud: Cloud, inputs: Values) -> str:
        """Put the value."""
        request = arguments(self.properties, inputs)
        if inputs.get("secretBinary"):
            request["SecretBinary"] = base64.b64decode(inputs["secretBinary"])
        made = cloud.client("secretsmanager").put_secret_value(**request)
        return f"{made['ARN']}|{made['VersionId']}"

    def read(self, cloud: Cloud, ident: str, known: Values) -> Values | None:
        """The value."""
        secret, _, version = ident.partition("|")
        client = cloud.client("secretsmanager")
        found = _found(client.get_secret_value, SecretId=secret, VersionId=version)
        if found is None:
            return None
        binary = found.get("SecretBinary")
        return {
            "arn": found["ARN"],
            "secretArn": found["ARN"],
            "secretId": known.get("secretId") or secret,
            "versionId": version,
            "versionStages": found.get("VersionStages") or [],
            "secretString": found.get("SecretString", ""),
            "secretBinary": base64.b64encode(binary).decode() if binary else "",
        }

    def update(self, cloud: Cloud, ident: str, change: Change) -> None:
        """Move the staging labels."""
        secret, _, version = ident.partition("|")
        old, new = set(change.old.get("versionStages") or ()), set(change.new.get("versionStages") or ())
        client = cloud.client("secretsmanager")
        for stage in sorted(new - old):
            client.update_secret_version_stage(SecretId=secret, VersionStage=stage, MoveToVersionId=version)
        for stage in sorted(old - new):
            client.update_secret_version_stage(
                SecretId=secret, VersionStage=stage, RemoveFromVersionId=version
            )

    def delete(self, cloud: Cloud, ident: str, state: Values) -> None:
        """Take its labels: AWS then forgets it. The current version keeps its label until another has it."""
        secret, _, version = ident.partition("|")
        found = self.read(cloud, ident, state) or {}
        for stage in found.get("versionStages") or ():
            if stage != "AWSCURRENT":
                cloud.client("secretsmanager").update_secret_version_stage(
                    SecretId=secret, VersionStage=stage, RemoveFromVersionId=version
                )

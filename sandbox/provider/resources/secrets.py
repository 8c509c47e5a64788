"""Where secrets and parameters are kept: Secrets Manager, the parameter store, KMS."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from sandbox.provider.arguments import arguments, given, surplus, tag_list, tag_map
from sandbox.provider.aws_client import Cloud
from sandbox.provider.constraints import between, matching
from sandbox.provider.errors import code_of, is_gone
from sandbox.provider.table import Change, ResourceType, document, flag, number, strings, text
from sandbox.provider.values import Values, part


def _found(operation: Any, **request: Any) -> Values | None:
    try:
        return operation(**request)
    except ClientError as error:
        if is_gone(error) or code_of(error) == "InvalidParameterException":
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


class Parameter(ResourceType):
    """A parameter of the parameter store."""

    typename = "aws:ssm/parameter:Parameter"
    service = "ssm"
    creator = "PutParameter"
    auto_named = "name"
    properties = (
        text(
            "name",
            "Name",
            force_new=True,
            rule=matching(
                r"(?!(?i:/?(aws|ssm)))[\w./-]+",
                "letters, digits and /_.-, not starting with aws or ssm, which AWS keeps for itself",
            ),
        ),
        text("type", "Type", required=True),
        text("value", "Value", computed=True, secret=True),
        text("insecureValue", computed=True),
        text("description", "Description"),
        text("tier", "Tier", computed=True),
        text("keyId", "KeyId", computed=True),
        text("allowedPattern", "AllowedPattern"),
        text("dataType", "DataType", computed=True, force_new=True),
        flag("overwrite"),
    )
    outputs = ("arn", "version")
    secret_outputs = frozenset(("value",))
    renewed = ("version",)

    def problems(self, inputs: Values) -> Iterator[tuple[str, str]]:
        """One value; a secure one is not insecure."""
        if ("value" in inputs) == ("insecureValue" in inputs):
            yield "value", "must be set, or insecureValue, and not both"
        if inputs.get("type") == "SecureString" and "insecureValue" in inputs:
            yield "insecureValue", "must not be set for a SecureString"

    def create(self, cloud: Cloud, inputs: Values) -> str:
        """Put the parameter. An existing one of that name is an error, unless `overwrite`."""
        self._put(cloud, inputs, overwrite=bool(inputs.get("overwrite")))
        return inputs["name"]

    def settle(self, cloud: Cloud, ident: str, inputs: Values) -> None:
        """Set its tags: PutParameter takes none when it overwrites."""
        if inputs.get("tagsAll"):
            self.retag(cloud, ident, {}, inputs["tagsAll"])

    def read(self, cloud: Cloud, ident: str, known: Values) -> Values | None:
        """The parameter, decrypted."""
        ssm = cloud.client("ssm")
        answer = _found(ssm.get_parameter, Name=ident, WithDecryption=True)
        if answer is None:
            return None
        found: Values = answer["Parameter"]
        named = [{"Key": "Name", "Option": "Equals", "Values": [ident]}]
        described: list[Values] = ssm.describe_parameters(ParameterFilters=named)["Parameters"]
        detail = described[0] if described else {}
        tags = ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=ident)["TagList"]
        return {
            "tagsAll": tag_map(tags),
            "name": found["Name"],
            "arn": found.get("ARN") or cloud.arn("ssm", f"parameter/{ident.lstrip('/')}"),
            "type": found["Type"],
            "value": found["Value"],
            "insecureValue": "" if found["Type"] == "SecureString" else found["Value"],
            "version": found["Version"],
            "dataType": found.get("DataType", "text"),
            "description": detail.get("Description", ""),
            "tier": detail.get("Tier", "Standard"),
            "keyId": detail.get("KeyId", ""),
            "allowedPattern": detail.get("AllowedPattern", ""),
        }

    def update(self, cloud: Cloud, ident: str, change: Change) -> None:
        """Put the parameter again."""
        self._put(cloud, change.new, overwrite=True)

    def retag(self, cloud: Cloud, ident: str, state: Values, tags: dict[str, str]) -> None:
        """Set the parameter's tags."""
        ssm, about = cloud.client("ssm"), {"ResourceType": "Parameter", "ResourceId": ident}
        surplus_keys = surplus(state, tags)
        if tags:
            ssm.add_tags_to_resource(**about, Tags=tag_list(tags))
        if surplus_keys:
            ssm.remove_tags_from_resource(**about, TagKeys=surplus_keys)

    def delete(self, cloud: Cloud, ident: str, state: Values) -> None:
        """Delete the parameter."""
        cloud.client("ssm").delete_parameter(Name=ident)

    def _put(self, cloud: Cloud, inputs: Values, *, overwrite: bool) -> None:
        value = inputs.get("value") or inputs.get("insecureValue")
        request = {**arguments(self.properties, inputs), "Value": value, "Overwrite": overwrite}
        cloud.client("ssm").put_parameter(**request)


class Key(ResourceType):
    """A key of KMS."""

    typename = "aws:kms/key:Key"
    service = "kms"
    creator = "CreateKey"
    properties = (
        text("description", "Description", computed=True),
        text("keyUsage", "KeyUsage", default="ENCRYPT_DECRYPT", force_new=True),
        text("customerMasterKeySpec", "CustomerMasterKeySpec", default="SYMMETRIC_DEFAULT", force_new=True),
        flag("multiRegion", "MultiRegion", computed=True, force_new=True),
        document("policy", "Policy", computed=True),
        flag("isEnabled", default=True),
        flag("enableKeyRotation", default=False),
        number("deletionWindowInDays", implied=30, rule=between(7, 30)),
    )
    outputs = ("arn", "keyId")

    def create(self, cloud: Cloud, inputs: Values) -> str:
        """Make the key."""
        tags = [{"TagKey": key, "TagValue": value} for key, value in part(inputs, "tagsAll").items()]
        request = {**arguments(self.properties, inputs), **({"Tags": tags} if tags else {})}
        return cloud.client("kms").create_key(**request)["KeyMetadata"]["KeyId"]

    def settle(self, cloud: Cloud, ident: str, inputs: Values) -> None:
        """Turn on rotation, turn off the key, where asked for."""
        kms = cloud.client("kms")
        if inputs.get("enableKeyRotation"):
            kms.enable_key_rotation(KeyId=ident)
        if inputs.get("isEnabled") is False:
            kms.disable_key(KeyId=ident)

    def read(self, cloud: Cloud, ident: str, known: Values) -> Values | None:
        """The key, unless it waits for its end."""
        kms = cloud.client("kms")
        answer = _found(kms.describe_key, KeyId=ident)
        if answer is None or answer["KeyMetadata"]["KeyState"] == "PendingDeletion":
            return None
        found: Values = answer["KeyMetadata"]
        tags: list[Values] = kms.list_resource_tags(KeyId=ident).get("Tags") or []
        return {
            "tagsAll": {tag["TagKey"]: tag["TagValue"] for tag in tags},
            "arn": found["Arn"],
            "keyId": found["KeyId"],
            "description": found.get("Description", ""),
            "keyUsage": found["KeyUsage"],
            "customerMasterKeySpec": found.get("KeySpec") or found.get("CustomerMasterKeySpec", ""),
            "multiRegion": found.get("MultiRegion", False),
            "isEnabled": found["Enabled"],
            "enableKeyRotation": kms.get_key_rotation_status(KeyId=ident)["KeyRotationEnabled"],
            "policy": kms.get_key_policy(KeyId=ident, PolicyName="default")["Policy"],
        }

    def update(self, cloud: Cloud, ident: str, change: Change) -> None:
        """Change the key, each part by its own operation."""
        kms, new = cloud.client("kms"), change.new
        if "description" in change.names:
            kms.update_key_description(KeyId=ident, Description=new.get("description", ""))
        if "policy" in change.names:
            kms.put_key_policy(KeyId=ident, PolicyName="default", Policy=new["policy"])
        if "enableKeyRotation" in change.names:
            rotate = kms.enable_key_rotation if new["enableKeyRotation"] else kms.disable_key_rotation
            rotate(KeyId=ident)
        if "isEnabled" in change.names:
            (kms.enable_key if new["isEnabled"] else kms.disable_key)(KeyId=ident)

    def retag(self, cloud: Cloud, ident: str, state: Values, tags: dict[str, str]) -> None:
        """Set the key's tags."""
        kms = cloud.client("kms")
        surplus_keys = surplus(state, tags)
        if tags:
            kms.tag_resource(
                KeyId=ident, Tags=[{"TagKey": key, "TagValue": value} for key, value in tags.items()]
            )
        if surplus_keys:
            kms.untag_resource(KeyId=ident, TagKeys=surplus_keys)

    def delete(self, cloud: Cloud, ident: str, state: Values) -> None:
        """Let the key end after its window."""
        days = state.get("deletionWindowInDays", 30)
        if self.read(cloud, ident, state) is not None:
            cloud.client("kms").schedule_key_deletion(KeyId=ident, PendingWindowInDays=days)

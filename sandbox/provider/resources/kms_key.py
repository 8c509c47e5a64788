"""Keys of KMS."""

from __future__ import annotations

from sandbox.provider.arguments import arguments, surplus
from sandbox.provider.aws_client import Cloud
from sandbox.provider.constraints import between
from sandbox.provider.errors import answer_of
from sandbox.provider.table import Change, ResourceType, document, flag, number, text
from sandbox.provider.values import Values, part


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
        answer = answer_of(kms.describe_key, KeyId=ident)
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

"""What is set of a bucket, each a resource."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

from sandbox.provider.aws_client import Cloud
from sandbox.provider.constraints import one_of
from sandbox.provider.errors import answer_of
from sandbox.provider.table import Change, Property, ResourceType, block, blocks, document, flag, text
from sandbox.provider.values import Values, parts


class _Setting(ResourceType):
    """A setting of a bucket: put as a whole, known by the bucket's name."""

    service = "s3"
    tagged = False
    bucket: ClassVar[Property] = text("bucket", "Bucket", required=True, force_new=True)

    def create(self, cloud: Cloud, inputs: Values) -> str:
        """Set it."""
        self.put(cloud.client("s3"), inputs["bucket"], inputs)
        return inputs["bucket"]

    def update(self, cloud: Cloud, ident: str, change: Change) -> None:
        """Set it anew."""
        self.put(cloud.client("s3"), ident, change.new)

    def read(self, cloud: Cloud, ident: str, known: Values) -> Values | None:
        """The setting."""
        values = self.get(cloud.client("s3"), ident)
        return None if values is None else {"bucket": ident, **values}

    @abstractmethod
    def put(self, client: Any, bucket: str, inputs: Values) -> None:
        """Set it to the inputs."""

    @abstractmethod
    def get(self, client: Any, bucket: str) -> Values | None:
        """It as inputs have it; None when it is not set."""


class BucketPolicy(_Setting):
    """Who may do what with a bucket."""

    typename = "aws:s3/bucketPolicy:BucketPolicy"
    creator = "PutBucketPolicy"
    properties = (_Setting.bucket, document("policy", "Policy", required=True))

    def put(self, client: Any, bucket: str, inputs: Values) -> None:
        """Set the policy."""
        client.put_bucket_policy(Bucket=bucket, Policy=inputs["policy"])

    def get(self, client: Any, bucket: str) -> Values | None:
        """The policy."""
        answer = answer_of(client.get_bucket_policy, Bucket=bucket)
        return answer and {"policy": answer["Policy"]}

    def delete(self, cloud: Cloud, ident: str, state: Values) -> None:
        """Take the policy away."""
        cloud.client("s3").delete_bucket_policy(Bucket=ident)


_BLOCKS = {
    "blockPublicAcls": "BlockPublicAcls",
    "blockPublicPolicy": "BlockPublicPolicy",
    "ignorePublicAcls": "IgnorePublicAcls",
    "restrictPublicBuckets": "RestrictPublicBuckets",
}


class BucketPublicAccessBlock(_Setting):
    """What keeps a bucket from becoming public."""

    typename = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
    creator = "PutPublicAccessBlock"
    properties = (
        _Setting.bucket,
        *(
            flag(name, f"PublicAccessBlockConfiguration.{aws}", default=False)
            for name, aws in _BLOCKS.items()
        ),
        flag("skipDestroy"),
    )

    def put(self, client: Any, bucket: str, inputs: Values) -> None:
        """Set all four."""
        wanted = {aws: bool(inputs.get(name)) for name, aws in _BLOCKS.items()}
        client.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=wanted)

    def get(self, client: Any, bucket: str) -> Values | None:
        """All four."""
        answer = answer_of(client.get_public_access_block, Bucket=bucket)
        if answer is None:
            return None
        return {
            name: answer["PublicAccessBlockConfiguration"].get(aws, False) for name, aws in _BLOCKS.items()
        }

    def delete(self, cloud: Cloud, ident: str, state: Values) -> None:
        """Take the block away, unless it is to outlive the stack."""
        if not state.get("skipDestroy"):
            cloud.client("s3").delete_public_access_block(Bucket=ident)


class BucketOwnershipControls(_Setting):
    """Who owns objects, and whether access control lists count."""

    typename = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
    creator = "PutBucketOwnershipControls"
    properties = (
        _Setting.bucket,
        block(
            "rule",
            text(
                "objectOwnership",
                required=True,
                rule=one_of("BucketOwnerPreferred", "ObjectWriter", "BucketOwnerEnforced"),
            ),
            required=True,
        ),
    )

    def put(self, client: Any, bucket: str, inputs: Values) -> None:
        """Set the one rule."""
        rule = {"ObjectOwnership": inputs["rule"]["objectOwnership"]}
        client.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls={"Rules": [rule]})

    def get(self, client: Any, bucket: str) -> Values | None:
        """The one rule."""
        answer = answer_of(client.get_bucket_ownership_controls, Bucket=bucket)
        rule = answer and answer["OwnershipControls"]["Rules"][0]
        return rule and {"rule": {"objectOwnership": rule["ObjectOwnership"]}}

    def delete(self, cloud: Cloud, ident: str, state: Values) -> None:
        """Take the rule away."""
        cloud.client("s3").delete_bucket_ownership_controls(Bucket=ident)


class BucketVersioning(_Setting):
    """Whether a bucket keeps what is overwritten or deleted."""

    typename = "aws:s3/bucketVersioning:BucketVersioning"
    creator = "PutBucketVersioning"
    properties = (
        _Setting.bucket,
        text("expectedBucketOwner"),
        text("mfa"),
        block(
            "versioningConfiguration",
            text("status", required=True, rule=one_of("Enabled", "Suspended", "Disabled")),
            text("mfaDelete", computed=True, rule=one_of("Enabled", "Disabled")),
            required=True,
        ),
    )

    def put(self, client: Any, bucket: str, inputs: Values) -> None:
        """Set the status; S3 knows no way to set `Disabled`, which a bucket is until it is set."""
        status = inputs["versioningConfiguration"]["status"]
        if status != "Disabled":
            client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})

    def get(self, client: Any, bucket: str) -> Values | None:
        """The status."""
        answer = answer_of(client.get_bucket_versioning, Bucket=bucket)
        if answer is None:
            return None
        configuration = {
            "status": answer.get("Status", "Disabled"),
            "mfaDelete": answer.get("MFADelete", "Disabled"),
        }
        return {"versioningConfiguration": configuration}

    def delete(self, cloud: Cloud, ident: str, state: Values) -> None:
        """Suspend versioning: it cannot be switched off."""
        cloud.client("s3").put_bucket_versioning(
            Bucket=ident, VersioningConfiguration={"Status": "Suspended"}
        )


class BucketServerSideEncryptionConfiguration(_Setting):
    """How objects are encrypted when nothing else is said."""

    typename = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    creator = "PutBucketEncryption"
    properties = (
        _Setting.bucket,
        text("expectedBucketOwner"),
        blocks(
            "rules",
            block(
                "applyServerSideEncryptionByDefault",
                text("sseAlgorithm", required=True, rule=one_of("AES256", "aws:kms", "aws:kms:dsse")),
                text("kmsMasterKeyId", computed=True),
            ),
            flag("bucketKeyEnabled", computed=True),
            required=True,
        ),
    )

    def put(self, client: Any, bucket: str, inputs: Values) -> None:
        """Set the rules."""
        rules = [_encryption_rule(one) for one in parts(inputs, "rules")]
        client.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": rules})

    def get(self, client: Any, bucket: str) -> Values | None:
        """The rules."""
        answer = answer_of(client.get_bucket_encryption, Bucket=bucket)
        if answer is None:
            return None
        return {
            "rules": [
                {
                    "applyServerSideEncryptionByDefault": {
                        "sseAlgorithm": one["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"],
                        "kmsMasterKeyId": one["ApplyServerSideEncryptionByDefault"].get("KMSMasterKeyID", ""),
                    },
                    "bucketKeyEnabled": bool(one.get("BucketKeyEnabled")),
                }
                for one in answer["ServerSideEncryptionConfiguration"]["Rules"]
            ]
        }

    def delete(self, cloud: Cloud, ident: str, state: Values) -> None:
        """Go back to S3's own default."""
        cloud.client("s3").delete_bucket_encryption(Bucket=ident)


def _encryption_rule(rule: Values) -> Values:
    default: Values = rule.get("applyServerSideEncryptionByDefault") or {}
    key = {"KMSMasterKeyID": default["kmsMasterKeyId"]} if default.get("kmsMasterKeyId") else {}
    return {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": default["sseAlgorithm"], **key},
        "BucketKeyEnabled": bool(rule.get("bucketKeyEnabled")),
    }

"""Where hosts get what they are made of: a private, versioned, encrypted bucket, an object a host."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.labels import Labels
from hosts.content import HostContent
from hosts.user_data import ArchivePlace, user_data


@dataclass(frozen=True, kw_only=True)
class HostArchivesArgs:
    """The environment that the bucket belongs to, and its account, twelve digits."""

    labels: Labels
    account: str


class HostArchives(pulumi.ComponentResource):
    """The environment's bucket: nobody else may read it, nobody at all over plain HTTP.

    Its name is known before it exists, so that a preview can show, and a policy check, user data as a whole.
    It goes with the environment: everything in it is made by the program.
    """

    account: str
    bucket: pulumi.Output[str]

    def __init__(self, name: str, args: HostArchivesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("aws-vpn:host:HostArchives", name, None, opts)
        own = pulumi.ResourceOptions(parent=self)
        self.account = args.account
        bucket = aws.s3.Bucket(
            name,
            bucket=args.labels.names.bucket(args.account),
            force_destroy=True,
            tags=args.labels.tagged(name),
            opts=own,
        )
        self.bucket = bucket.bucket
        settings = _settings(name, bucket, own)
        policy = aws.s3.BucketPolicy(
            name,
            bucket=bucket.bucket,
            policy=bucket.arn.apply(_only_over_tls),
            opts=pulumi.ResourceOptions(parent=self, depends_on=settings),
        )
        self._ready = [*settings, policy]
        self.register_outputs({"bucket": self.bucket})

    def put(
        self, name: str, labels: Labels, parent: pulumi.Resource, key: pulumi.Input[str], **content: Any
    ) -> aws.s3.BucketObjectv2:
        """An object of the bucket, which by then is as private as it will be."""
        return aws.s3.BucketObjectv2(
            name,
            bucket=self.bucket,
            key=key,
            tags=labels.tagged(name),
            opts=pulumi.ResourceOptions(parent=parent, depends_on=self._ready),
            **content,
        )

    def read_statement(self, *objects: aws.s3.BucketObjectv2) -> dict[str, Any]:
        """What a role needs to read these objects, in this account's buckets alone."""
        return {
            "Effect": "Allow",
            "Action": ["s3:GetObject"],
            "Resource": [one.arn for one in objects],
            "Condition": {"StringEquals": {"aws:ResourceAccount": self.account}},
        }


@dataclass(frozen=True, kw_only=True)
class HostArchiveArgs:
    """`content` makes the host's content from the bucket's name. `log_group` hears of a refused archive."""

    labels: Labels
    archives: HostArchives
    content: Callable[[str], HostContent]
    region: str
    log_group: str


class HostArchive(pulumi.ComponentResource):
    """What one kind of host is made of, as an object named by its SHA-256, and the user data that names it.

    An archive a kind, and not one for all: a changed failover monitor must not replace VPN servers.
    """

    user_data: pulumi.Output[str]
    read_statement: dict[str, Any]

    def __init__(self, name: str, args: HostArchiveArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("aws-vpn:host:HostArchive", name, None, opts)
        archives = args.archives
        content = archives.bucket.apply(args.content)
        archive = archives.put(
            name,
            args.labels,
            self,
            content.apply(lambda made: f"hosts/{name}/{made.digest}.tar"),
            content_base64=content.apply(lambda made: base64.b64encode(made.archive).decode()),
            content_type="application/x-tar",
        )
        self.user_data = pulumi.Output.all(content, archive.bucket, archive.key).apply(
            lambda known: user_data(
                known[0], ArchivePlace(args.region, archives.account, known[1], known[2], args.log_group)
            )
        )
        self.read_statement = archives.read_statement(archive)
        self.register_outputs({"key": archive.key})


def _settings(name: str, bucket: aws.s3.Bucket, own: pulumi.ResourceOptions) -> list[pulumi.Resource]:
    return [
        aws.s3.BucketPublicAccessBlock(
            name,
            bucket=bucket.bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=own,
        ),
        aws.s3.BucketOwnershipControls(
            name,
            bucket=bucket.bucket,
            rule=aws.s3.BucketOwnershipControlsRuleArgs(object_ownership="BucketOwnerEnforced"),
            opts=own,
        ),
        aws.s3.BucketVersioning(
            name,
            bucket=bucket.bucket,
            versioning_configuration=aws.s3.BucketVersioningVersioningConfigurationArgs(status="Enabled"),
            opts=own,
        ),
        aws.s3.BucketServerSideEncryptionConfiguration(
            name,
            bucket=bucket.bucket,
            rules=[
                aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
                    apply_server_side_encryption_by_default=aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
                        sse_algorithm="AES256"
                    )
                )
            ],
            opts=own,
        ),
    ]


def _only_over_tls(arn: str) -> str:
    """A policy that refuses requests over plain HTTP ("Security best practices for Amazon S3")."""
    statement = {
        "Sid": "OnlyOverTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})

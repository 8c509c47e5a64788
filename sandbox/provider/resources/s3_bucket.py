"""Buckets."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from sandbox.provider.arguments import tag_list, tag_map
from sandbox.provider.aws_client import Cloud
from sandbox.provider.constraints import matching
from sandbox.provider.errors import answer_of
from sandbox.provider.table import ResourceType, flag, text
from sandbox.provider.values import Values, parts

_NAME = matching(
    r"(?!xn--|sthree-|amzn-s3-demo-)(?=.{3,63}$)[a-z0-9][a-z0-9.-]*[a-z0-9]",
    "3 to 63 small letters, digits, dots and hyphens, a letter or digit at both ends",
)


class Bucket(ResourceType):
    """A bucket."""

    typename = "aws:s3/bucket:Bucket"
    service = "s3"
    creator = "CreateBucket"
    auto_named = "bucket"
    properties = (
        text("bucket", "Bucket", computed=True, force_new=True, rule=_NAME),
        flag("forceDestroy", default=False),
        flag("objectLockEnabled", "ObjectLockEnabledForBucket", computed=True, force_new=True),
    )
    outputs = (
        "arn",
        "bucketDomainName",
        "bucketRegion",
        "bucketRegionalDomainName",
        "hostedZoneId",
    )

    def create(self, cloud: Cloud, inputs: Values) -> str:
        """Make the bucket in the provider's region."""
        where: Values = {"LocationConstraint": cloud.region}
        place = {} if cloud.region == "us-east-1" else {"CreateBucketConfiguration": where}
        locked = {"ObjectLockEnabledForBucket": True} if inputs.get("objectLockEnabled") else {}
        cloud.client("s3").create_bucket(Bucket=inputs["bucket"], **place, **locked)
        return inputs["bucket"]

    def settle(self, cloud: Cloud, ident: str, inputs: Values) -> None:
        """Set its tags."""
        self.retag(cloud, ident, {}, inputs.get("tagsAll") or {})

    def read(self, cloud: Cloud, ident: str, known: Values) -> Values | None:
        """The bucket and its tags."""
        client = cloud.client("s3")
        if answer_of(client.head_bucket, Bucket=ident) is None:
            return None
        tagged = _tags(client, ident)
        return {
            "tagsAll": tag_map(tagged),
            "bucket": ident,
            "arn": f"arn:{cloud.partition}:s3:::{ident}",
            "bucketDomainName": f"{ident}.s3.amazonaws.com",
            "bucketRegion": cloud.region,
            "bucketRegionalDomainName": f"{ident}.s3.{cloud.region}.amazonaws.com",
            "hostedZoneId": "",
            "objectLockEnabled": bool(known.get("objectLockEnabled")),
        }

    def retag(self, cloud: Cloud, ident: str, state: Values, tags: dict[str, str]) -> None:
        """Set the bucket's tags, all at once."""
        if tags:
            cloud.client("s3").put_bucket_tagging(Bucket=ident, Tagging={"TagSet": tag_list(tags)})
        else:
            cloud.client("s3").delete_bucket_tagging(Bucket=ident)

    def delete(self, cloud: Cloud, ident: str, state: Values) -> None:
        """Delete the bucket; with `forceDestroy` all versions of what is in it first."""
        client = cloud.client("s3")
        if state.get("forceDestroy"):
            for page in client.get_paginator("list_object_versions").paginate(Bucket=ident):
                for one in (*parts(page, "Versions"), *parts(page, "DeleteMarkers")):
                    client.delete_object(Bucket=ident, Key=one["Key"], VersionId=one["VersionId"])
        client.delete_bucket(Bucket=ident)


def _tags(client: Any, bucket: str) -> list[dict[str, str]]:
    try:
        return client.get_bucket_tagging(Bucket=bucket)["TagSet"]
    except ClientError:
        return []

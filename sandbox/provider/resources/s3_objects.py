"""Objects in buckets."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from sandbox.provider.arguments import given, tag_list, tag_map
from sandbox.provider.aws_client import Cloud
from sandbox.provider.errors import answer_of
from sandbox.provider.table import Change, ResourceType, flag, labels, text
from sandbox.provider.values import Values, parts

_LARGEST_KEY_BYTES = 1024


def _key(value: Any) -> str | None:
    fits = 0 < len(str(value).encode()) <= _LARGEST_KEY_BYTES
    return None if fits else f"1 to {_LARGEST_KEY_BYTES} bytes"


class BucketObjectv2(ResourceType):
    """An object, its content in the program."""

    typename = "aws:s3/bucketObjectv2:BucketObjectv2"
    service = "s3"
    creator = "PutObject"
    properties = (
        text("bucket", "Bucket", required=True, force_new=True),
        text("key", "Key", force_new=True, rule=_key),
        text("content"),
        text("contentBase64"),
        text("contentType", "ContentType", computed=True),
        text("cacheControl", "CacheControl"),
        text("serverSideEncryption", "ServerSideEncryption", computed=True),
        text("kmsKeyId", "SSEKMSKeyId", computed=True),
        text("storageClass", "StorageClass", computed=True),
        labels("metadata"),
        flag("forceDestroy", default=False),
    )
    outputs = ("arn", "etag", "versionId")
    renewed = ("etag", "versionId")

    def problems(self, inputs: Values) -> Iterator[tuple[str, str]]:
        """A key, which is not made up here; one content at most."""
        if "key" not in inputs:
            yield "key", "must be given"
        if "content" in inputs and "contentBase64" in inputs:
            yield "content", "must not be set beside contentBase64"

    def create(self, cloud: Cloud, inputs: Values) -> str:
        """Put the object."""
        self._put(cloud, inputs)
        return f"{inputs['bucket']}/{inputs['key']}"

    def read(self, cloud: Cloud, ident: str, known: Values) -> Values | None:
        """The object without its content, which the provider never reads back."""
        bucket, _, key = ident.partition("/")
        client = cloud.client("s3")
        head = answer_of(client.head_object, Bucket=bucket, Key=key)
        if head is None:
            return None
        tagged = client.get_object_tagging(Bucket=bucket, Key=key)["TagSet"]
        return {
            "tagsAll": tag_map(tagged),
            "bucket": bucket,
            "key": key,
            "arn": f"arn:{cloud.partition}:s3:::{ident}",
            "content": known.get("content"),
            "contentBase64": known.get("contentBase64"),
            "contentType": head.get("ContentType", ""),
            "cacheControl": head.get("CacheControl", ""),
            "metadata": head.get("Metadata") or {},
            "serverSideEncryption": head.get("ServerSideEncryption", ""),
            "kmsKeyId": head.get("SSEKMSKeyId", ""),
            "storageClass": head.get("StorageClass", "STANDARD"),
            "etag": head["ETag"].strip('"'),
            "versionId": head.get("VersionId", ""),
        }

    def update(self, cloud: Cloud, ident: str, change: Change) -> None:
        """Put it again: another version, where the bucket keeps them."""
        self._put(cloud, change.new)

    def retag(self, cloud: Cloud, ident: str, state: Values, tags: dict[str, str]) -> None:
        """Set the object's tags, all at once."""
        bucket, _, key = ident.partition("/")
        cloud.client("s3").put_object_tagging(Bucket=bucket, Key=key, Tagging={"TagSet": tag_list(tags)})

    def delete(self, cloud: Cloud, ident: str, state: Values) -> None:
        """Delete all versions of the object."""
        bucket, _, key = ident.partition("/")
        client = cloud.client("s3")
        for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=key):
            for one in (*parts(page, "Versions"), *parts(page, "DeleteMarkers")):
                if one["Key"] == key:
                    client.delete_object(Bucket=bucket, Key=key, VersionId=one["VersionId"])

    def _put(self, cloud: Cloud, inputs: Values) -> None:
        body = base64.b64decode(inputs.get("contentBase64") or "") or (inputs.get("content") or "").encode()
        named = {
            "ContentType": inputs.get("contentType"),
            "CacheControl": inputs.get("cacheControl"),
            "ServerSideEncryption": inputs.get("serverSideEncryption"),
            "SSEKMSKeyId": inputs.get("kmsKeyId"),
            "StorageClass": inputs.get("storageClass"),
            "Metadata": inputs.get("metadata"),
            "Tagging": urlencode(inputs["tagsAll"]) if inputs.get("tagsAll") else None,
        }
        cloud.client("s3").put_object(Bucket=inputs["bucket"], Key=inputs["key"], Body=body, **given(**named))

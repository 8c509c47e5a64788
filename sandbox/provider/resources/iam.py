"""What resource types of IAM share."""

from __future__ import annotations

import json
from typing import Any

from sandbox.provider.arguments import arguments, surplus, tag_list
from sandbox.provider.aws_client import Cloud
from sandbox.provider.table import ResourceType
from sandbox.provider.values import Values


class IamType(ResourceType):
    """A type of IAM: it belongs to no region, and tags of each kind have operations of their own."""

    service = "iam"
    regional = False

    def request(self, inputs: Values) -> Values:
        """The creating operation's arguments, tags included."""
        tags = {"Tags": tag_list(inputs["tagsAll"])} if inputs.get("tagsAll") else {}
        return {**arguments(self.properties, inputs), **tags}


def retag_with(cloud: Cloud, noun: str, key: Values, state: Values, tags: dict[str, str]) -> None:
    """Make `tags` the tags of a thing whose operations are `tag_<noun>` and `untag_<noun>`."""
    iam = cloud.client("iam")
    surplus_keys = surplus(state, tags)
    if tags:
        getattr(iam, f"tag_{noun}")(**key, Tags=tag_list(tags))
    if surplus_keys:
        getattr(iam, f"untag_{noun}")(**key, TagKeys=surplus_keys)


def as_text(policy: Any) -> str:
    """A policy document as text: boto3 decodes it to an object."""
    return policy if isinstance(policy, str) else json.dumps(policy)

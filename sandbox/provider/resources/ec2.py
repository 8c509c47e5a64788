"""What the types of EC2 have in common: a description by id, and tags by id."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from sandbox.provider.arguments import arguments, surplus, tag_list, tag_map
from sandbox.provider.aws_client import Cloud
from sandbox.provider.errors import answer_of
from sandbox.provider.table import ResourceType
from sandbox.provider.values import Values


def first(cloud: Cloud, operation: str, **request: Any) -> Values | None:
    """The first thing of a description, or None when there is none, or AWS says that it does not exist."""
    response = answer_of(getattr(cloud.ec2, operation), **request) or {}
    answers = (value for key, value in response.items() if key != "ResponseMetadata")
    found = next(
        (cast("list[Values]", value) for value in answers if isinstance(value, list)), list[Values]()
    )
    return found[0] if found else None


def filters(**values: str) -> list[Values]:
    """EC2's filters: `vpc_id="..."` is the filter `vpc-id`."""
    return [{"Name": name.replace("_", "-"), "Values": [value]} for name, value in values.items()]


class Ec2Type(ResourceType):
    """A type of EC2 that has an id and tags of its own."""

    tag_type: ClassVar[str]
    """The type's name in TagSpecifications."""
    described: ClassVar[tuple[str, str]]
    """The describing operation, and its argument that takes ids."""
    gone_states: ClassVar[frozenset[str]] = frozenset(("deleted", "deleting", "terminated", "failed"))

    def request(self, inputs: Values) -> Values:
        """The creating operation's arguments, tags included."""
        found = arguments(self.properties, inputs)
        if inputs.get("tagsAll"):
            found["TagSpecifications"] = [
                {"ResourceType": self.tag_type, "Tags": tag_list(inputs["tagsAll"])}
            ]
        return found

    def describe(self, cloud: Cloud, ident: str) -> Values | None:
        """AWS's description; None when it is gone, or only remembered as deleted."""
        operation, argument = self.described
        found = first(cloud, operation, **{argument: [ident]})
        if found is None or found.get("State") in self.gone_states:
            return None
        return found

    def tags_of(self, description: Values) -> Values:
        """The tags of a description, as state."""
        return {"tagsAll": tag_map(description.get("Tags") or description.get("TagSet"))}

    def retag(self, cloud: Cloud, ident: str, state: Values, tags: dict[str, str]) -> None:
        """Set tags, then take away those that are no longer asked for."""
        surplus_keys = [{"Key": key} for key in surplus(state, tags)]
        if tags:
            cloud.ec2.create_tags(Resources=[ident], Tags=tag_list(tags))
        if surplus_keys:
            cloud.ec2.delete_tags(Resources=[ident], Tags=surplus_keys)

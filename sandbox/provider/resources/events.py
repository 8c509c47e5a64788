"""EventBridge's rules on the default bus, and what they lead to."""

from __future__ import annotations

from sandbox.provider.arguments import arguments, surplus, tag_list, tag_map
from sandbox.provider.aws_client import Cloud
from sandbox.provider.errors import answer_of
from sandbox.provider.table import Change, ResourceType, document, forcing_new, text
from sandbox.provider.values import Values, parts


class EventRule(ResourceType):
    """A rule that matches events by a pattern."""

    typename = "aws:cloudwatch/eventRule:EventRule"
    service = "events"
    creator = "PutRule"
    auto_named = "name"
    properties = (
        text("name", "Name", computed=True, force_new=True),
        text("description", "Description"),
        document("eventPattern", "EventPattern"),
    )
    outputs = ("arn",)

    def create(self, cloud: Cloud, inputs: Values) -> str:
        """Put the rule."""
        tags = {"Tags": tag_list(inputs["tagsAll"])} if inputs.get("tagsAll") else {}
        cloud.client("events").put_rule(**arguments(self.properties, inputs), **tags)
        return inputs["name"]

    def read(self, cloud: Cloud, ident: str, known: Values) -> Values | None:
        """The rule."""
        events = cloud.client("events")
        found = answer_of(events.describe_rule, Name=ident)
        if found is None:
            return None
        return {
            "name": ident,
            "arn": found["Arn"],
            "description": found.get("Description", ""),
            "eventPattern": found.get("EventPattern", ""),
            "tagsAll": tag_map(events.list_tags_for_resource(ResourceARN=found["Arn"])["Tags"]),
        }

    def update(self, cloud: Cloud, ident: str, change: Change) -> None:
        """Put the rule again, which overwrites all but its tags."""
        cloud.client("events").put_rule(**arguments(self.properties, {**change.new, "name": ident}))

    def retag(self, cloud: Cloud, ident: str, state: Values, tags: dict[str, str]) -> None:
        """Set the rule's tags."""
        events, surplus_keys = cloud.client("events"), surplus(state, tags)
        if tags:
            events.tag_resource(ResourceARN=state["arn"], Tags=tag_list(tags))
        if surplus_keys:
            events.untag_resource(ResourceARN=state["arn"], TagKeys=surplus_keys)

    def delete(self, cloud: Cloud, ident: str, state: Values) -> None:
        """Delete the rule, which has no targets any more."""
        cloud.client("events").delete_rule(Name=ident)


class EventTarget(ResourceType):
    """What a rule's events are sent to."""

    typename = "aws:cloudwatch/eventTarget:EventTarget"
    service = "events"
    creator = "PutTargets"
    tagged = False
    auto_named = "targetId"
    properties = (
        *forcing_new(
            text("rule", "Rule", required=True),
            text("targetId", computed=True),
        ),
        text("arn", required=True),
    )

    def create(self, cloud: Cloud, inputs: Values) -> str:
        """Put the target."""
        self._put(cloud, inputs)
        return f"{inputs['rule']}-{inputs['targetId']}"

    def read(self, cloud: Cloud, ident: str, known: Values) -> Values | None:
        """The target."""
        listed = answer_of(cloud.client("events").list_targets_by_rule, Rule=known["rule"]) or {}
        for one in parts(listed, "Targets"):
            if one["Id"] == known["targetId"]:
                return {"rule": known["rule"], "targetId": one["Id"], "arn": one["Arn"]}
        return None

    def update(self, cloud: Cloud, ident: str, change: Change) -> None:
        """Put the target again, which overwrites it."""
        self._put(cloud, {**change.old, **change.new})

    def delete(self, cloud: Cloud, ident: str, state: Values) -> None:
        """Remove the target from its rule."""
        cloud.client("events").remove_targets(Rule=state["rule"], Ids=[state["targetId"]])

    @staticmethod
    def _put(cloud: Cloud, inputs: Values) -> None:
        target = {"Id": inputs["targetId"], "Arn": inputs["arn"]}
        cloud.client("events").put_targets(Rule=inputs["rule"], Targets=[target])

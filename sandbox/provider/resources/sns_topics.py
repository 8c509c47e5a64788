"""Topics and who may publish to them."""

from __future__ import annotations

import json

from sandbox.provider.arguments import surplus, tag_list, tag_map
from sandbox.provider.aws_client import Cloud
from sandbox.provider.constraints import arn, between, matching, one_of
from sandbox.provider.errors import answer_of
from sandbox.provider.table import (
    Change,
    ResourceType,
    document,
    flag,
    number,
    text,
)
from sandbox.provider.values import Values

_TOPIC_ATTRIBUTES = {
    "displayName": "DisplayName",
    "policy": "Policy",
    "deliveryPolicy": "DeliveryPolicy",
    "kmsMasterKeyId": "KmsMasterKeyId",
    "signatureVersion": "SignatureVersion",
    "tracingConfig": "TracingConfig",
}


class Topic(ResourceType):
    """A topic."""

    typename = "aws:sns/topic:Topic"
    service = "sns"
    creator = "CreateTopic"
    auto_named = "name"
    properties = (
        text(
            "name",
            computed=True,
            force_new=True,
            rule=matching(r"[A-Za-z0-9_-]{1,251}(\.fifo)?", "1 to 256 letters, digits, - and _"),
        ),
        text("displayName", rule=matching(".{0,100}", "at most 100 characters")),
        document("policy", computed=True),
        document("deliveryPolicy"),
        text("kmsMasterKeyId"),
        number("signatureVersion", computed=True, rule=between(1, 2)),
        text("tracingConfig", computed=True, rule=one_of("PassThrough", "Active")),
        flag("fifoTopic", default=False, force_new=True),
    )
    outputs = ("arn", "owner", "beginningArchiveTime")

    def create(self, cloud: Cloud, inputs: Values) -> str:
        """Make the topic."""
        attributes = {
            member: str(inputs[name]) for name, member in _TOPIC_ATTRIBUTES.items() if inputs.get(name)
        }
        if inputs.get("fifoTopic"):
            attributes["FifoTopic"] = "true"
        tags = {"Tags": tag_list(inputs["tagsAll"])} if inputs.get("tagsAll") else {}
        made = cloud.client("sns").create_topic(Name=inputs["name"], Attributes=attributes, **tags)
        return made["TopicArn"]

    def read(self, cloud: Cloud, ident: str, known: Values) -> Values | None:
        """The topic and its attributes."""
        sns = cloud.client("sns")
        answer = answer_of(sns.get_topic_attributes, TopicArn=ident)
        if answer is None:
            return None
        found: Values = answer["Attributes"]
        state = {name: found.get(member, "") for name, member in _TOPIC_ATTRIBUTES.items()}
        version = str(state["signatureVersion"])
        return {
            **state,
            "signatureVersion": int(version) if version.isdecimal() else 0,
            "tagsAll": tag_map(sns.list_tags_for_resource(ResourceArn=ident)["Tags"]),
            "name": ident.rsplit(":", 1)[1],
            "arn": ident,
            "owner": found.get("Owner", ""),
            "fifoTopic": found.get("FifoTopic") == "true",
            "beginningArchiveTime": found.get("BeginningArchiveTime", ""),
        }

    def update(self, cloud: Cloud, ident: str, change: Change) -> None:
        """Set the attributes that differ."""
        for name in change.names & _TOPIC_ATTRIBUTES.keys():
            cloud.client("sns").set_topic_attributes(
                TopicArn=ident,
                AttributeName=_TOPIC_ATTRIBUTES[name],
                AttributeValue=str(change.new.get(name, "")),
            )

    def retag(self, cloud: Cloud, ident: str, state: Values, tags: dict[str, str]) -> None:
        """Set the topic's tags."""
        surplus_keys = surplus(state, tags)
        if tags:
            cloud.client("sns").tag_resource(ResourceArn=ident, Tags=tag_list(tags))
        if surplus_keys:
            cloud.client("sns").untag_resource(ResourceArn=ident, TagKeys=surplus_keys)

    def delete(self, cloud: Cloud, ident: str, state: Values) -> None:
        """Delete the topic."""
        cloud.client("sns").delete_topic(TopicArn=ident)


class TopicPolicy(ResourceType):
    """The policy of a topic. Deleting gives the topic's owner alone the right to use it."""

    typename = "aws:sns/topicPolicy:TopicPolicy"
    service = "sns"
    creator = "SetTopicAttributes"
    tagged = False
    properties = (
        text("arn", "TopicArn", required=True, force_new=True, rule=arn("sns")),
        document("policy", required=True),
    )
    outputs = ("owner",)

    def create(self, cloud: Cloud, inputs: Values) -> str:
        """Set the policy."""
        self._set(cloud, inputs["arn"], inputs["policy"])
        return inputs["arn"]

    def read(self, cloud: Cloud, ident: str, known: Values) -> Values | None:
        """The policy."""
        found = Topic().read(cloud, ident, {})
        return found and {"arn": ident, "policy": found["policy"], "owner": found["owner"]}

    def update(self, cloud: Cloud, ident: str, change: Change) -> None:
        """Set another policy."""
        self._set(cloud, ident, change.new["policy"])

    def delete(self, cloud: Cloud, ident: str, state: Values) -> None:
        """Set the policy that a new topic has."""
        self._set(cloud, ident, _owners_policy(ident))

    @staticmethod
    def _set(cloud: Cloud, topic: str, policy: str) -> None:
        cloud.client("sns").set_topic_attributes(
            TopicArn=topic, AttributeName="Policy", AttributeValue=policy
        )


def _owners_policy(topic: str) -> str:
    return json.dumps(
        {
            "Version": "2008-10-17",
            "Id": "__default_policy_ID",
            "Statement": [
                {
                    "Sid": "__default_statement_ID",
                    "Effect": "Allow",
                    "Principal": {"AWS": "*"},
                    "Action": [
                        "SNS:GetTopicAttributes",
                        "SNS:SetTopicAttributes",
                        "SNS:AddPermission",
                        "SNS:RemovePermission",
                        "SNS:DeleteTopic",
                        "SNS:Subscribe",
                        "SNS:ListSubscriptionsByTopic",
                        "SNS:Publish",
                    ],
                    "Resource": topic,
                    "Condition": {"StringEquals": {"AWS:SourceOwner": topic.split(":")[4]}},
                }
            ],
        }
    )

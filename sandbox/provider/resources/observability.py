"""Log groups, alarms, and the topics that alarms go to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from sandbox.provider.arguments import arguments, given, surplus, tag_list, tag_map
from sandbox.provider.aws_client import Cloud
from sandbox.provider.constraints import arn, between, matching, one_of
from sandbox.provider.errors import is_gone
from sandbox.provider.table import (
    Change,
    ResourceType,
    block,
    blocks,
    document,
    flag,
    forcing_new,
    labels,
    number,
    strings,
    text,
)
from sandbox.provider.values import Values, part, parts

_RETENTION_DAYS = (
    0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
    3653,
)  # fmt: skip
"""The retentions that PutRetentionPolicy allows; zero stands for no end."""


class LogGroup(ResourceType):
    """A log group."""

    typename = "aws:cloudwatch/logGroup:LogGroup"
    service = "logs"
    creator = "CreateLogGroup"
    auto_named = "name"
    properties = (
        text("name", "logGroupName", computed=True, force_new=True),
        number("retentionInDays", default=0, rule=one_of(*_RETENTION_DAYS)),
        text("kmsKeyId", "kmsKeyId", rule=arn("kms")),
        text("logGroupClass", "logGroupClass", computed=True, force_new=True),
        flag("skipDestroy", default=False),
    )
    outputs = ("arn",)

    def create(self, cloud: Cloud, inputs: Values) -> str:
        """Make the log group."""
        tags = {"tags": inputs["tagsAll"]} if inputs.get("tagsAll") else {}
        cloud.client("logs").create_log_group(**arguments(self.properties, inputs), **tags)
        return inputs["name"]

    def settle(self, cloud: Cloud, ident: str, inputs: Values) -> None:
        """Set the retention."""
        if inputs.get("retentionInDays"):
            cloud.client("logs").put_retention_policy(
                logGroupName=ident, retentionInDays=inputs["retentionInDays"]
            )

    def read(self, cloud: Cloud, ident: str, known: Values) -> Values | None:
        """The log group."""
        logs = cloud.client("logs")
        groups = logs.describe_log_groups(logGroupNamePrefix=ident)["logGroups"]
        found: Values | None = next((group for group in groups if group["logGroupName"] == ident), None)
        if found is None:
            return None
        address = found["arn"].removesuffix(":*")
        return {
            "tagsAll": logs.list_tags_for_resource(resourceArn=address).get("tags") or {},
            "name": ident,
            "arn": address,
            "retentionInDays": found.get("retentionInDays", 0),
            "kmsKeyId": found.get("kmsKeyId", ""),
            "logGroupClass": found.get("logGroupClass", "STANDARD"),
        }

    def update(self, cloud: Cloud, ident: str, change: Change) -> None:
        """Change retention and key."""
        logs, new = cloud.client("logs"), change.new
        if "retentionInDays" in change.names:
            if new.get("retentionInDays"):
                logs.put_retention_policy(logGroupName=ident, retentionInDays=new["retentionInDays"])
            else:
                logs.delete_retention_policy(logGroupName=ident)
        if "kmsKeyId" in change.names:
            if new.get("kmsKeyId"):
                logs.associate_kms_key(logGroupName=ident, kmsKeyId=new["kmsKeyId"])
            else:
                logs.disassociate_kms_key(logGroupName=ident)

    def retag(self, cloud: Cloud, ident: str, state: Values, tags: dict[str, str]) -> None:
        """Set the log group's tags."""
        address = state.get("arn") or cloud.arn("logs", f"log-group:{ident}")
        surplus_keys = surplus(state, tags)
        if tags:
            cloud.client("logs").tag_resource(resourceArn=address, tags=tags)
        if surplus_keys:
            cloud.client("logs").untag_resource(resourceArn=address, tagKeys=surplus_keys)

    def delete(self, cloud: Cloud, ident: str, state: Values) -> None:
        """Delete the log group, unless it is to outlive the stack."""
        if not state.get("skipDestroy"):
            cloud.client("logs").delete_log_group(logGroupName=ident)


_ACTION = arn("(sns|ec2|ssm|automate|autoscaling|lambda|swf)")
_PLAIN_ALARM = (
    ("metricName", "MetricName"),
    ("namespace", "Namespace"),
    ("statistic", "Statistic"),
    ("extendedStatistic", "ExtendedStatistic"),
    ("period", "Period"),
    ("unit", "Unit"),
    ("evaluationPeriods", "EvaluationPeriods"),
    ("datapointsToAlarm", "DatapointsToAlarm"),
    ("threshold", "Threshold"),
    ("comparisonOperator", "ComparisonOperator"),
    ("alarmDescription", "AlarmDescription"),
    ("alarmActions", "AlarmActions"),
    ("okActions", "OKActions"),
    ("insufficientDataActions", "InsufficientDataActions"),
)


class MetricAlarm(ResourceType):
    """An alarm on a metric, or on an expression over metrics."""

    typename = "aws:cloudwatch/metricAlarm:MetricAlarm"
    service = "cloudwatch"
    creator = "PutMetricAlarm"
    auto_named = "name"
    properties = (
        text("name", "AlarmName", force_new=True),
        text("alarmDescription", "AlarmDescription"),
        flag("actionsEnabled", "ActionsEnabled", default=True),
        strings("alarmActions", "AlarmActions", rule=_ACTION),
        strings("okActions", "OKActions", rule=_ACTION),
        strings("insufficientDataActions", "InsufficientDataActions", rule=_ACTION),
        text("metricName", "MetricName"),
        text("namespace", "Namespace"),
        text("statistic", "Statistic"),
        text("extendedStatistic", "ExtendedStatistic"),
        labels("dimensions"),
        number("period", "Period"),
        text("unit", "Unit"),
        number("evaluationPeriods", "EvaluationPeriods"),
        number("datapointsToAlarm", "DatapointsToAlarm"),
        number("threshold", "Threshold"),
        text("comparisonOperator", "ComparisonOperator"),
        text(
            "treatMissingData",
            "TreatMissingData",
            default="missing",
            rule=one_of("breaching", "notBreaching", "ignore", "missing"),
        ),
        blocks(
            "metricQueries",
            text("id", "Metrics.[].Id", required=True),
            text("expression", "Metrics.[].Expression"),
            text("label", "Metrics.[].Label"),
            flag("returnData", default=False),
            number("period", "Metrics.[].Period"),
            block(
                "metric",
                text("metricName", "Metrics.[].MetricStat.Metric.MetricName", required=True),
                text("namespace", "Metrics.[].MetricStat.Metric.Namespace"),
                number("period", "Metrics.[].MetricStat.Period", required=True),
                text("stat", "Metrics.[].MetricStat.Stat", required=True),
                text("unit", "Metrics.[].MetricStat.Unit"),
                labels("dimensions"),
            ),
        ),
    )
    outputs = ("arn",)

    def problems(self, inputs: Values) -> Iterator[tuple[str, str]]:
        """A metric or queries; a metric with a statistic and a period."""
        if ("metricName" in inputs) == bool(inputs.get("metricQueries")):
            yield "metricName", "must be set, or metricQueries, and not both"
        if "metricName" in inputs and not {"namespace", "period"} <= inputs.keys():
            yield "metricName", "needs namespace and period"
        if "metricName" in inputs and ("statistic" in inputs) == ("extendedStatistic" in inputs):
            yield "statistic", "must be set, or extendedStatistic, and not both"

    def create(self, cloud: Cloud, inputs: Values) -> str:
        """Put the alarm."""
        tags = {"Tags": tag_list(inputs["tagsAll"])} if inputs.get("tagsAll") else {}
        cloud.client("cloudwatch").put_metric_alarm(**self._request(inputs), **tags)
        return inputs["name"]

    def read(self, cloud: Cloud, ident: str, known: Values) -> Values | None:
        """The alarm."""
        client = cloud.client("cloudwatch")
        alarms: list[Values] = client.describe_alarms(AlarmNames=[ident])["MetricAlarms"]
        if not alarms:
            return None
        found = alarms[0]
        return {
            "tagsAll": tag_map(client.list_tags_for_resource(ResourceARN=found["AlarmArn"])["Tags"]),
            "name": found["AlarmName"],
            "arn": found["AlarmArn"],
            "actionsEnabled": found.get("ActionsEnabled", True),
            "treatMissingData": found.get("TreatMissingData") or "missing",
            "dimensions": {one["Name"]: one["Value"] for one in parts(found, "Dimensions")},
            "metricQueries": [_query(one) for one in parts(found, "Metrics")],
            **{name: found.get(member) for name, member in _PLAIN_ALARM},
        }

    def update(self, cloud: Cloud, ident: str, change: Change) -> None:
        """Put the alarm again."""
        cloud.client("cloudwatch").put_metric_alarm(**self._request(change.new))

    def retag(self, cloud: Cloud, ident: str, state: Values, tags: dict[str, str]) -> None:
        """Set the alarm's tags."""
        client, address = cloud.client("cloudwatch"), state["arn"]
        surplus_keys = surplus(state, tags)
        if tags:
            client.tag_resource(ResourceARN=address, Tags=tag_list(tags))
        if surplus_keys:
            client.untag_resource(ResourceARN=address, TagKeys=surplus_keys)

    def delete(self, cloud: Cloud, ident: str, state: Values) -> None:
        """Delete the alarm."""
        cloud.client("cloudwatch").delete_alarms(AlarmNames=[ident])

    def _request(self, inputs: Values) -> Values:
        request = arguments(self.properties, inputs)
        if inputs.get("dimensions"):
            request["Dimensions"] = _dimensions(inputs["dimensions"])
        if inputs.get("metricQueries"):
            request["Metrics"] = [_query_request(one) for one in inputs["metricQueries"]]
        return request


def _dimensions(dimensions: dict[str, str]) -> list[Values]:
    return [{"Name": name, "Value": value} for name, value in dimensions.items()]


def _query_request(query: Values) -> Values:
    metric: Values | None = query.get("metric")
    request = given(
        Id=query["id"],
        Expression=query.get("expression"),
        Label=query.get("label"),
        Period=query.get("period"),
        ReturnData=bool(query.get("returnData")),
    )
    if metric:
        request["MetricStat"] = given(
            Period=metric["period"], Stat=metric["stat"], Unit=metric.get("unit")
        ) | {
            "Metric": given(MetricName=metric["metricName"], Namespace=metric.get("namespace"))
            | {"Dimensions": _dimensions(part(metric, "dimensions"))}
        }
    return request


def _query(found: Values) -> Values:
    stat: Values = part(found, "MetricStat")
    metric: Values = part(stat, "Metric")
    return given(
        id=found["Id"],
        expression=found.get("Expression"),
        label=found.get("Label"),
        period=found.get("Period"),
        returnData=found.get("ReturnData", False),
        metric=given(
            metricName=metric.get("MetricName"),
            namespace=metric.get("Namespace"),
            period=stat.get("Period"),
            stat=stat.get("Stat"),
            unit=stat.get("Unit"),
            dimensions={one["Name"]: one["Value"] for one in parts(metric, "Dimensions")},
        )
        if stat
        else None,
    )


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
        try:
            found: Values = sns.get_topic_attributes(TopicArn=ident)["Attributes"]
        except ClientError as error:
            if is_gone(error):
                return None
            raise
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


_SUBSCRIPTION_ATTRIBUTES = {
    "rawMessageDelivery": "RawMessageDelivery",
    "filterPolicy": "FilterPolicy",
    "filterPolicyScope": "FilterPolicyScope",
    "deliveryPolicy": "DeliveryPolicy",
    "redrivePolicy": "RedrivePolicy",
    "subscriptionRoleArn": "SubscriptionRoleArn",
}


class TopicSubscription(ResourceType):
    """A subscription to a topic. One by e-mail waits until its owner confirms it."""

    typename = "aws:sns/topicSubscription:TopicSubscription"
    service = "sns"
    creator = "Subscribe"
    tagged = False
    properties = (
        *forcing_new(
            text("topic", "TopicArn", required=True, rule=arn("sns")),
            text(
                "protocol",
                "Protocol",
                required=True,
                rule=one_of(
                    "sqs", "sms", "lambda", "firehose", "application", "email", "email-json", "http", "https"
                ),
            ),
            text("endpoint", "Endpoint", required=True),
        ),
        flag("rawMessageDelivery", default=False),
        document("filterPolicy"),
        text("filterPolicyScope", computed=True, rule=one_of("MessageAttributes", "MessageBody")),
        document("deliveryPolicy"),
        document("redrivePolicy"),
        text("subscriptionRoleArn", rule=arn("iam", "role/.+")),
        number("confirmationTimeoutInMinutes", default=1),
        flag("endpointAutoConfirms", default=False),
    )
    outputs = ("arn", "ownerId", "pendingConfirmation", "confirmationWasAuthenticated")

    def create(self, cloud: Cloud, inputs: Values) -> str:
        """Subscribe. AWS gives the ARN of a subscription that is not confirmed only when it is asked for."""
        attributes = {
            member: _attribute(inputs[name])
            for name, member in _SUBSCRIPTION_ATTRIBUTES.items()
            if inputs.get(name)
        }
        request = arguments(self.properties, inputs)
        made = cloud.client("sns").subscribe(**request, Attributes=attributes, ReturnSubscriptionArn=True)
        return made["SubscriptionArn"]

    def read(self, cloud: Cloud, ident: str, known: Values) -> Values | None:
        """The subscription."""
        try:
            found: Values = cloud.client("sns").get_subscription_attributes(SubscriptionArn=ident)[
                "Attributes"
            ]
        except ClientError as error:
            if is_gone(error):
                return None
            raise
        return {
            "arn": ident,
            "ownerId": found.get("Owner", ""),
            "topic": found["TopicArn"],
            "protocol": found["Protocol"],
            "endpoint": found["Endpoint"],
            "pendingConfirmation": found.get("PendingConfirmation") == "true",
            "confirmationWasAuthenticated": found.get("ConfirmationWasAuthenticated") == "true",
            **{name: found.get(member, "") for name, member in _SUBSCRIPTION_ATTRIBUTES.items()},
            "rawMessageDelivery": found.get("RawMessageDelivery") == "true",
        }

    def update(self, cloud: Cloud, ident: str, change: Change) -> None:
        """Set the attributes that differ."""
        for name in change.names & _SUBSCRIPTION_ATTRIBUTES.keys():
            cloud.client("sns").set_subscription_attributes(
                SubscriptionArn=ident,
                AttributeName=_SUBSCRIPTION_ATTRIBUTES[name],
                AttributeValue=_attribute(change.new.get(name, "")),
            )

    def delete(self, cloud: Cloud, ident: str, state: Values) -> None:
        """Unsubscribe. AWS forgets a pending subscription by itself, and refuses to be told so."""
        try:
            cloud.client("sns").unsubscribe(SubscriptionArn=ident)
        except ClientError as error:
            if "pending confirmation" not in str(error):
                raise


def _attribute(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


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

"""What a call needs beside its own action: roles it passes, tags it gives, what it has services do.

Sources: the table's *dependent actions*; "Grant a user permissions to pass a role to an AWS service";
"Control Amazon EC2 launch template usage in Auto Scaling groups"; the API reference of calls that take tags.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from moto.ec2.models import ec2_backends
from moto.iam.models import iam_backends
from moto.sns.models import sns_backends

from sandbox.moto_server.permissions import ec2
from sandbox.moto_server.permissions.calls import Call
from sandbox.moto_server.permissions.named import questions as named_questions
from sandbox.moto_server.permissions.question import Question

_TAGGING = {
    "autoscaling:CreateAutoScalingGroup": "CreateOrUpdateTags",
    "cloudwatch:PutMetricAlarm": "TagResource",
    "events:PutRule": "TagResource",
    "iam:CreateInstanceProfile": "TagInstanceProfile",
    "iam:CreateRole": "TagRole",
    "kms:CreateKey": "TagResource",
    "logs:CreateLogGroup": "TagResource",
    "s3:PutObject": "PutObjectTagging",
    "secretsmanager:CreateSecret": "TagResource",
    "sns:CreateTopic": "TagResource",
}
"""Calls that take tags, and the call of their service that must be allowed too."""

_LOGGED = ("CreateVpnConnection", "ModifyVpnTunnelOptions")
_VENDING = (
    "CreateLogDelivery",
    "DeleteLogDelivery",
    "DescribeLogGroups",
    "DescribeResourcePolicies",
    "GetLogDelivery",
    "ListLogDeliveries",
    "PutResourcePolicy",
    "UpdateLogDelivery",
)
"""What tunnels that log need ("IAM requirements to publish to CloudWatch Logs", Site-to-Site VPN)."""
_SERVICE_ROLES = {
    "autoscaling:CreateAutoScalingGroup": "autoscaling",
    "ec2:CreateCustomerGateway": "s2svpn",
}
"""Calls after which a service makes the role of its own that it needs, unless there is one."""


def questions(call: Call) -> Iterator[Question]:
    """All that must be allowed beside the call's own action."""
    yield from _tags(call)
    yield from _passed_roles(call)
    yield from _service_role(call)
    yield from _topic_key(call)
    if call.operation in _LOGGED and '"LogEnabled": true' in json.dumps(call.parameters, default=str):
        yield from (Question(f"logs:{action}", "*", "") for action in _VENDING)
    template = call.parameters.get("LaunchTemplate")
    if call.service == "autoscaling" and template:
        yield from _launches(call, template)


def _tags(call: Call) -> Iterator[Question]:
    tagging = _TAGGING.get(call.action)
    if tagging is None or not (call.tags or call.parameters.get("Tagging")):
        return
    if call.service == "kms":
        arn = f"arn:aws:kms:{call.region}:{call.account}:key/*"
        yield Question("kms:TagResource", arn, "key", call.tags)
    else:
        yield from named_questions(replace(call, operation=tagging))


def _passed_roles(call: Call) -> Iterator[Question]:
    profile: Mapping[str, str] = call.parameters.get("IamInstanceProfile") or {}
    if profile:
        yield from _of_profile(call, profile)
    if call.action == "iam:AddRoleToInstanceProfile":
        yield _passing(f"arn:aws:iam::{call.account}:role/{call.parameters['RoleName']}", "ec2")
    if call.action == "ec2:CreateFlowLogs" and call.parameters.get("DeliverLogsPermissionArn"):
        yield _passing(call.parameters["DeliverLogsPermissionArn"], "vpc-flow-logs")


def _topic_key(call: Call) -> Iterator[Question]:
    """Who publishes to an encrypted topic uses its key ("Configure AWS KMS permissions", SNS)."""
    if call.action != "sns:Publish":
        return
    topic = sns_backends[call.account][call.region].topics.get(call.parameters.get("TopicArn", ""))
    key = topic and topic.kms_master_key_id
    for action in ("GenerateDataKey", "Decrypt") if key else ():
        used = replace(call, service="kms", operation=action, parameters={"KeyId": key})
        for question in named_questions(used):
            yield replace(question, more={"kms:viaservice": f"sns.{call.region}.amazonaws.com"})


def _service_role(call: Call) -> Iterator[Question]:
    """A gateway's is for its certificate alone."""
    service = _SERVICE_ROLES.get(call.action)
    if service is None or (service == "s2svpn" and not call.parameters.get("CertificateArn")):
        return
    parameters = {"AWSServiceName": f"{service}.amazonaws.com"}
    made = replace(call, service="iam", operation="CreateServiceLinkedRole", parameters=parameters)
    yield from named_questions(made)


def _of_profile(call: Call, profile: Mapping[str, str]) -> Iterator[Question]:
    name = profile.get("Name") or profile["Arn"].rpartition("/")[2]
    for there in iam_backends[call.account]["aws"].instance_profiles.values():
        if there.name == name:
            yield from (_passing(role.arn, "ec2") for role in there.roles)


def _passing(arn: str, service: str) -> Question:
    more = {"iam:passedtoservice": f"{service}.amazonaws.com"}
    return Question("iam:PassRole", arn, "role", more=more)


def _launches(call: Call, template: Mapping[str, str]) -> Iterator[Question]:
    """A group launches instances as its template says, and whoever makes it must be allowed to."""
    there = ec2_backends[call.account][call.region].launch_templates
    name = template.get("LaunchTemplateName")
    ident = template.get("LaunchTemplateId") or next(
        (one.id for one in there.values() if one.name == name), None
    )
    if ident not in there:
        return
    data: Mapping[str, Any] = there[ident].latest_version().data
    tags = [one for one in data.get("TagSpecifications", ()) if one["ResourceType"] != "launch-template"]
    subnets = (call.parameters.get("VPCZoneIdentifier") or "").split(",")
    parameters: dict[str, Any] = {
        **data,
        "LaunchTemplateId": ident,
        "Subnets": subnets,
        "TagSpecifications": tags,
    }
    launch = replace(call, service="ec2", operation="RunInstances", parameters=parameters)
    yield from ec2.questions(launch)
    yield from _passed_roles(launch)

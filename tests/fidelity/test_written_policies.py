"""All policies that the program gives to what it makes, held against AWS's own table of actions."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pulumi
import pytest

from labs.recorded_environment import made_up, settings_of
from labs.recorded_graph import record
from stacks.environment import Environment
from stacks.quotas import MOST_ROUTE_TABLES
from tests.fidelity.action_table import kinds_of, listed, unknown_keys, wrong_uses

STACKS = ("dev", "staging", "prod")
PLACE = "eu-central-1:123456789012"
ARNS = {
    "aws:cloudwatch/logGroup:LogGroup": f"arn:aws:logs:{PLACE}:log-group:/aws-vpn/{{}}",
    "aws:ec2/eip:Eip": f"arn:aws:ec2:{PLACE}:elastic-ip/eipalloc-{{}}",
    "aws:ec2/instance:Instance": f"arn:aws:ec2:{PLACE}:instance/i-{{}}",
    "aws:ec2/routeTable:RouteTable": f"arn:aws:ec2:{PLACE}:route-table/rtb-{{}}",
    "aws:kms/key:Key": f"arn:aws:kms:{PLACE}:key/{{}}",
    "aws:s3/bucket:Bucket": "arn:aws:s3:::{}",
    "aws:s3/bucketObjectv2:BucketObjectv2": "arn:aws:s3:::bucket/{}",
    "aws:secretsmanager/secret:Secret": f"arn:aws:secretsmanager:{PLACE}:secret:{{}}-AbCdEf",
    "aws:sns/topic:Topic": f"arn:aws:sns:{PLACE}:{{}}",
}
"""ARNs in AWS's forms, which a table of forms can be held against."""

IDENTITY = {("aws:iam/rolePolicy:RolePolicy", "policy")}
"""Where documents say what an identity may; all others say who may what with the resource they are on."""
SOURCE_KEYS = {"aws:sourceaccount", "kms:encryptioncontext:aws:logs:arn"}
"""Keys that bind a service to what it does for this account ("The confused deputy problem")."""
NO_SOURCE = {"ec2.amazonaws.com": "takes a role for an instance, which whoever passed it was allowed to"}
"""Services that AWS documents no source for."""
AS_IN_AWSS_EXAMPLE = {"kms:DescribeKey": {"kms:EncryptionContext:aws:logs:arn"}}
"""What AWS's table does not have and the key's policy in its guide does ("Encrypt log data")."""

Statement = Mapping[str, Any]


def arns(type_: str, name: str, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    arn = {"arn": ARNS[type_].format(name)} if type_ in ARNS else {}
    return {**made_up(type_, name, inputs), **arn}


@cache
def documents(stack: str) -> tuple[tuple[str, str, str, str], ...]:
    """Every policy of a stack: the type, the property and the name of what it is on, and its text."""

    def program() -> None:
        for name, value in Environment(stack, settings_of(stack)).exports().items():
            pulumi.export(name, value)

    return tuple(
        (one.type, key, one.name, text)
        for one in record(program, outputs=arns, stack=stack).resources
        for key, text in one.inputs.items()
        if isinstance(text, str) and text.startswith("{") and '"Statement"' in text
    )


def statements(stack: str, *, identity: bool) -> Iterator[tuple[str, Statement]]:
    for type_, key, name, text in documents(stack):
        if ((type_, key) in IDENTITY) is identity:
            for statement in json.loads(text)["Statement"]:
                yield f"{name}'s {key}", statement


@pytest.mark.parametrize("stack", STACKS)
def test_all_kinds_of_documents_are_seen(stack: str) -> None:
    assert {(type_, key) for type_, key, _, _ in documents(stack)} == {
        ("aws:iam/role:Role", "assumeRolePolicy"),
        ("aws:iam/rolePolicy:RolePolicy", "policy"),
        ("aws:kms/key:Key", "policy"),
        ("aws:s3/bucketPolicy:BucketPolicy", "policy"),
        ("aws:sns/topic:Topic", "policy"),
    }


@pytest.mark.parametrize("stack", STACKS)
def test_hosts_and_flow_logs_may_what_their_actions_know_and_no_more(stack: str) -> None:
    wrong = [
        f"{where}: {complaint}"
        for where, statement in statements(stack, identity=True)
        for complaint in wrong_uses(statement)
    ]
    wide = [
        f"{where}: {resource}"
        for where, statement in statements(stack, identity=True)
        for resource in listed(statement["Resource"])
        if "*" in resource.removesuffix(":*").removeprefix("*")
    ]
    assert wrong + wide == []


ROLE_LIMIT, KEY_LIMIT, BUCKET_LIMIT = 10_240, 32_768, 20_480
"""Characters of all policies in a role, white space left out, and bytes of a key's and of a bucket's policy
("IAM and AWS STS quotas", "AWS KMS quotas", "Amazon S3 bucket policies")."""
TABLE_ARN = len('"arn:aws-us-gov:ec2:ap-southeast-1:123456789012:route-table/rtb-0123456789abcdef0",')


@pytest.mark.parametrize("stack", STACKS)
def test_policies_are_within_their_limits_with_as_many_route_tables_as_settings_may_name(stack: str) -> None:
    in_role: Counter[str] = Counter()
    for type_, key, name, text in documents(stack):
        size = len(json.dumps(json.loads(text), separators=(",", ":")))
        if (type_, key) in IDENTITY:
            in_role[name] += size
        else:
            assert size <= min(KEY_LIMIT, BUCKET_LIMIT)
    assert in_role
    assert max(in_role.values()) + MOST_ROUTE_TABLES * TABLE_ARN <= ROLE_LIMIT


@pytest.mark.parametrize("stack", STACKS)
def test_resources_let_in_who_they_name_for_actions_and_keys_that_aws_has(stack: str) -> None:
    for where, statement in statements(stack, identity=False):
        conditions = statement.get("Condition", {})
        for action in listed(statement["Action"]):
            if action.endswith(":*"):
                owner = statement["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}
                assert statement["Effect"] == "Deny" or owner, f"{where}: {action}"
                continue
            unknown = set(unknown_keys(action, set(kinds_of(action)), conditions))
            assert unknown - AS_IN_AWSS_EXAMPLE.get(action, set()) == set(), where


@pytest.mark.parametrize("stack", STACKS)
def test_a_service_is_let_in_for_this_account_alone(stack: str) -> None:
    seen: set[str] = set()
    for where, statement in statements(stack, identity=False):
        principal = statement["Principal"]
        for service in listed(principal.get("Service", [])) if isinstance(principal, dict) else []:
            seen.add(service)
            keys = {key.lower() for keys in statement.get("Condition", {}).values() for key in keys}
            assert service in NO_SOURCE or keys & SOURCE_KEYS, f"{where}: {service}"
    assert {"ec2.amazonaws.com", "vpc-flow-logs.amazonaws.com", "cloudwatch.amazonaws.com"} <= seen

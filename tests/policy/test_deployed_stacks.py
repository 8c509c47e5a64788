"""The state of all stacks together: what of each gets into it."""

from __future__ import annotations

import json
from typing import Any

from pulumi_policy.deserialize import SPECIAL_SECRET_SIG, SPECIAL_SIG_KEY

from labs.policy_programs import Engine, Program, rule
from policy.service.deployed_stacks import merged

SECRET = {SPECIAL_SIG_KEY: SPECIAL_SECRET_SIG, "ciphertext": "v1:key-of-this-stack:text"}


def state(stack: str, *resources: dict[str, Any]) -> dict[str, Any]:
    named = [{"urn": f"urn:pulumi:{stack}::x::t::{i}", **each} for i, each in enumerate(resources)]
    return {"version": 3, "deployment": {"resources": named}}


def test_resources_of_all_stacks_that_are_not_being_deleted() -> None:
    both = merged([state("a", {}, {"delete": True}), state("b", {})])
    assert [each["urn"] for each in both["deployment"]["resources"]] == [
        "urn:pulumi:a::x::t::0",
        "urn:pulumi:b::x::t::0",
    ]


def test_secrets_are_unknown_to_the_rules_and_stay_secrets() -> None:
    together = merged([state("a", {"outputs": {"policy": SECRET, "listed": [{"deep": SECRET}]}})])
    assert "key-of-this-stack" not in json.dumps(together)
    outputs = together["deployment"]["resources"][0]["outputs"]
    assert outputs["policy"] == outputs["listed"][0]["deep"]
    assert outputs["policy"][SPECIAL_SIG_KEY] == SPECIAL_SECRET_SIG
    hidden = {"fn::secret": json.loads(outputs["policy"]["plaintext"])}
    program = Program(resources={"p": {"type": "aws:iam:RolePolicy", "properties": {"policy": hidden}}})
    (verdict,) = Engine(known=True, rules=rule("failover-iam-limited")).verdicts(program)
    assert verdict.level == "advisory"
    assert verdict.message.startswith("cannot be checked: policy is not known yet")

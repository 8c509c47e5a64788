"""The analyzer service itself: levels, parameters, waivers, crashes, secrets, what it tells the engine."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pulumi.runtime.proto import analyzer_pb2 as pb

from labs.policy_programs import Engine, Program, Verdict, fired, judge, rule
from policy.facts import aws_types
from policy.facts.graph import Graph
from policy.facts.resource import Resource
from policy.rules.registry import FAMILIES, RULES
from policy.rules.rule import Finding, Parameters, ResourceRule, Rule, StackRule
from policy.service.analyzer import Analyzer
from policy.service.configuration import ConfigurationError, check_file, configuration_of, schema_of

TWO_VPGS = """
test-stack: {type: "pulumi:pulumi:Stack"}
first: {type: aws:ec2:VpnGateway, properties: {vpcId: vpc-1}}
second: {type: aws:ec2:VpnGateway, properties: {vpcId: vpc-1}}
"""
OPEN = """
open:
  type: aws:vpc:SecurityGroupIngressRule
  properties: {securityGroupId: sg-1, ipProtocol: tcp, fromPort: 22, toPort: 22, cidrIpv4: 0.0.0.0/0}
"""
SECRET = "a.secret.nobody.may.ever.see"


def waived(name: str, resource: str, expires: str, program: str) -> list[Verdict]:
    waiver = {"resource": resource, "reason": "agreed with the network team", "expires": expires}
    return judge(program, rules=rule(name), config={name: {"waivers": [waiver]}})


def crashing(original: Rule) -> Rule:
    """The rule, failing after its first finding with a message that nobody may see."""

    def check(subject: Any, parameters: Any) -> Iterator[Finding]:
        if isinstance(original, ResourceRule | StackRule):
            yield from original.check(subject, parameters)
        raise ValueError(SECRET)

    assert isinstance(original, ResourceRule | StackRule)
    return replace(original, check=check)


@pytest.mark.parametrize("name", ["vpc-has-one-vpg", "required-tags"])
def test_a_failing_rule_keeps_its_findings_and_hides_no_other(name: str) -> None:
    rules = tuple(crashing(each) if each.name == name else each for each in RULES)
    before = Engine().verdicts(Program.of(TWO_VPGS))
    after = Engine(rules=rules).verdicts(Program.of(TWO_VPGS))
    new = [verdict for verdict in after if verdict not in before]
    assert [verdict for verdict in before if verdict not in after] == []
    assert {verdict.rule for verdict in new} == {name}
    assert all("this rule failed, so it decided nothing: ValueError at" in verdict.message for verdict in new)
    assert SECRET not in repr(after)


def test_a_waiver_turns_a_violation_into_advice_until_its_last_day() -> None:
    (verdict,) = waived("no-world-open-management", "open", "2026-06-01", OPEN)
    assert verdict.level == "advisory"
    assert verdict.message.startswith("waived until 2026-06-01 (agreed with the network team): this rule")


def test_an_expired_waiver_fails_beside_the_violation() -> None:
    verdicts = waived("no-world-open-management", "open", "2026-05-31", OPEN)
    assert [verdict.level for verdict in verdicts] == ["mandatory", "mandatory"]
    assert any(
        "the waiver for SecurityGroupIngressRule open expired on 2026-05-31" in v.message for v in verdicts
    )


@pytest.mark.parametrize("expires", ["2026-05-31", "2026-06-01"])
def test_a_waiver_that_covers_nothing_is_told_as_advice(expires: str) -> None:
    closed = OPEN.replace("0.0.0.0/0", "10.50.0.0/16")
    (verdict,) = waived("no-world-open-management", "open", expires, closed)
    assert verdict.level == "advisory"
    assert "covers nothing, as the rule finds nothing wrong with it" in verdict.message


def test_a_waiver_covers_no_other_resource() -> None:
    told, refused = waived("no-world-open-management", "other", "2026-06-01", OPEN)
    assert (told.level, refused.level) == ("advisory", "mandatory")
    assert "the waiver for other covers nothing, as nothing here has that name" in told.message


def test_a_waiver_for_another_stacks_resource_needs_no_word() -> None:
    urn = Program.of(OPEN).urn("open").replace(":test::", ":live::")
    (verdict,) = waived("no-world-open-management", urn, "2026-06-01", OPEN)
    assert verdict.level == "mandatory"


MANY_VPCS = """
test-stack: {type: "pulumi:pulumi:Stack"}
a: {type: aws:ec2:Vpc, properties: {cidrBlock: 10.50.0.0/16}}
b: {type: aws:ec2:Vpc, properties: {cidrBlock: 10.50.0.0/16}}
c: {type: aws:ec2:Vpc, properties: {cidrBlock: 10.50.0.0/16}}
"""


@pytest.mark.parametrize("name", ["test", "test-stack"])
@pytest.mark.parametrize(("expires", "level"), [("2026-06-01", "advisory"), ("2026-05-31", "mandatory")])
def test_a_waiver_by_the_stacks_name_covers_what_concerns_all_of_it(
    name: str, expires: str, level: str
) -> None:
    waiver = {"resource": name, "reason": "agreed with the network team", "expires": expires}
    config = {"no-overlapping-cidrs": {"waivers": [waiver], "mostReported": 1}}
    verdicts = judge(MANY_VPCS, rules=rule("no-overlapping-cidrs"), config=config)
    (whole,) = [verdict for verdict in verdicts if "there are more clashes" in verdict.message]
    assert whole.level == level
    expired = [
        verdict for verdict in verdicts if "the waiver for Stack test-stack expired" in verdict.message
    ]
    assert len(expired) == (1 if level == "mandatory" else 0)
    assert sum(verdict.level == "mandatory" for verdict in verdicts) == (3 if level == "mandatory" else 1)


def test_a_waiver_by_urn_covers_that_resource() -> None:
    urn = Program.of(OPEN).urn("open")
    (verdict,) = waived("no-world-open-management", urn, "2026-06-01", OPEN)
    assert verdict.level == "advisory"


FAMILY = "ha-across-azs"
ZONES = """
a: {type: aws:ec2:Subnet, properties: {vpcId: vpc-1, availabilityZone: eu-central-1a}}
b: {type: aws:ec2:Subnet, properties: {vpcId: vpc-1, availabilityZone: eu-central-1a}}
"""


@pytest.mark.parametrize(
    ("levels", "kept", "expected"),
    [
        ({FAMILY: pb.ADVISORY}, [], ["advisory"]),
        ({FAMILY: pb.DISABLED}, [], []),
        ({FAMILY: pb.DISABLED, "subnets-across-azs": pb.ADVISORY}, [], ["advisory"]),
        ({FAMILY: pb.ADVISORY}, ["subnets-across-azs"], ["mandatory"]),
        ({"all": pb.ADVISORY}, [], ["advisory"]),
        ({"all": pb.DISABLED, FAMILY: pb.MANDATORY}, [], ["mandatory"]),
        ({"all": pb.MANDATORY, FAMILY: pb.ADVISORY}, [], ["advisory"]),
        ({"all": pb.MANDATORY, FAMILY: pb.MANDATORY, "subnets-across-azs": pb.DISABLED}, [], []),
    ],
)
def test_a_family_is_configured_as_a_whole_and_a_rule_counts_before_it(
    levels: dict[str, Any], kept: list[str], expected: list[str]
) -> None:
    config = {FAMILY: {"keep": kept}} if kept else {}
    verdicts = judge(ZONES, rules=rule(FAMILY), levels=levels, config=config)
    assert [verdict.level for verdict in verdicts] == expected


@pytest.mark.parametrize(
    ("config", "refused"),
    [
        ({}, True),
        ({"ha-across-azs": {"minimumZones": 3}}, True),
        ({"ha-across-azs": {"minimumZones": 3}, "subnets-across-azs": {"minimumZones": 2}}, False),
    ],
)
def test_parameters_of_a_family_reach_its_rules(config: dict[str, Any], refused: bool) -> None:
    two = ZONES.replace("eu-central-1a}}\n", "eu-central-1b}}\n", 1)
    found = judge(two if config else ZONES, rules=rule("subnets-across-azs"), config=config)
    assert bool(found) is refused


def test_a_waiver_of_a_family_covers_what_any_of_its_rules_finds() -> None:
    waiver = {"resource": "a", "reason": "agreed with the network team", "expires": "2026-06-01"}
    (verdict,) = judge(ZONES, rules=rule(FAMILY), config={FAMILY: {"waivers": [waiver]}})
    assert (verdict.rule, verdict.level) == ("subnets-across-azs", "advisory")


def test_a_file_that_the_engine_would_not_pass_on_whole_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text('{"ha-across-azs": "advisory", "pair-across-azs": "mandatory"}', encoding="utf-8")
    with pytest.raises(ConfigurationError, match='add "keep"'):
        check_file(file, RULES)
    kept = {"enforcementLevel": "advisory", "keep": ["pair-across-azs"]}
    file.write_text(json.dumps({"ha-across-azs": kept, "pair-across-azs": "mandatory"}), encoding="utf-8")
    check_file(file, RULES)


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        (pb.ADVISORY, ["advisory"]),
        (pb.MANDATORY, ["mandatory"]),
        (pb.REMEDIATE, ["mandatory"]),
        (pb.DISABLED, []),
    ],
)
def test_levels_of_the_configuration(level: pb.EnforcementLevel.ValueType, expected: list[str]) -> None:
    verdicts = judge(OPEN, rules=rule("no-world-open-management"), levels={"no-world-open-management": level})
    assert [verdict.level for verdict in verdicts] == expected


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"one-vpg-per-vcp": {}}, "there is no rule one-vpg-per-vcp; one-vpg-per-vpc?"),
        ({"required-tags": {"requierd": []}}, "required-tags.requierd: Extra inputs"),
        ({"vpn-psk-length": {"minimum": 4}}, "vpn-psk-length.minimum: Input should be greater"),
        (
            {"no-key-pair": {"waivers": [{"resource": "x", "reason": "because"}]}},
            "no-key-pair.waivers[0].reason",
        ),
        ({"no-key-pair": {"whenUnknown": "ignore"}}, "no-key-pair.whenUnknown"),
    ],
    ids=["rule", "parameter", "value", "waiver", "unknown"],
)
def test_a_wrong_configuration_is_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(message)):
        configuration_of(RULES, given)


def test_a_configuration_file_is_checked_without_an_engine(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text('{"all": "mandatory", "required-tags": {"required": ["Owner"]}}', encoding="utf-8")
    check_file(file, RULES)
    file.write_text('{"all": "strict"}', encoding="utf-8")
    with pytest.raises(ConfigurationError, match="should be one of"):
        check_file(file, RULES)


def test_defaults_that_the_engine_fills_in_are_the_rules_own() -> None:
    """The engine sends each schema's defaults back, numbers as floating point."""
    for each in RULES:
        defaults = {name: part["default"] for name, part in schema_of(each).items() if "default" in part}
        assert configuration_of((each,), {each.name: defaults}).parameters[each.name] == each.parameters()


@pytest.mark.parametrize("known", [False, True], ids=["preview", "deployed"])
def test_no_message_shows_a_secret(known: bool) -> None:
    properties = {
        "tunnel1PresharedKey": SECRET[:9],
        "tunnel2IkeVersions": {"fn::secret": [SECRET]},
        "tunnel1InsideCidr": {"fn::secret": "10.77.0.0/30"},
    }
    text = {"c": {"type": "aws:ec2:VpnConnection", "properties": properties}}
    text["i"] = {
        "type": "aws:ec2:Instance",
        "properties": {"userData": f"-----BEGIN PRIVATE KEY-----{SECRET}"},
    }
    verdicts = Engine(known=known).verdicts(Program(resources=text))
    assert {"vpn-psk-secret", "vpn-ikev2-only", "no-keys-in-user-data"} <= fired(verdicts)
    assert SECRET[:9] not in repr(verdicts)


SECRETS = """
a: {type: aws:ec2:Vpc, properties: {cidrBlock: {"fn::secret": 11.50.0.0/16}}}
b: {type: aws:ec2:Vpc, properties: {cidrBlock: {"fn::secret": 11.50.128.7/17}}}
open:
  type: aws:iam:RolePolicy
  properties:
    policy:
      fn::secret: >-
        {"Statement": [{"Effect": "Allow", "Action": "ec2:ReplaceRoute", "Resource": "arn:x:hidden/*"}]}
tables: {type: aws:ec2:SecurityGroup, properties: {tags: {"fn::secret": {Name: open}}}}
"""


@pytest.mark.parametrize("known", [False, True], ids=["preview", "deployed"])
def test_networks_and_policies_that_are_secrets_are_not_shown(known: bool) -> None:
    verdicts = judge(SECRETS, known=known)
    expected = {
        "networks-do-not-overlap",
        "vpc-in-private-space",
        "cidr-without-host-bits",
        "failover-iam-limited",
    }
    assert expected <= fired(verdicts)
    for text in ("11.50.0.0/16", "11.50.128", "hidden"):
        assert text not in repr(verdicts)
    (overlap,) = [verdict for verdict in verdicts if verdict.rule == "networks-do-not-overlap"]
    assert overlap.message.startswith("(secret) (Vpc b in elsewhere/test) overlaps (secret) (Vpc a in")


def test_a_secret_that_is_also_said_in_the_open_is_no_secret() -> None:
    clear = "c: {type: aws:ec2:Vpc, properties: {cidrBlock: 11.50.0.0/16}}"
    verdicts = judge(SECRETS + clear, rules=rule("no-overlapping-cidrs"))
    assert any("11.50.0.0/16 (Vpc c in elsewhere/test)" in verdict.message for verdict in verdicts)


UNKNOWNS = [
    (
        "imdsv2-required",
        "server: {type: aws:ec2:Instance, properties: {metadataOptions: {httpTokens: '${x.y}'}}}",
    ),
    ("encrypted-volumes", "server: {type: aws:ec2:Instance, properties: {rootBlockDevice: '${x.y}'}}"),
    ("no-keys-in-user-data", "server: {type: aws:ec2:Instance, properties: {userData: '${x.y}'}}"),
    ("vpn-ikev2-only", "c: {type: aws:ec2:VpnConnection, properties: {tunnel1IkeVersions: ['${x.y}']}}"),
    ("vpn-psk-secret", "c: {type: aws:ec2:VpnConnection, properties: {tunnel1PresharedKey: '${x.y}'}}"),
    ("vpn-tunnel-logs", "c: {type: aws:ec2:VpnConnection, properties: {tunnel1LogOptions: '${x.y}'}}"),
    ("failover-iam-limited", "p: {type: aws:iam:RolePolicy, properties: {policy: '${x.y}'}}"),
    ("no-world-open-management", OPEN.replace("0.0.0.0/0", "'${x.y}'")),
    ("no-world-open-management", OPEN.replace("fromPort: 22", "fromPort: '${x.y}'")),
    ("required-tags", "g: {type: aws:ec2:VpnGateway, properties: {tags: {Owner: '${x.y}'}}}"),
    ("log-retention", "l: {type: aws:cloudwatch:LogGroup, properties: {retentionInDays: '${x.y}'}}"),
    ("cidr-without-host-bits", "v: {type: aws:ec2:Vpc, properties: {cidrBlock: '${x.y}'}}"),
    ("vpc-in-private-space", "v: {type: aws:ec2:Vpc, properties: {cidrBlock: '${x.y}'}}"),
    ("no-public-ip-by-default", "s: {type: aws:ec2:Subnet, properties: {mapPublicIpOnLaunch: '${x.y}'}}"),
]


@pytest.mark.parametrize(("name", "text"), UNKNOWNS, ids=lambda value: value[:24])
def test_a_resource_rule_says_what_it_cannot_know_yet(name: str, text: str) -> None:
    said = [v for v in judge(text, rules=rule(name)) if v.message.startswith("cannot be checked: ")]
    assert [verdict.level for verdict in said] == ["advisory"]
    strict = judge(text, rules=rule(name), config={name: {"whenUnknown": "violation"}})
    assert any(verdict.message.startswith("cannot be checked: ") for verdict in strict)


STACK_UNKNOWNS = [
    ("vpn-routing", "c: {type: aws:ec2:VpnConnection, properties: {staticRoutesOnly: '${x.y}'}}"),
    ("source-dest-check", "i: {type: aws:ec2:Instance, properties: {sourceDestCheck: '${x.y}'}}"),
    ("default-group-unused", "g: {type: aws:ec2:DefaultSecurityGroup, properties: {ingress: '${x.y}'}}"),
    (
        "critical-sites-have-two-routers",
        "g: {type: aws:ec2:CustomerGateway, properties: {tags: {Critical: '${x.y}'}}}",
    ),
    (
        "subnets-across-azs",
        """
        a: {type: aws:ec2:Subnet, properties: {vpcId: vpc-1, availabilityZone: '${x.y}'}}
        b: {type: aws:ec2:Subnet, properties: {vpcId: vpc-1, availabilityZone: eu-central-1a}}
        """,
    ),
    (
        "vpc-flow-logs",
        """
        v: {type: aws:ec2:Vpc, properties: {cidrBlock: 10.50.0.0/16}}
        l: {type: aws:ec2:FlowLog, properties: {vpcId: '${x.y}'}}
        """,
    ),
    (
        "vpn-tunnel-alarm",
        """
        c: {type: aws:ec2:VpnConnection}
        a:
          type: aws:cloudwatch:MetricAlarm
          properties: {namespace: AWS/VPN, metricName: TunnelState, dimensions: {VpnId: '${x.y}'}}
        """,
    ),
    (
        "only-vpn-port-open",
        """
        g: {type: aws:ec2:SecurityGroup, properties: {ingress: '${x.y}'}}
        i: {type: aws:ec2:Instance, properties: {sourceDestCheck: false, vpcSecurityGroupIds: ['${g.id}']}}
        """,
    ),
]


@pytest.mark.parametrize(("name", "text"), STACK_UNKNOWNS, ids=lambda value: value[:24])
def test_a_stack_rule_does_not_pass_what_it_cannot_know_yet(name: str, text: str) -> None:
    (each,) = rule(name)
    said = [v for v in judge(text, rules=(each,)) if v.message.startswith("cannot be checked: ")]
    assert {verdict.level for verdict in said} == {each.level.value}


@pytest.mark.parametrize("each", RULES, ids=lambda each: each.name)
def test_missing_properties_break_no_rule(each: Rule) -> None:
    tokens = [
        value for value in vars(aws_types).values() if isinstance(value, str) and value.startswith("aws:")
    ]
    resources = {f"r{i}": {"type": token} for i, token in enumerate(tokens)}
    for known in (False, True):
        verdicts = Engine(known=known, rules=(each,)).verdicts(Program(resources=resources))
        assert not any("this rule failed" in verdict.message for verdict in verdicts)


def test_the_engine_is_told_everything_about_each_rule() -> None:
    info = Analyzer().GetAnalyzerInfo(None, None)
    assert [policy.name for policy in info.policies] == [each.name for each in (*RULES, *FAMILIES)]
    for policy in info.policies:
        assert policy.description
        assert policy.displayName
        assert policy.severity
        assert policy.framework.name
        assert policy.framework.version
        assert policy.framework.reference
        assert policy.remediation_steps
        assert policy.url.startswith("https://")
        assert policy.tags
        assert "waivers" in policy.configSchema.properties.fields
        assert policy.policy_type in (pb.POLICY_TYPE_RESOURCE, pb.POLICY_TYPE_STACK)


def test_type_tokens_are_those_of_pulumi_aws() -> None:
    import pulumi_aws

    source = Path(pulumi_aws.__file__ or "").parent
    tokens = [
        value for value in vars(aws_types).values() if isinstance(value, str) and value.startswith("aws:")
    ]
    assert len(tokens) > 25
    for token in tokens:
        module, name = token.split(":")[1].split("/")
        file = source / module / (re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() + ".py")
        assert f"'{token}'" in file.read_text(encoding="utf-8"), token


def test_graph_and_parameters_have_no_state_between_runs() -> None:
    analyzer = Analyzer()
    stack = pb.AnalyzeStackRequest()
    assert list(analyzer.AnalyzeStack(stack, None).diagnostics) == []
    assert Graph([]).root is None
    assert Parameters().waivers == ()
    assert Resource(type="", urn="", name="", struct=pb.AnalyzeRequest().properties).stack == ("", "")

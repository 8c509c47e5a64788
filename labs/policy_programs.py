"""Programs written as Pulumi YAML resources, and what the engine would tell the analyzer of them."""

from __future__ import annotations

import random
import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, cast

import yaml
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import analyzer_pb2 as pb
from pulumi_policy import proxy
from pulumi_policy.deserialize import SPECIAL_SECRET_SIG, SPECIAL_SIG_KEY

from policy.facts import aws_types as aws
from policy.rules.registry import FAMILY_OF, RULES
from policy.rules.rule import Rule
from policy.service.analyzer import Analyzer

UNKNOWN_TEXT = proxy.UNKNOWN_STRING_VALUE
REFERENCE = re.compile(r"\$\{([\w-]+)\.(\w+)\}")
TODAY = date(2026, 6, 1)

COMPUTED = {
    aws.VPG: ("vpcId", "amazonSideAsn"),
    aws.VPC: ("ipv6CidrBlock", "mainRouteTableId", "defaultRouteTableId", "defaultSecurityGroupId"),
    aws.INSTANCE: ("availabilityZone", "primaryNetworkInterfaceId", "subnetId", "vpcSecurityGroupIds"),
    aws.SUBNET: ("availabilityZone", "availabilityZoneId"),
    aws.VPN_CONNECTION: (
        "tunnel1Address",
        "tunnel2Address",
        "tunnel1InsideCidr",
        "tunnel2InsideCidr",
        "tunnel1PresharedKey",
        "transitGatewayAttachmentId",
        "vgwTelemetries",
    ),
    aws.SECURITY_GROUP: ("ingress", "egress"),
    aws.DEFAULT_SECURITY_GROUP: ("arn",),
    aws.ROUTE_TABLE: ("propagatingVgws", "routes"),
}
"""Outputs that only the cloud can tell, as the provider leaves them unknown at preview."""

LEVELS = {pb.ADVISORY: "advisory", pb.MANDATORY: "mandatory"}


@dataclass(frozen=True, order=True)
class Verdict:
    """One diagnostic of the analyzer."""

    rule: str
    level: str
    message: str
    resource: str


@dataclass(kw_only=True)
class Program:
    """Resources by name, as the `resources` of a Pulumi YAML program."""

    resources: dict[str, Any]
    project: str = "elsewhere"
    stack: str = "test"

    @classmethod
    def of(cls, text: str, **options: Any) -> Program:
        """A program from YAML text."""
        return cls(resources=cast("dict[str, Any]", yaml.safe_load(textwrap.dedent(text))), **options)

    @cached_property
    def asked_for(self) -> set[tuple[str, str]]:
        """The resources and attributes that other resources refer to."""
        return set(_mentions(self.resources))

    def urn(self, name: str) -> str:
        """The URN that the engine gives the resource, also to one that the analyzer never hears of."""
        if name not in self.resources:
            return f"urn:pulumi:{self.stack}::{self.project}::elsewhere:index:Gone::{name}"
        return f"urn:pulumi:{self.stack}::{self.project}::{token(self.resources[name]['type'])}::{name}"


@dataclass(kw_only=True)
class Engine:
    """How the engine calls the analyzer: at preview of a new stack nothing is known, later all is."""

    known: bool = False
    seed: int = 0
    config: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    levels: Mapping[str, pb.EnforcementLevel.ValueType] = field(
        default_factory=dict[str, pb.EnforcementLevel.ValueType]
    )
    rules: tuple[Rule, ...] = RULES
    inputs_seen: bool = True

    def verdicts(self, *programs: Program) -> list[Verdict]:
        """What the whole pack says of the programs' resources together, in order."""
        analyzer = Analyzer(self.rules, today=lambda: TODAY)
        configure(analyzer, self.config, self.levels)
        diagnostics: list[pb.AnalyzeDiagnostic] = []
        each, stack = self.requests(*programs)
        for request in each if self.inputs_seen else ():
            found = analyzer.Analyze(request, None).diagnostics
            diagnostics += [_with_urn(diagnostic, request.urn) for diagnostic in found]
        diagnostics += analyzer.AnalyzeStack(stack, None).diagnostics
        return sorted(verdict(diagnostic) for diagnostic in diagnostics)

    def requests(self, *programs: Program) -> tuple[list[pb.AnalyzeRequest], pb.AnalyzeStackRequest]:
        """What the engine asks: about each resource, then about all of them, in whatever order."""
        places = [(program, name) for program in programs for name in program.resources]
        resources = [self._stack_resource(*place) for place in places]
        random.Random(self.seed).shuffle(resources)
        return [self._resource(*place) for place in places], pb.AnalyzeStackRequest(resources=resources)

    def _resource(self, program: Program, name: str) -> pb.AnalyzeRequest:
        declared = program.resources[name]
        return pb.AnalyzeRequest(
            type=token(declared["type"]),
            urn=program.urn(name),
            name=name,
            properties=struct(self._resolved(program, declared.get("properties", {}))),
            options=_options(declared),
        )

    def _stack_resource(self, program: Program, name: str) -> pb.AnalyzerResource:
        declared = program.resources[name]
        properties: dict[str, Any] = declared.get("properties", {})
        options = declared.get("options", {})
        return pb.AnalyzerResource(
            type=token(declared["type"]),
            urn=program.urn(name),
            name=name,
            parent=program.urn(options["parent"]) if "parent" in options else "",
            properties=struct(self._outputs(program, name)),
            options=_options(declared),
            propertyDependencies={
                key: pb.AnalyzerPropertyDependencies(urns=[program.urn(other) for other in references(value)])
                for key, value in properties.items()
                if references(value)
            },
        )

    def _outputs(self, program: Program, name: str) -> dict[str, Any]:
        declared = program.resources[name]
        kind = token(declared["type"])
        outputs = self._resolved(program, declared.get("properties", {}))
        if kind.startswith("aws:"):
            outputs["id"] = outputs.get("id") or self._attribute(program, name, "id")
            for key in COMPUTED.get(kind, ()):
                if key not in outputs and (not self.known or (name, key) in program.asked_for):
                    outputs[key] = self._attribute(program, name, key)
        return outputs

    def _resolved(self, program: Program, value: Any) -> Any:
        if isinstance(value, dict):
            mapping = cast("dict[str, Any]", value)
            if set(mapping) == {"fn::secret"}:
                return {
                    SPECIAL_SIG_KEY: SPECIAL_SECRET_SIG,
                    "value": self._resolved(program, mapping["fn::secret"]),
                }
            return {key: self._resolved(program, inner) for key, inner in mapping.items()}
        if isinstance(value, list):
            return [self._resolved(program, inner) for inner in cast("list[Any]", value)]
        if not isinstance(value, str):
            return value
        if not self.known and REFERENCE.search(value):
            return UNKNOWN_TEXT
        return REFERENCE.sub(lambda match: self._attribute(program, match[1], match[2]), value)

    def _attribute(self, program: Program, name: str, attribute: str) -> Any:
        if not self.known:
            return UNKNOWN_TEXT
        properties = program.resources.get(name, {}).get("properties", {})
        if attribute in properties:
            return self._resolved(program, properties[attribute])
        return f"{attribute}-of-{program.stack}-{name}"


def judge(text: str, **options: Any) -> list[Verdict]:
    """What the pack says of a program given as text."""
    return Engine(**options).verdicts(Program.of(text))


def fired(verdicts: list[Verdict]) -> set[str]:
    """The rules that have anything to say."""
    return {verdict.rule for verdict in verdicts}


def rule(name: str) -> tuple[Rule, ...]:
    """The rule of this name alone, or all of the family of this name."""
    return tuple(rule for rule in RULES if name in (rule.name, family_name(rule)))


def family_name(rule: Rule) -> str:
    """The name of the rule's family; its own when it has none."""
    family = FAMILY_OF.get(rule.name)
    return family.name if family else rule.name


def token(short: str) -> str:
    """A type token in full: `aws:ec2:Vpc` is `aws:ec2/vpc:Vpc`."""
    parts = short.split(":")
    if parts[0] != "aws" or "/" in short or len(parts) != 3:
        return short
    return f"{parts[0]}:{parts[1]}/{parts[2][0].lower()}{parts[2][1:]}:{parts[2]}"


def struct(properties: Mapping[str, Any]) -> Struct:
    """Properties as a protobuf message."""
    message = Struct()
    message.update(dict(properties))
    return message


def references(value: Any) -> list[str]:
    """The resources that a value is made of."""
    return [name for name, _ in _mentions(value)]


def _mentions(value: Any) -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [mention for inner in cast("dict[str, Any]", value).values() for mention in _mentions(inner)]
    if isinstance(value, list):
        return [mention for inner in cast("list[Any]", value) for mention in _mentions(inner)]
    return [(m[1], m[2]) for m in REFERENCE.finditer(value)] if isinstance(value, str) else []


def verdict(diagnostic: pb.AnalyzeDiagnostic) -> Verdict:
    """A diagnostic without the rule's description in front of its message."""
    return Verdict(
        diagnostic.policyName,
        LEVELS[diagnostic.enforcementLevel],
        diagnostic.message.removeprefix(f"{diagnostic.description}\n"),
        diagnostic.urn.rsplit("::", 1)[-1],
    )


def configure(
    analyzer: Analyzer,
    config: Mapping[str, Mapping[str, Any]],
    levels: Mapping[str, pb.EnforcementLevel.ValueType],
) -> None:
    """Hand a configuration over as the engine does: every rule with its level and its properties."""
    request = pb.ConfigureAnalyzerRequest()
    for policy in analyzer.GetAnalyzerInfo(None, None).policies:
        request.policyConfig[policy.name].enforcementLevel = levels.get("all", policy.enforcementLevel)
    for name, level in levels.items():
        request.policyConfig[name].enforcementLevel = level
    for name, properties in config.items():
        request.policyConfig[name].properties.update(dict(properties))
    analyzer.Configure(request, None)


def _with_urn(diagnostic: pb.AnalyzeDiagnostic, urn: str) -> pb.AnalyzeDiagnostic:
    diagnostic.urn = diagnostic.urn or urn
    return diagnostic


def _options(declared: Mapping[str, Any]) -> pb.AnalyzerResourceOptions:
    return pb.AnalyzerResourceOptions(protect=declared.get("options", {}).get("protect", False))

"""What the engine talks to: reads the resources once, lets every rule judge them, and reports by rule.

The SDK's own servicer reads every resource again for every policy. This one is the same service with the same
metadata, but decodes a resource once, keeps secrets and unknown values marked, and goes on when a rule fails.
"""

from __future__ import annotations

import sys
import traceback
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent import futures
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2, json_format
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc
from pulumi_policy import (
    EnforcementLevel,
    Severity,
)
from pulumi_policy.policy import _PolicyAnalyzerServicer  # pyright: ignore[reportPrivateUsage]

from policy.facts.finding import Finding
from policy.facts.graph import Graph
from policy.facts.resource import Resource
from policy.rules.registry import FAMILIES, PACK, PACK_TITLE, PACK_VERSION, RULES
from policy.rules.rule import Family, Level, Parameters, ResourceRule, Rule, StackRule
from policy.service.configuration import (
    ConfigurationError,
    configuration_of,
    levels_of,
)
from policy.service.descriptions import as_policy, family_as_policy
from policy.service.redaction import Redaction
from policy.service.waivers import Waivers

LARGEST_MESSAGE_BYTES = 400 * 1024 * 1024
"""The SDK's own limit: a stack arrives as one message."""

_SEVERITIES = {
    Severity.LOW: analyzer_pb2.POLICY_SEVERITY_LOW,
    Severity.MEDIUM: analyzer_pb2.POLICY_SEVERITY_MEDIUM,
    Severity.HIGH: analyzer_pb2.POLICY_SEVERITY_HIGH,
    Severity.CRITICAL: analyzer_pb2.POLICY_SEVERITY_CRITICAL,
}
_LEVELS = {Level.MANDATORY: analyzer_pb2.MANDATORY, Level.ADVISORY: analyzer_pb2.ADVISORY}

Diagnostics = Iterator[analyzer_pb2.AnalyzeDiagnostic]


class Analyzer(_PolicyAnalyzerServicer):
    """The analyzer service over a list of rules. `today` is what waivers expire by."""

    def __init__(self, rules: Iterable[Rule] = RULES, today: Callable[[], date] = date.today) -> None:
        self._rules = tuple(rules)
        self._today = today
        self._configuration = configuration_of(self._rules, {})
        self._waivers = Waivers(self._configuration.waivers)
        self._levels = {rule.name: _LEVELS[rule.level] for rule in self._rules}
        self._named: dict[str, Rule | Family] = {each.name: each for each in (*self._rules, *FAMILIES)}
        self._given: dict[str, frozenset[str]] = {}
        self._by_type: dict[str, list[ResourceRule]] = defaultdict(list)
        for rule in self._rules:
            if isinstance(rule, ResourceRule):
                for token in rule.types:
                    self._by_type[token].append(rule)
        super().__init__(
            PACK,
            PACK_VERSION,
            [*map(as_policy, self._rules), *map(family_as_policy, FAMILIES)],
            EnforcementLevel.ADVISORY,
            display_name=PACK_TITLE,
            provider="AWS",
            tags=["aws", "vpn"],
        )

    def Configure(  # noqa: N802
        self, request: analyzer_pb2.ConfigureAnalyzerRequest, _context: Any
    ) -> empty_pb2.Empty:
        """Take levels and parameters; refuse rules and parameters that do not exist."""
        given = {
            name: json_format.MessageToDict(config.properties)
            for name, config in request.policyConfig.items()
        }
        try:
            self._configuration = configuration_of(self._rules, given)
        except ConfigurationError as error:
            _context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
        self._waivers = Waivers(self._configuration.waivers)
        levels = {name: config.enforcementLevel for name, config in request.policyConfig.items()}
        self._levels = levels_of(
            self._rules, levels, lambda rule: _LEVELS[rule.level], self._configuration.kept
        )
        super().Configure(request, _context)  # pyright: ignore[reportUnknownMemberType]
        return empty_pb2.Empty()

    def Analyze(  # noqa: N802
        self, request: analyzer_pb2.AnalyzeRequest, _context: Any
    ) -> analyzer_pb2.AnalyzeResponse:
        """Judge one resource by its inputs."""
        self._given[request.urn] = frozenset(request.properties.fields)
        resource = _read(request, self._given)
        response = analyzer_pb2.AnalyzeResponse()
        redaction = Redaction([resource])
        for rule in self._by_type.get(request.type, ()):
            response.diagnostics.extend(self._judged(rule, resource, None, redaction))
        return response

    def AnalyzeStack(  # noqa: N802
        self, request: analyzer_pb2.AnalyzeStackRequest, _context: Any
    ) -> analyzer_pb2.AnalyzeResponse:
        """Judge the stack by what its resources are, or at preview will be."""
        graph = Graph(_read_with_references(message, self._given) for message in request.resources)
        redaction = Redaction(graph.resources)
        response = analyzer_pb2.AnalyzeResponse()
        for rule in self._rules:
            if isinstance(rule, StackRule):
                response.diagnostics.extend(self._judged(rule, graph, graph.root, redaction))
        response.diagnostics.extend(self._about_waivers(graph))
        return response

    def _judged(
        self, rule: Rule, subject: Resource | Graph, root: Resource | None, redaction: Redaction
    ) -> Diagnostics:
        """What a rule says. Whatever it had found before it failed is kept."""
        level = self._levels[rule.name]
        if level == analyzer_pb2.DISABLED:
            return
        parameters = self._configuration.parameters[rule.name]
        try:
            for finding in _findings(rule, subject, parameters):
                shown = replace(finding, message=redaction.applied(finding.message))
                yield self._reported(rule, shown, parameters, root)
        except Exception as error:  # noqa: BLE001
            yield _diagnostic(rule, f"this rule failed, so it decided nothing: {_where(error)}", level)

    def _reported(
        self, rule: Rule, finding: Finding, parameters: Parameters, root: Resource | None
    ) -> analyzer_pb2.AnalyzeDiagnostic:
        message, level = finding.message, self._levels[rule.name]
        if finding.undecided:
            message = f"cannot be checked: {message}"
            if parameters.when_unknown == "advice":
                level = analyzer_pb2.ADVISORY
        if finding.advice:
            level = analyzer_pb2.ADVISORY
        waiver = self._waivers.covering(rule, finding, root, self._today())
        if waiver is not None:
            message = f"waived until {waiver.expires} ({waiver.reason}): {message}"
            level = analyzer_pb2.ADVISORY
        return _diagnostic(rule, message, level, finding.resource)

    def _about_waivers(self, graph: Graph) -> Diagnostics:
        """Waivers that are over, which fail, and those that cover nothing, as advice."""
        for name, finding in self._waivers.expired(self._today()):
            yield _diagnostic(self._named[name], finding.message, analyzer_pb2.MANDATORY, finding.resource)
        for name, finding in self._waivers.unused(graph):
            if not self._is_disabled(name):
                yield _diagnostic(self._named[name], finding.message, analyzer_pb2.ADVISORY, finding.resource)

    def _is_disabled(self, name: str) -> bool:
        """Whether the rule, or every rule of the family, says nothing."""
        each = self._named[name]
        rules = each.rules if isinstance(each, Family) else (each,)
        return all(self._levels.get(rule.name) == analyzer_pb2.DISABLED for rule in rules)


def serve() -> None:
    """Serve the engine until it ends this process. The first line of output is the port."""
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=4),
        options=[("grpc.max_receive_message_length", LARGEST_MESSAGE_BYTES)],
    )
    analyzer_pb2_grpc.add_AnalyzerServicer_to_server(Analyzer(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    try:
        server.wait_for_termination()
    except KeyboardInterrupt:
        server.stop(0)


def _findings(rule: Rule, subject: Resource | Graph, parameters: Parameters) -> Iterator[Finding]:
    if isinstance(rule, ResourceRule | StackRule):
        yield from rule.check(subject, parameters)  # pyright: ignore[reportArgumentType]


def _diagnostic(
    rule: Rule | Family,
    message: str,
    level: analyzer_pb2.EnforcementLevel.ValueType,
    resource: Resource | None = None,
) -> analyzer_pb2.AnalyzeDiagnostic:
    return analyzer_pb2.AnalyzeDiagnostic(
        policyName=rule.name,
        policyPackName=PACK,
        policyPackVersion=PACK_VERSION,
        message=f"{rule.description}\n{message}",
        urn=resource.urn if resource else "",
        description=rule.description,
        enforcementLevel=analyzer_pb2.MANDATORY if level == analyzer_pb2.REMEDIATE else level,
        severity=_SEVERITIES[(rule.rules[0] if isinstance(rule, Family) else rule).severity],
    )


def _where(error: Exception) -> str:
    """What failed and where. The error's own text is left out: it may hold a secret."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {Path(frame.filename).name}:{frame.lineno}"


def _read(
    message: analyzer_pb2.AnalyzeRequest | analyzer_pb2.AnalyzerResource, given: Mapping[str, frozenset[str]]
) -> Resource:
    return Resource(
        type=message.type,
        urn=message.urn,
        name=message.name,
        struct=message.properties,
        protect=message.options.protect,
        parent=message.options.parent,
        given=given.get(message.urn),
        provider_struct=message.provider.properties if message.HasField("provider") else None,
    )


def _read_with_references(
    message: analyzer_pb2.AnalyzerResource, given: Mapping[str, frozenset[str]]
) -> Resource:
    resource = _read(message, given)
    resource.parent = message.parent
    resource.property_dependencies = {
        key: tuple(dependencies.urns) for key, dependencies in message.propertyDependencies.items()
    }
    return resource

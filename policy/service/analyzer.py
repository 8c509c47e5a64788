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
    Policy,
    PolicyComplianceFramework,
    PolicyConfigSchema,
    ResourceValidationPolicy,
    Severity,
    StackValidationPolicy,
)
from pulumi_policy.policy import _PolicyAnalyzerServicer  # pyright: ignore[reportPrivateUsage]

from policy.facts.graph import Graph, Resource
from policy.rules.registry import PACK, PACK_TITLE, PACK_VERSION, RULES
from policy.rules.rule import Finding, Level, Parameters, ResourceRule, Rule, StackRule
from policy.service.configuration import ConfigurationError, parameters_of, schema_of
from policy.service.redaction import Redaction

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
        self._parameters = parameters_of(self._rules, {})
        self._levels = {rule.name: _LEVELS[rule.level] for rule in self._rules}
        self._given: dict[str, frozenset[str]] = {}
        self._by_type: dict[str, list[ResourceRule]] = defaultdict(list)
        for rule in self._rules:
            if isinstance(rule, ResourceRule):
                for token in rule.types:
                    self._by_type[token].append(rule)
        super().__init__(
            PACK,
            PACK_VERSION,
            [_as_policy(rule) for rule in self._rules],
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
            self._parameters = parameters_of(self._rules, given)
        except ConfigurationError as error:
            _context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
        for name, config in request.policyConfig.items():
            self._levels[name] = config.enforcementLevel
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
            response.diagnostics.extend(self._old_waivers(rule, graph))
        return response

    def _judged(
        self, rule: Rule, subject: Resource | Graph, root: Resource | None, redaction: Redaction
    ) -> Diagnostics:
        """What a rule says. Whatever it had found before it failed is kept."""
        level = self._levels[rule.name]
        if level == analyzer_pb2.DISABLED:
            return
        parameters = self._parameters[rule.name]
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
        for waiver in parameters.waivers:
            if waiver.covers(finding, root) and not waiver.has_expired(self._today()):
                message = f"waived until {waiver.expires} ({waiver.reason}): {message}"
                level = analyzer_pb2.ADVISORY
                break
        return _diagnostic(rule, message, level, finding.resource)

    def _old_waivers(self, rule: Rule, graph: Graph) -> Diagnostics:
        """Waivers that have expired, for resources of this stack."""
        if self._levels[rule.name] == analyzer_pb2.DISABLED:
            return
        for waiver in self._parameters[rule.name].waivers:
            if waiver.has_expired(self._today()):
                for resource in graph.named(waiver.resource):
                    message = (
                        f"the waiver for {resource} expired on {waiver.expires} ({waiver.reason}); resolve it"
                    )
                    yield _diagnostic(rule, message, analyzer_pb2.MANDATORY, resource)


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
    rule: Rule, message: str, level: analyzer_pb2.EnforcementLevel.ValueType, resource: Resource | None = None
) -> analyzer_pb2.AnalyzeDiagnostic:
    return analyzer_pb2.AnalyzeDiagnostic(
        policyName=rule.name,
        policyPackName=PACK,
        policyPackVersion=PACK_VERSION,
        message=f"{rule.description}\n{message}",
        urn=resource.urn if resource else "",
        description=rule.description,
        enforcementLevel=analyzer_pb2.MANDATORY if level == analyzer_pb2.REMEDIATE else level,
        severity=_SEVERITIES[rule.severity],
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


def _as_policy(rule: Rule) -> Policy:
    """The rule as the SDK describes one to the engine. It is never run as such."""
    kind = StackValidationPolicy if isinstance(rule, StackRule) else ResourceValidationPolicy
    first = rule.references[0]
    return kind(
        name=rule.name,
        description=rule.description,
        validate=_never_run,
        enforcement_level=EnforcementLevel(rule.level.value),
        config_schema=PolicyConfigSchema(properties=schema_of(rule)),
        display_name=rule.title,
        severity=rule.severity,
        framework=PolicyComplianceFramework(
            name=first.framework,
            version=first.version,
            reference=first.control,
            specification="; ".join(str(reference) for reference in rule.references),
        ),
        tags=list(rule.tags),
        remediation_steps=rule.remediation,
        url=first.url,
    )


def _never_run(*_arguments: Any) -> None:
    raise NotImplementedError

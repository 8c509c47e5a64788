"""Runs a program under Pulumi mocks and returns the graph of resources that it registered.

Everything is resolved before `record` returns, so a test is a plain statement about the graph: there is
nothing to await and nothing that could be forgotten.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pulumi import ResourceHook
from pulumi.runtime import mocks, rpc

from stacks.planned import Hooks, run_with

SECRET = rpc._special_secret_sig
SIGNATURE = rpc._special_sig_key

ACCOUNT = "123456789012"
"""The account that the recorded programs deploy to."""

Outputs = Callable[[str, str, Mapping[str, Any]], Mapping[str, Any]]
Answers = Mapping[str, Callable[[Mapping[str, Any]], Mapping[str, Any] | str]]


@dataclass(frozen=True)
class Resource:
    """One registration. `parent`, `depends_on` and `refers_to` hold `type::name` keys of other resources."""

    type: str
    name: str
    parent: str
    inputs: Mapping[str, Any]
    secrets: frozenset[str]
    depends_on: frozenset[str]
    refers_to: Mapping[str, frozenset[str]]
    protect: bool
    delete_before_replace: bool
    ignore_changes: tuple[str, ...]
    import_id: str
    aliases: tuple[str, ...]
    replacement_trigger: str
    before_update: tuple[ResourceHook, ...]
    outputs: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def key(self) -> str:
        """How other resources' `parent` and dependencies name this one."""
        return f"{self.type}::{self.name}"


@dataclass(frozen=True)
class Graph:
    """All registrations of a program, and what the stack exports."""

    resources: tuple[Resource, ...]
    exports: Mapping[str, Any]
    secret_exports: frozenset[str]

    def of(self, type_: str) -> list[Resource]:
        """Every resource of a type."""
        return [resource for resource in self.resources if resource.type == type_]

    def one(self, type_: str, name: str | None = None) -> Resource:
        """The resource of a type, which must be one alone (of that name)."""
        found = [resource for resource in self.of(type_) if name in (None, resource.name)]
        assert len(found) == 1, f"{len(found)} of {type_} {name or ''}: {[r.name for r in self.of(type_)]}"
        return found[0]

    def counts(self) -> dict[str, int]:
        """How many resources of each type there are."""
        types = [resource.type for resource in self.resources]
        return {type_: types.count(type_) for type_ in sorted(set(types))}


def record(
    program: Callable[[], object],
    *,
    outputs: Outputs | None = None,
    answers: Answers | None = None,
    stack: str = "test",
) -> Graph:
    """The graph that `program` registers; ids are `<name>-id` unless imported, other outputs from `outputs`.

    `answers` are what functions say, by their tokens; text is why one fails.
    """
    monitor = _Recorder(_Cloud(outputs or _nothing, answers or {}))
    run_with(monitor, program, stack, monitor.hooks)
    return monitor.graph()


def _nothing(type_: str, name: str, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    return {}


class _Cloud(mocks.Mocks):
    def __init__(self, outputs: Outputs, answers: Answers) -> None:
        self._outputs, self._answers = outputs, answers

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        made = {
            "arn": f"arn:aws:{args.typ.split(':')[1].split('/')[0]}:::{args.name}",
            **_plain(args.inputs),
            **self._outputs(args.typ, args.name, args.inputs),
        }
        return ((args.resource_id or f"{args.name}-id") if args.custom else None), made

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        if args.token in self._answers:
            said = self._answers[args.token](args.args)
            return ({}, [("id", said)]) if isinstance(said, str) else (dict(said), [])
        if args.token == "aws:index/getCallerIdentity:getCallerIdentity":
            return {"accountId": ACCOUNT}, []
        if args.token != "aws:ec2/getAmi:getAmi":
            raise AssertionError(f"the program calls {args.token}, which these tests do not expect")
        return {"id": f"ami-{args.args['filters'][0]['values'][0]}"}, []


class _Recorder(mocks.MockMonitor):
    def __init__(self, cloud: _Cloud) -> None:
        super().__init__(cloud)
        self._recorded: dict[str, Resource] = {}
        self._exports: dict[str, Any] = {}
        self.hooks = Hooks()

    def graph(self) -> Graph:
        return Graph(
            resources=tuple(self._recorded.values()),
            exports={name: _plain(value) for name, value in self._exports.items()},
            secret_exports=frozenset(name for name, value in self._exports.items() if _has_secret(value)),
        )

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802
        response = super().RegisterResource(request)
        if request.type == "pulumi:pulumi:Stack":
            return response
        inputs = rpc.deserialize_properties(request.object, keep_unknowns=True)
        self._recorded[response.urn] = Resource(
            type=request.type,
            name=request.name,
            parent=_key(request.parent),
            inputs={key: _plain(value) for key, value in inputs.items()},
            secrets=frozenset(key for key, value in inputs.items() if _has_secret(value)),
            depends_on=frozenset(_key(urn) for urn in request.dependencies),
            refers_to={
                key: frozenset(_key(urn) for urn in dependencies.urns)
                for key, dependencies in request.propertyDependencies.items()
            },
            protect=request.protect,
            delete_before_replace=request.deleteBeforeReplace,
            ignore_changes=tuple(request.ignoreChanges),
            import_id=request.importId,
            aliases=tuple(alias.urn for alias in request.aliases if alias.urn),
            replacement_trigger=request.replacement_trigger.string_value,
            before_update=tuple(self.hooks.registered[name] for name in request.hooks.before_update),
        )
        return response

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802
        outputs = rpc.deserialize_properties(request.outputs, keep_unknowns=True)
        if request.urn in self._recorded:
            self._recorded[request.urn].outputs.update({key: _plain(value) for key, value in outputs.items()})
        else:
            self._exports.update(outputs)
        return super().RegisterResourceOutputs(request)


def _key(urn: str) -> str:
    if not urn:
        return ""
    *_, types, name = urn.split("::")
    return f"{types.rsplit('$', 1)[-1]}::{name}"


def _is_secret(value: Any) -> bool:
    return isinstance(value, dict) and value.get(SIGNATURE) == SECRET


def _plain(value: Any) -> Any:
    """The value without the marks of secrets; whole numbers, which travel as floats, as integers."""
    if _is_secret(value):
        return _plain(value["value"])
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _has_secret(value: Any) -> bool:
    return _is_secret(value) or any(map(_has_secret, _inner(value)))


def _inner(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def policy_statements(document: str) -> list[dict[str, Any]]:
    """The statements of an IAM policy document."""
    return json.loads(document)["Statement"]

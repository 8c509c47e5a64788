"""The provider as the engine talks to it: requests over gRPC become calls of the lifecycle."""

from __future__ import annotations

import asyncio
import functools
import hashlib
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from pulumi.provider.experimental import provider as sdk
from pulumi.provider.experimental.property_value import PropertyValue

from sandbox.provider.aws_client import Clouds
from sandbox.provider.check import problems
from sandbox.provider.difference import Effect
from sandbox.provider.errors import ProviderError
from sandbox.provider.function import call
from sandbox.provider.functions import FUNCTIONS
from sandbox.provider.lifecycle import Lifecycle, Living, Subject
from sandbox.provider.provider_settings import config_problems, read_settings
from sandbox.provider.resources import RESOURCE_TYPES
from sandbox.provider.table import ResourceType
from sandbox.provider.unrecorded import Journal
from sandbox.provider.values import Values, marked_map, plain_map, secrets_in

Result = TypeVar("Result")
_AT_ONCE = 32
"""Requests served at the same time."""


def journal_folder() -> Path | None:
    """The journal's place: the sandbox's folder, else Pulumi's home; with neither there is none."""
    place = os.environ.get("AWS_VPN_SANDBOX_DIR") or os.environ.get("PULUMI_HOME")
    return Path(place) / "journal" if place else None


class AwsProvider(sdk.Provider):
    """The `aws` provider of the sandbox."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._lifecycle: Lifecycle | None = None
        self._clouds: Clouds | None = None
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="request")

    async def check_config(self, request: sdk.CheckRequest) -> sdk.CheckResponse:
        """Refuse configuration that the sandbox does not know."""
        failures = [sdk.CheckFailure(*found) for found in config_problems(plain_map(request.new_inputs))]
        return sdk.CheckResponse(inputs=request.new_inputs, failures=failures)

    async def diff_config(self, request: sdk.DiffRequest) -> sdk.DiffResponse:
        """A change of configuration never replaces the provider."""
        return sdk.DiffResponse(changes=plain_map(request.old_state) != plain_map(request.new_inputs))

    async def configure(self, request: sdk.ConfigureRequest) -> sdk.ConfigureResponse:
        """Take the configuration; previews and secrets are supported."""
        self._clouds = Clouds(read_settings(plain_map(request.args)))
        self._lifecycle = Lifecycle(self._clouds, self._journal, RESOURCE_TYPES)
        return sdk.ConfigureResponse(accept_secrets=True, supports_preview=True)

    async def invoke(self, request: sdk.InvokeRequest) -> sdk.InvokeResponse:
        """Call a function."""
        if request.tok not in FUNCTIONS:
            raise ProviderError(f"the sandbox has no function {request.tok}")
        function = FUNCTIONS[request.tok]
        found = await self._in_thread(call, function, self._configured_clouds(), plain_map(request.args))
        return sdk.InvokeResponse(marked_map(found, function.secrets), [])

    async def check(self, request: sdk.CheckRequest) -> sdk.CheckResponse:
        """Every problem of a resource's inputs at once; a name is made where the type needs one."""
        kind = kind_of(request.type)
        inputs = _named(kind, request)
        found = await self._in_thread(lambda: list(problems(kind, plain_map(inputs))))
        return sdk.CheckResponse(inputs, [sdk.CheckFailure(one.path, one.reason) for one in found])

    async def diff(self, request: sdk.DiffRequest) -> sdk.DiffResponse:
        """What an update would change in place, and what it would replace."""
        about, old = self._about(request.urn, request.type, request.old_state)
        new = plain_map(request.new_inputs)
        for name in request.ignore_changes:
            _keep(name, old, new)
        lifecycle = self._configured()
        found = await self._in_thread(lifecycle.differences, about, request.resource_id, old, new)
        replaces = [name for name, effect in found.items() if effect is Effect.REPLACE]
        return sdk.DiffResponse(
            changes=bool(found),
            replaces=replaces,
            delete_before_replace=bool(replaces) and _deleted_first(about.kind, request.new_inputs),
            diffs=list(found),
            detailed_diff={name: _detail(name, effect, old, new) for name, effect in found.items()},
        )

    async def create(self, request: sdk.CreateRequest) -> sdk.CreateResponse:
        """Create a resource; at preview say what is known of it."""
        about, inputs = self._about(request.urn, request.type, request.properties)
        secrets = secrets_in(request.properties) | about.kind.secret_outputs
        lifecycle = self._configured()
        if request.preview:
            return sdk.CreateResponse("", marked_map(lifecycle.planned(about.kind, inputs), secrets))
        made = await self._in_thread(lifecycle.create, about, inputs)
        return sdk.CreateResponse(made.ident, marked_map(made.state, secrets))

    async def read(self, request: sdk.ReadRequest) -> sdk.ReadResponse:
        """What the cloud has, as state and as inputs; an empty id when it is gone."""
        about, known = self._about(request.urn, request.type, request.properties)
        inputs = plain_map(request.inputs)
        lifecycle = self._configured()
        state = await self._in_thread(lifecycle.read, about, request.resource_id, known or inputs)
        if state is None:
            return sdk.ReadResponse("")
        secrets = secrets_in(request.properties) | secrets_in(request.inputs) | _secret_names(about.kind)
        found = lifecycle.inputs_of(about.kind, state, inputs)
        return sdk.ReadResponse(request.resource_id, marked_map(state, secrets), marked_map(found, secrets))

    async def update(self, request: sdk.UpdateRequest) -> sdk.UpdateResponse:
        """Update a resource in place; at preview say what is known of the result."""
        about, old = self._about(request.urn, request.type, request.olds)
        new = plain_map(request.news)
        for name in request.ignore_changes or ():
            _keep(name, old, new)
        secrets = secrets_in(request.olds) | secrets_in(request.news) | about.kind.secret_outputs
        lifecycle = self._configured()
        if request.preview:
            return sdk.UpdateResponse(marked_map(lifecycle.planned_update(about.kind, old, new), secrets))
        state = await self._in_thread(lifecycle.update, about, Living(request.resource_id, old), new)
        return sdk.UpdateResponse(marked_map(state, secrets))

    async def delete(self, request: sdk.DeleteRequest) -> None:
        """Delete a resource."""
        about, state = self._about(request.urn, request.type, request.properties)
        await self._in_thread(self._configured().delete, about, request.resource_id, state)

    async def cancel(self) -> None:
        """Let what is under way finish: its end is what keeps state and cloud together."""

    def _about(self, urn: str, token: str, properties: Mapping[str, PropertyValue]) -> tuple[Subject, Values]:
        known = plain_map(properties)
        return self._configured().subject(kind_of(token), urn, known), known

    def _configured(self) -> Lifecycle:
        if self._lifecycle is None:
            raise ProviderError("the provider was asked for something before it was configured")
        return self._lifecycle

    def _configured_clouds(self) -> Clouds:
        if self._clouds is None:
            raise ProviderError("the provider was asked for something before it was configured")
        return self._clouds

    async def _in_thread(self, work: Callable[..., Result], *args: Any) -> Result:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, functools.partial(work, *args))


def kind_of(token: str) -> ResourceType:
    """The declaration of a type. A resource's type carries its parents' types before it."""
    own = token.split("$")[-1]
    if own not in RESOURCE_TYPES:
        raise ProviderError(f"the sandbox has no resource type {own}")
    return RESOURCE_TYPES[own]


def _secret_names(kind: ResourceType) -> frozenset[str]:
    return kind.secret_outputs | {one.name for one in kind.inputs if one.secret}


def _named(kind: ResourceType, request: sdk.CheckRequest) -> dict[str, PropertyValue]:
    """Inputs, with a name where the program gave none: `__defaults` marks it, as officially."""
    inputs = {key: value for key, value in request.new_inputs.items() if not key.startswith("__")}
    name = kind.auto_named
    if not name or inputs.get(name, PropertyValue.null()).value is not None:
        return inputs
    defaults = PropertyValue([PropertyValue(name)])
    old = request.old_inputs
    if old.get("__defaults") == defaults and name in old:
        return {**inputs, name: old[name], "__defaults": defaults}
    seed = request.random_seed or os.urandom(16)
    suffix = hashlib.sha256(seed).hexdigest()[:7]
    return {**inputs, name: PropertyValue(f"{request.name}-{suffix}"), "__defaults": defaults}


def _deleted_first(kind: ResourceType, inputs: Mapping[str, PropertyValue]) -> bool:
    """Whether the replacement cannot exist beside the old one: it would have the same name."""
    return kind.deleted_first or bool(kind.auto_named and "__defaults" not in inputs)


def _keep(name: str, old: Values, new: Values) -> None:
    """Leave a property as it is (the `ignoreChanges` option)."""
    top = name.split(".")[0].split("[")[0]
    if top in old:
        new[top] = old[top]
    else:
        new.pop(top, None)


def _detail(name: str, effect: Effect, old: Values, new: Values) -> sdk.PropertyDiff:
    verb = "ADD" if old.get(name) is None else "DELETE" if new.get(name) is None else "UPDATE"
    if name == "tagsAll":
        verb = "UPDATE"
    suffix = "_REPLACE" if effect is Effect.REPLACE else ""
    return sdk.PropertyDiff(sdk.PropertyDiffKind[verb + suffix], input_diff=False)

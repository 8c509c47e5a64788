"""Drives the provider in this process as the engine would, against a sandbox cloud."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest
from pulumi.provider.experimental import provider as sdk

from labs.moto_server import CloudServer
from sandbox.provider.server import AwsProvider
from sandbox.provider.unrecorded import Journal
from sandbox.provider.values import Values, marked_map, plain_map, secrets_in

Result = TypeVar("Result")
REGION = "eu-central-1"


class RefusedError(Exception):
    """The provider's check failed; the text has the reasons."""


@dataclass(frozen=True)
class Made:
    """A resource that the provider created."""

    typename: str
    urn: str
    ident: str
    inputs: dict[str, Any]
    outputs: dict[str, Any]

    @property
    def state(self) -> Values:
        """The outputs as plain values."""
        return plain_map(self.outputs)

    def __getitem__(self, name: str) -> Any:
        return self.ident if name == "id" else self.state.get(name)


class Driver:
    """The engine's side of the protocol, one call at a time."""

    def __init__(self, journal: Path | None = None, **config: Any) -> None:
        self.provider = AwsProvider(Journal(journal))
        args = marked_map({"region": REGION, **config})
        run(self.provider.configure(sdk.ConfigureRequest({}, args, True, True)))

    def check(self, typename: str, inputs: Mapping[str, Any], name: str = "one") -> dict[str, Any]:
        """The inputs that the provider accepts; raises RefusedError with every reason."""
        response = run(
            self.provider.check(sdk.CheckRequest(urn_of(typename, name), {}, _values(inputs), os.urandom(16)))
        )
        if response.failures:
            raise RefusedError("; ".join(one.reason for one in response.failures))
        return response.inputs or {}

    def preview(self, typename: str, inputs: Mapping[str, Any]) -> Values:
        """What a preview says of a new resource."""
        checked = self.check(typename, inputs)
        urn = urn_of(typename, "one")
        response = run(self.provider.create(sdk.CreateRequest(urn, checked, 0, preview=True)))
        return plain_map(response.properties)

    def create(self, typename: str, inputs: Mapping[str, Any], name: str = "one") -> Made:
        """Check and create; the state must then read back the same, and differ in nothing."""
        checked = self.check(typename, inputs, name)
        urn = urn_of(typename, name)
        response = run(self.provider.create(sdk.CreateRequest(urn, checked, 0, preview=False)))
        made = Made(typename, urn, response.resource_id or "", checked, response.properties)
        self._assert_settled(made)
        return made

    def differences(self, made: Made, inputs: Mapping[str, Any] | None) -> dict[str, str]:
        """What new inputs (None: the same) would change, as names of PropertyDiffKind."""
        checked = made.inputs if inputs is None else self._recheck(made, inputs)
        request = sdk.DiffRequest(made.urn, made.ident, made.outputs, checked, [])
        response = run(self.provider.diff(request))
        return {name: one.kind.name for name, one in response.detailed_diff.items()}

    def update(self, made: Made, inputs: Mapping[str, Any]) -> Made:
        """Update in place; nothing may be left to change."""
        checked = self._recheck(made, inputs)
        found = self.differences(made, inputs)
        assert found, "nothing to update"
        assert not any(kind.endswith("REPLACE") for kind in found.values()), f"replaces: {found}"
        request = sdk.UpdateRequest(made.urn, made.ident, made.outputs, checked, 0, [], False)
        response = run(self.provider.update(request))
        after = Made(made.typename, made.urn, made.ident, checked, response.properties)
        self._assert_settled(after)
        return after

    def read(self, made: Made) -> Made | None:
        """What the cloud has now, or None when it is gone."""
        request = sdk.ReadRequest(made.urn, made.ident, made.outputs, made.inputs)
        response = run(self.provider.read(request))
        if not response.resource_id:
            return None
        return Made(made.typename, made.urn, response.resource_id, response.inputs, response.properties)

    def delete(self, made: Made) -> None:
        """Delete; what is left must be nothing."""
        run(self.provider.delete(sdk.DeleteRequest(made.urn, made.ident, made.outputs, 0)))

    def invoke(self, token: str, **args: Any) -> Values:
        """Call a function."""
        response = run(self.provider.invoke(sdk.InvokeRequest(token, _values(args))))
        return plain_map(response.return_value or {})

    def _assert_settled(self, made: Made) -> None:
        left = {name for name in self.differences(made, None) if made[name] != "REDACTED"}
        asked = plain_map(made.inputs)
        assert not left, "; ".join(f"{name}: asked {asked.get(name)}, is {made[name]}" for name in left)

    def _recheck(self, made: Made, inputs: Mapping[str, Any]) -> dict[str, Any]:
        request = sdk.CheckRequest(made.urn, made.inputs, _values(inputs), os.urandom(16))
        response = run(self.provider.check(request))
        if response.failures:
            raise RefusedError("; ".join(one.reason for one in response.failures))
        return response.inputs or {}


@contextmanager
def pointed_at(server: CloudServer) -> Generator[None]:
    """The environment in which the provider finds a server."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", server.url)
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        patch.delenv("AWS_PROFILE", raising=False)
        yield


@dataclass(frozen=True)
class Secret:
    """An input that the program marked as a secret."""

    value: Any


def secret_names(made: Made) -> frozenset[str]:
    """The names of a resource's secret outputs."""
    return secrets_in(made.outputs)


def urn_of(typename: str, name: str) -> str:
    """The URN of a resource of a stack called dev."""
    return f"urn:pulumi:dev::aws-vpn::{typename}::{name}"


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Wait for the provider's answer."""
    return asyncio.run(work)


def _values(inputs: Mapping[str, Any]) -> dict[str, Any]:
    secrets = [key for key, value in inputs.items() if isinstance(value, Secret)]
    bare = {key: value.value if isinstance(value, Secret) else value for key, value in inputs.items()}
    return marked_map(bare, secrets)

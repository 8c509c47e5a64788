"""The resources that settings become: the program run without an engine, a cloud or an account.

Pulumi's SDK hands every registration to a monitor. Here that monitor is one that writes down what it gets,
as in Pulumi's own unit tests, so that what a stack file asks for is known before any of it is made.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, cast

from pulumi import ResourceHook
from pulumi.runtime import mocks, rpc, settings
from pulumi.runtime.stack import run_in_stack

from components.labels import Labels
from model.names import PROJECT
from model.prices.charges import Registered
from stacks.environment import Environment
from stacks.existing.assumed import assumed_vpc
from stacks.existing.facts import VpcFacts
from stacks.sections.network import ExistingVpc, NetworkSettings
from stacks.settings import Settings

ACCOUNT = "123456789012"
"""Stands for the account where the settings name none."""


def planned(stack: str, wanted: Settings) -> tuple[Registered, ...]:
    """Every resource that a stack with these settings has.

    Raises:
        SettingsError: AWS has no names for it.
    """
    monitor = _Monitor(_Cloud())
    account = wanted.account or ACCOUNT
    adopted = wanted.hardware_vpn and wanted.hardware_vpn.adopted
    vpg = adopted.vpg_id if adopted else None

    def assumed(_: str, network: NetworkSettings, existing: ExistingVpc, __: Labels) -> VpcFacts:
        return assumed_vpc(account, network, existing, vpg)

    run_with(monitor, lambda: Environment(stack, wanted, reader=assumed), stack)
    return tuple(monitor.registered)


def run_with(
    monitor: mocks.MockMonitor, program: Callable[[], object], stack: str, hooks: Hooks | None = None
) -> None:
    """Run a program to its end, with every registration told to `monitor`."""
    asyncio.set_event_loop(asyncio.new_event_loop())
    try:
        settings.set_root_resource(None)  # pyright: ignore[reportArgumentType]
        mocks.set_mocks(monitor.mocks, project=PROJECT, stack=stack, monitor=monitor)
        settings.set_root_resource(None)  # pyright: ignore[reportArgumentType]
        settings.SETTINGS.callbacks = hooks or Hooks()  # pyright: ignore[reportAttributeAccessIssue]
        asyncio.get_event_loop().run_until_complete(run_in_stack(lambda: _ran(program)))
    finally:
        asyncio.get_event_loop().close()
        asyncio.set_event_loop(None)


def _ran(program: Callable[[], object]) -> None:
    program()


class Hooks:
    """Takes the engine's place for hooks, which mocks do not have; nothing is updated, so none is called."""

    def __init__(self) -> None:
        self.registered: dict[str, ResourceHook] = {}

    def register_resource_hook(self, hook: ResourceHook) -> None:
        """Remember a hook by its name."""
        self.registered[hook.name] = hook


class _Cloud(mocks.Mocks):
    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        inputs = cast("dict[Any, Any]", args.inputs)  # pyright: ignore[reportUnknownMemberType]
        return f"{args.name}-id", {"arn": f"arn:aws:::{args.name}", **inputs}

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        known: Mapping[str, dict[Any, Any]] = {
            "aws:index/getCallerIdentity:getCallerIdentity": {"accountId": ACCOUNT},
            "aws:ec2/getAmi:getAmi": {"id": "ami-0123456789abcdef0"},
        }
        return known.get(args.token, {}), []


class _Monitor(mocks.MockMonitor):
    def __init__(self, cloud: mocks.Mocks) -> None:
        super().__init__(cloud)
        self.registered: list[Registered] = []

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802

        response = cast("Any", super()).RegisterResource(request)
        self.registered.append(
            Registered(
                urn=response.urn,
                type=request.type,
                name=request.name,
                parent=request.parent,
                properties=rpc.deserialize_properties(request.object, keep_unknowns=True),
                refers_to={key: tuple(each.urns) for key, each in request.propertyDependencies.items()},
            )
        )
        return response

"""A stack's VPN connections as Pulumi has them: what would change, and one tunnel's changes deployed.

Over the Automation API, in the project's folder, with the caller's environment. The program itself keeps
every other tunnel as it was (`AWS_VPN_CHANGE_TUNNELS`), so that a deployment that is cut off leaves nothing
to undo.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pulumi.automation import CommandError, EngineEvent, LocalWorkspace, Stack

from model.tunnel_changes import KEY_VARIABLE, TUNNELS, VARIABLE, TunnelChanges
from operations.roll.errors import RollError

CONNECTION = "aws:ec2/vpnConnection:VpnConnection"
MOST_WORDS = 2000
"""Of what Pulumi said when it failed: the end of what stands before the outputs, where the reason is."""


@dataclass(frozen=True)
class Deployed:
    """A VPN connection in the stack's state: when it was last changed, and its inputs."""

    urn: str
    modified: datetime
    inputs: Mapping[str, Any]


@dataclass(frozen=True)
class Pending:
    """What a deployment would change: by VPN connection the inputs' names, and how many other resources."""

    connections: Mapping[str, tuple[str, ...]]
    replaced: frozenset[str]
    others: int

    def tunnels(self, urn: str) -> dict[int, tuple[str, ...]]:
        """The tunnels of a connection that would change, by number, and their options."""
        changed = self.connections.get(urn, ())
        by_tunnel = {n: tuple(_options(n, changed)) for n in TUNNELS}
        return {n: options for n, options in by_tunnel.items() if options}


class _Workspace(LocalWorkspace):
    """The project's folder, in which the stack that a user has selected stays selected."""

    def select_stack(self, stack_name: str) -> None:
        """Leave it: every command names its stack."""


class Deployment:
    """One stack. `policy_config` is a file with the policies' levels, parameters and waivers."""

    def __init__(self, stack: str, root: Path, policy_config: Path | None = None) -> None:
        self._name, self._root, self._policy_config = stack, root, policy_config
        try:
            self._workspace = _Workspace(work_dir=str(root))
        except (CommandError, FileNotFoundError, RuntimeError) as error:
            raise RollError(f"pulumi: {error}; should be installed, or bin/sandbox be in front") from None
        self._stack = Stack.select(stack, self._workspace)

    def deployed(self) -> dict[str, Deployed]:
        """The VPN connections in the stack's state, by their ids.

        Raises:
            RollError: Pulumi refuses.
        """
        exported = self._run("stack export", self._stack.export_stack)
        state: Any = exported.deployment
        return {
            one["id"]: Deployed(one["urn"], datetime.fromisoformat(one["modified"]), one.get("inputs", {}))
            for one in state.get("resources", ())
            if one["type"] == CONNECTION
        }

    def pending(self) -> Pending:
        """What `pulumi up` would change now, judged by the policy pack.

        Raises:
            RollError: the preview fails, or the pack refuses.
        """
        events: list[EngineEvent] = []
        pack = self._root / "policy"
        packs = [str(pack)] if (pack / "PulumiPolicy.yaml").is_file() else None
        configs = [str(self._policy_config)] if packs and self._policy_config else None
        self._allow(TunnelChanges(both=True))
        self._run(
            "preview",
            lambda: self._stack.preview(
                on_event=events.append, policy_packs=packs, policy_pack_configs=configs
            ),
        )
        steps = [event.resource_pre_event.metadata for event in events if event.resource_pre_event]
        changing = [step for step in steps if step.op not in ("same", "read", "refresh")]
        connections = [step for step in changing if step.type == CONNECTION]
        updated = [step for step in connections if step.op == "update"]
        return Pending(
            {step.urn: tuple(step.detailed_diff or step.diffs or ()) for step in updated},
            frozenset(step.urn for step in connections if step not in updated),
            len({step.urn for step in changing} - {step.urn for step in connections}),
        )

    def deploy(self, urn: str, changes: TunnelChanges, *, refresh: bool = False) -> None:
        """Deploy one connection and the stack's outputs, with `changes` and no more.

        `refresh` first reads from AWS what was changed without Pulumi.

        Raises:
            RollError: Pulumi fails.
        """
        self._allow(changes)
        self._run("up", lambda: self._stack.up(target=[urn], refresh=refresh, show_secrets=False))

    def _allow(self, changes: TunnelChanges) -> None:
        key = "" if changes.key is None else changes.key.get_secret_value()
        self._workspace.env_vars = {VARIABLE: str(changes), KEY_VARIABLE: key}

    def _run(self, what: str, command: Any) -> Any:
        try:
            return command()
        except CommandError as error:
            said = " ".join(str(error).partition("\nOutputs:")[0].split())[-MOST_WORDS:]
            raise RollError(f"pulumi {what} of {self._name} failed: {said}") from None


def _options(number: int, changed: tuple[str, ...]) -> Iterator[str]:
    prefix = f"tunnel{number}"
    for name in changed:
        if name.startswith(prefix):
            option = name.removeprefix(prefix).partition(".")[0].partition("[")[0]
            yield option[0].lower() + option[1:]

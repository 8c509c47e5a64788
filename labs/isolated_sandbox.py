"""A sandbox of a test's own: its folder, cloud and stacks; nothing of it is left when the test is over."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import boto3
import psutil
import yaml

from labs.moto_server import RELAYS
from sandbox.wrapper import locks, moto_process, variables
from sandbox.wrapper.places import ROOT, Places

COMMAND_SECONDS = 300.0

SAME_PROGRAM = f"import runpy\nrunpy.run_path({str(ROOT / '__main__.py')!r})\n"
"""This project's program, for stack files of a test's own."""

Finished = subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class Program:
    """A Pulumi program and the sandbox it is deployed in.

    Every method runs `pulumi` to its end and returns exit code, stdout and stderr; none raises when it fails.
    """

    sandbox: IsolatedSandbox
    folder: Path

    def pulumi(self, *arguments: str | Path, env: Mapping[str, str] | None = None) -> Finished:
        """Any `pulumi` command in the program's folder."""
        return self.sandbox.run("pulumi", *arguments, cwd=self.folder, env=env)

    def up(self, stack: str, *arguments: str | Path, env: Mapping[str, str] | None = None) -> Finished:
        """Deploys the stack, creating it when it is missing; a preview would run all of it twice."""
        return self.pulumi("up", "--yes", "--skip-preview", "--stack", stack, *arguments, env=env)

    def preview(self, stack: str, *arguments: str | Path, env: Mapping[str, str] | None = None) -> Finished:
        """What `up` would do."""
        return self.pulumi("preview", "--stack", stack, *arguments, env=env)

    def refresh(self, stack: str, *arguments: str | Path) -> Finished:
        """Takes over what the cloud holds."""
        return self.pulumi("refresh", "--yes", "--skip-preview", "--stack", stack, *arguments)

    def destroy(self, stack: str, *arguments: str | Path) -> Finished:
        """Deletes everything in the stack."""
        return self.pulumi("destroy", "--yes", "--skip-preview", "--stack", stack, *arguments)

    def outputs(self, stack: str) -> dict[str, Any]:
        """The stack's exports, secrets in clear."""
        shown = self.pulumi("stack", "output", "--json", "--show-secrets", "--stack", stack)
        assert shown.returncode == 0, shown.stderr
        return json.loads(shown.stdout)

    def resources(self, stack: str) -> list[dict[str, Any]]:
        """The stack's resources as its state holds them, secrets encrypted."""
        exported = self.pulumi("stack", "export", "--stack", stack)
        assert exported.returncode == 0, exported.stderr
        return json.loads(exported.stdout)["deployment"].get("resources", [])


@dataclass
class IsolatedSandbox:
    """A sandbox in a folder of its own; `close` ends all that it started."""

    folder: Path
    project: Program = field(init=False)
    """This project's own program."""

    def __post_init__(self) -> None:
        self.project = Program(self, ROOT)

    @property
    def places(self) -> Places:
        """Where this sandbox keeps things."""
        return Places(self.folder / "state")

    @property
    def env(self) -> dict[str, str]:
        """The environment in which `bin/sandbox` and `make` mean this sandbox."""
        return {**os.environ, **RELAYS, "AWS_VPN_SANDBOX_DIR": str(self.places.state)}

    def run(
        self,
        *command: str | Path,
        cwd: Path = ROOT,
        env: Mapping[str, str] | None = None,
        timeout: float = COMMAND_SECONDS,
    ) -> Finished:
        """Runs `bin/sandbox COMMAND...` to its end, or kills it after `timeout` seconds."""
        return subprocess.run(
            [ROOT / "bin" / "sandbox", *command],
            cwd=cwd,
            env={**self.env, **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def start(self, *command: str | Path, cwd: Path = ROOT) -> subprocess.Popen[str]:
        """Starts `bin/sandbox COMMAND...` without waiting; `close` ends it when it is an engine."""
        return subprocess.Popen(
            [ROOT / "bin" / "sandbox", *command],
            cwd=cwd,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def program(self, name: str, source: str, stacks: Mapping[str, Mapping[str, Any]]) -> Program:
        """A new program with the text of its `__main__.py` and the configuration of each of its stacks."""
        folder = self.folder / name
        folder.mkdir()
        (folder / "Pulumi.yaml").write_text(f"name: {name}\nruntime: python\n", encoding="utf-8")
        (folder / "__main__.py").write_text(source, encoding="utf-8")
        for stack, config in stacks.items():
            text = yaml.safe_dump({"config": dict(config)})
            (folder / f"Pulumi.{stack}.yaml").write_text(text, encoding="utf-8")
        return Program(self, folder)

    def policy_pack(self, name: str, source: str) -> Path:
        """A new policy pack with the text of its `__main__.py`, for `--policy-pack`."""
        folder = self.folder / name
        folder.mkdir()
        (folder / "PulumiPolicy.yaml").write_text("runtime: python\n", encoding="utf-8")
        (folder / "__main__.py").write_text(source, encoding="utf-8")
        return folder

    def client(self, service: str, region: str = "eu-central-1") -> Any:
        """A boto3 client of this sandbox's cloud."""
        aws = variables.aws(moto_process.ensure(self.places).endpoint, region)
        with mock.patch.dict(os.environ, variables.inside(os.environ, aws), clear=True):
            return boto3.Session().client(service)  # pyright: ignore[reportCallIssue, reportUnknownVariableType, reportArgumentType, reportUnknownMemberType]

    def inventory(self) -> Any:
        """Everything that the cloud holds of what users made, over all regions."""
        address = f"{moto_process.ensure(self.places).endpoint}/sandbox/inventory"
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(address, timeout=COMMAND_SECONDS) as answer:
            return json.load(answer)

    def close(self) -> None:
        """Ends this sandbox's engines and cloud, and removes its folder."""
        for lock in locks.held(self.places):
            try:
                psutil.Process(lock.pid).kill()
            except psutil.NoSuchProcess:
                continue
        if self.places.state.exists():
            moto_process.stop(self.places)
        shutil.rmtree(self.folder, ignore_errors=True)

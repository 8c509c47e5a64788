"""The `pulumi` command, as far as a stack is made, undone, filled with secrets, or taken apart with it."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from model.errors import AwsVpnError

TIMEOUT = 120
"""Seconds. Each is a request or two to the backend."""


@dataclass(frozen=True)
class PulumiStack:
    """A stack of the project in `root`."""

    name: str
    root: Path

    def exists(self) -> bool:
        """Whether the backend has it.

        Raises:
            AwsVpnError: pulumi is missing, refuses or takes too long.
        """
        done = self._run("stack", "export", "--stack", self.name)
        if done.returncode != 0 and "no stack named" not in done.stderr:
            raise _refusal(done)
        return done.returncode == 0

    def create(self) -> None:
        """Make it, without choosing it.

        Raises:
            AwsVpnError: pulumi refuses.
        """
        self._done("stack", "init", self.name, "--no-select")

    def remove(self) -> None:
        """Undo that; nothing is deployed in it.

        Raises:
            AwsVpnError: pulumi refuses.
        """
        self._done("stack", "rm", self.name, "--yes", "--preserve-config")

    def encrypt(self, file: Path, key: str, secret: str) -> None:
        """Put a secret into a stack file. It goes by standard input, which no other process sees.

        Raises:
            AwsVpnError: pulumi refuses.
        """
        where = ("--config-file", str(file), "--stack", self.name)
        self._done("config", "set", "--secret", key, *where, text=secret)

    def export(self) -> str:
        """Its state, secrets encrypted.

        Raises:
            AwsVpnError: there is none.
        """
        return self._done("stack", "export", "--stack", self.name)

    def replace_state(self, state: str) -> None:
        """Put another state in its place, as a whole.

        Raises:
            AwsVpnError: pulumi refuses.
        """
        self._done("stack", "import", "--stack", self.name, text=state)

    def _done(self, *arguments: str, text: str = "") -> str:
        done = self._run(*arguments, text=text)
        if done.returncode != 0:
            raise _refusal(done)
        return done.stdout

    def _run(self, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(
                ["pulumi", *arguments, "--non-interactive"],
                cwd=self.root,
                input=text,
                capture_output=True,
                text=True,
                timeout=TIMEOUT,
                check=False,
            )
        except FileNotFoundError:
            raise AwsVpnError(
                "pulumi is not on PATH; should be installed, or run this with bin/sandbox in front"
            ) from None
        except subprocess.TimeoutExpired:
            raise AwsVpnError(f"pulumi {' '.join(arguments[:2])} took longer than {TIMEOUT} s") from None


def _refusal(done: subprocess.CompletedProcess[str]) -> AwsVpnError:
    said = " ".join(done.stderr.split()) or f"exit code {done.returncode}"
    return AwsVpnError(f"{' '.join(map(str, done.args[:3]))}: {said.removeprefix('error: ')}")

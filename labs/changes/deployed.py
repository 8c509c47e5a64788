"""A deployed stack whose file is edited: each change works, or its preview refuses it before all else."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from labs.isolated_sandbox import SAME_PROGRAM, Finished, IsolatedSandbox
from labs.settings import Config
from model.tunnel_changes import VARIABLE

ACCEPTED = {VARIABLE: "both"}


class ChangeError(AssertionError):
    """A change that neither works nor is refused; or leaves something over."""


class DeployedStack:
    """The stack `dev` in a sandbox of its own, with the settings that it was deployed with last."""

    def __init__(self, folder: Path, config: Config) -> None:
        folder.mkdir()
        self.sandbox = IsolatedSandbox(folder)
        self.program = self.sandbox.program("aws-vpn", SAME_PROGRAM, {"dev": config})
        self.config = config
        try:
            self._works(self.program.up("dev"), "first up")
        except BaseException:
            self.sandbox.close()
            raise

    def change(self, config: Config, **more: str) -> str:
        """Deploy other settings; what was said when the preview refused them, which changes nothing.

        Raises:
            ChangeError: it stopped half-way, or a second preview is not empty.
        """
        self._write(config)
        preview = self.program.preview("dev", env=more)
        if preview.returncode:
            said = preview.stdout + preview.stderr
            if "before hook" not in said or "Traceback" in said:
                raise ChangeError(f"no refusal in words: {self._story(config)}\n{said[-6000:]}")
            self._write(self.config)
            return said
        up = self.program.up("dev", env=more)
        if up.returncode:
            said = up.stdout + up.stderr
            raise ChangeError(f"stopped half-way: {self._story(config)}\n{said[-6000:]}")
        self.config = config
        self.is_as_asked(**more)
        return ""

    def change_or_accept(self, config: Config) -> str:
        """The same, with the outage of a site accepted where that alone is what the preview refuses."""
        said = self.change(config)
        if f"{VARIABLE}=both" in said:
            said = self.change(config, **ACCEPTED)
        return said

    def cut_off(self, config: Config, seconds: float) -> bool:
        """Begin to deploy other settings, and kill the engine so many seconds after its update has begun.

        Whether it began: a preview may refuse it.
        """
        self._write(config)
        up = self.sandbox.start("pulumi", "up", "--yes", "--stack", "dev", cwd=self.program.folder)
        try:
            assert up.stdout is not None
            for line in up.stdout:
                if "Updating (dev)" in line:
                    time.sleep(seconds)
                    return True
        finally:
            up.kill()
            up.wait(timeout=30)
            assert up.stdout is not None
            up.stdout.close()
        return False

    def is_as_asked(self, **more: str) -> None:
        """A second preview finds nothing to do."""
        self._works(self.program.preview("dev", "--expect-no-changes", env=more), "second preview")

    def end(self) -> None:
        """Destroy it, whatever it is protected by; nothing is left in the cloud."""
        if self.config.get("aws-vpn:deletionProtection"):
            self.change_or_accept({**self.config, "aws-vpn:deletionProtection": False})
        self._works(self.program.destroy("dev"), "destroy")
        left = self.sandbox.inventory()
        if any(left.values()):
            raise ChangeError(f"left over: {left}\n{self._story(None)}")

    def close(self) -> None:
        """End the sandbox."""
        self.sandbox.close()

    def _write(self, config: Config) -> None:
        text = json.dumps({"config": config})
        (self.program.folder / "Pulumi.dev.yaml").write_text(text, encoding="utf-8")

    def _works(self, done: Finished, what: str) -> None:
        if done.returncode:
            said = done.stdout + done.stderr
            raise ChangeError(f"{what}: {self._story(None)}\n{said[-6000:]}")

    def _story(self, config: Any) -> str:
        return f"\nwas {json.dumps(self.config)}\nwill {json.dumps(config)}"

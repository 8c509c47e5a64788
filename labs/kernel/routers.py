"""A router whose kernel has ESP: the rendered files run as on any Linux, one daemon for both tunnels."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from labs.ipsec.daemons import CHARON, Router, start_frr
from labs.ipsec.network import IpsecLab
from labs.namespaces import Mounts, Program, wait_until
from onprem.connection import Tunnel
from onprem.rendering import RenderedFile, render

PLUTO = "/usr/libexec/ipsec/pluto"

_CHARON = """charon {{
  load_modular = yes
  plugins {{
    include /etc/strongswan.d/charon/*.conf
    kernel-libipsec {{
      load = no
    }}
  }}
}}
include {settings}
"""


class KernelLab(IpsecLab):
    """The lab, with a router of the given device whose kernel does ESP."""

    device: str
    mounts: Mounts
    rendered: Path

    def interface(self, tunnel: Tunnel) -> str:
        """libreswan calls its interfaces by itself."""
        return f"ipsec{tunnel.number}" if self.device == "libreswan" else tunnel.name

    def start_router(self, files: Sequence[RenderedFile], watched: bool = True) -> Router:
        """Runs the rendered files: one daemon, FRR, and the watch."""
        self.rendered = self.write(files)
        etc = self.rendered / "etc"
        routing = start_frr(
            self.router, self.directory / "router-frr", (etc / "frr/frr.conf").read_text("utf-8")
        )
        start = self._pluto if self.device == "libreswan" else self._charon
        self.mounts = start(etc, routing.mounts)
        if watched:
            self.start_watch(self.rendered, routing)
        return routing

    def _charon(self, etc: Path, mounts: Mounts) -> Mounts:
        shutil.copy("/etc/swanctl/swanctl.conf", etc / "swanctl")
        settings = self.directory / "strongswan.conf"
        settings.write_text(_CHARON.format(settings=etc / "strongswan.d/aws-vpn.conf"), encoding="utf-8")
        mounts = {**mounts, "/etc/swanctl": etc / "swanctl", "/etc/strongswan.conf": settings}
        self.router.start("charon", [CHARON], mounts=mounts)
        wait_until((mounts["/run"] / "charon.vici").exists, 60, "charon")
        self.router.run(["swanctl", "--load-all"], mounts=mounts, timeout=60)
        return mounts

    def _pluto(self, etc: Path, mounts: Mounts) -> Mounts:
        keys = self.directory / "nss"
        keys.mkdir()
        (mounts["/run"] / "pluto").mkdir()
        mounts = {**mounts, "/etc/ipsec.d": etc / "ipsec.d", "/var/lib/ipsec/nss": keys}
        self.router.run(["ipsec", "initnss"], mounts=mounts, timeout=120)
        command = [PLUTO, "--config", "/etc/ipsec.conf", "--nofork", "--stderrlog"]
        self.router.start("pluto", command, mounts=mounts)
        return mounts

    def commands(self) -> Mounts:
        """The one daemon's own commands are there."""
        return {}

    def check(self) -> tuple[int, str]:
        """What the rendered check says, and its exit code."""
        return self._script("check")

    def remove(self) -> str:
        """Runs the rendered removal; what it says."""
        self.watch().kill()
        return self._script("remove")[1]

    def watch(self) -> Program:
        """The rendered watch."""
        (watch,) = (program for program in self.router.programs if program.name == "watch")
        return watch

    def _script(self, form: str) -> tuple[int, str]:
        (file,) = render(self.connection, self.device, form)
        path = self.rendered / file.path
        path.write_text(file.content, encoding="utf-8")
        path.chmod(0o700)
        done = self.router.run([str(path)], mounts=self.mounts, timeout=120, check=False)
        return done.returncode, done.stdout + done.stderr

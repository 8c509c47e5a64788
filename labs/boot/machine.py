"""A machine: a layer over the Debian root, and systemd as process 1 in namespaces of its own."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from labs.boot.root import BootError
from labs.namespaces import Host, wait_until

BOOT = """\
set -eu
layer=$1 lower=$2 name=$3
mount -t cgroup2 cgroup2 "$layer/cgroup"
mkdir -p "$layer/cgroup/$name"
echo $$ > "$layer/cgroup/$name/cgroup.procs"
exec unshare --pid --fork --kill-child=KILL --uts --ipc --cgroup --mount sh -euc "$4" boot "$layer" "$lower"
"""
"""A control group first, so that the namespace of groups begins there and systemd has one for itself."""

ROOT = """\
root=$1/root
umount "$1/cgroup"
mount -t overlay overlay -o "lowerdir=$2,upperdir=$1/upper,workdir=$1/work" "$root"
mount -t proc proc "$root/proc"
mount --bind "$root/proc/sys" "$root/proc/sys"
mount --bind "$root/proc/sys/net" "$root/proc/sys/net"
mount -o remount,bind,ro "$root/proc/sys"
if [ -e "$root/proc/sys/net/netfilter/nf_conntrack_max" ]; then
  mount --bind "$1/nf_conntrack_max" "$root/proc/sys/net/netfilter/nf_conntrack_max"
fi
mount -t sysfs -o ro sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
mkdir "$root/dev/net" "$root/dev/pts" "$root/dev/shm"
for device in null zero full random urandom tty net/tun; do
  touch "$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
mount -t tmpfs tmpfs "$root/dev/shm"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
cd "$root"
pivot_root . mnt
exec chroot . sh -c 'umount -l /mnt && exec env -i container=lab PATH=/usr/sbin:/usr/bin /lib/systemd/systemd'
"""
"""As systemd's container interface asks for it: /sys and /proc/sys cannot be written but for the network's.

How many connections are tracked is the whole machine's to say and cannot be set in a namespace: a file stands
for it.
"""

FORGET = 'mount -t cgroup2 cgroup2 "$1" && find "$1/$2" -depth -type d -exec rmdir {} \\; ; test ! -e "$1/$2"'


@dataclass
class Machine:
    """One host. What it wrote stays in its layer from one boot to the next."""

    name: str
    host: Host
    folder: Path
    root: Path
    environment: Mapping[str, str]
    running: subprocess.Popen[bytes] | None = None

    def write(self, files: Mapping[str, str]) -> None:
        """Files that the machine has before it boots."""
        for path, text in files.items():
            file = self.folder / "upper" / path.removeprefix("/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")

    def boot(self) -> None:
        """Start systemd as process 1."""
        for part in ("upper", "work", "root", "cgroup"):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        (self.folder / "nf_conntrack_max").write_text("262144\n")
        log = (self.folder / "boot.log").open("ab")
        with log:
            self.running = subprocess.Popen(
                [
                    *("setpriv", "--pdeathsig", "KILL", "nsenter", f"--net={self.host.namespace}"),
                    *("unshare", "--mount", "sh", "-c", BOOT, "boot"),
                    *(str(self.folder), str(self.root), self._group, ROOT),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        wait_until(lambda: self._has_ended() or self._init() is not None, 20, f"{self.name}'s process 1")
        if self._has_ended():
            raise BootError(f"{self.name} does not boot: {(self.folder / 'boot.log').read_text()}")

    def run(self, command: str, seconds: float = 60) -> subprocess.CompletedProcess[str]:
        """A shell command on the machine, as root."""
        enter = ["nsenter", f"--target={self._init()}", "--all", "--root", "--wd"]
        environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin", **self.environment}
        return subprocess.run(
            [*enter, "env", "-i", *(f"{k}={v}" for k, v in environment.items()), "sh", "-c", command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )

    def says(self, command: str, seconds: float = 60) -> str:
        """What a command prints."""
        return self.run(command, seconds).stdout.strip()

    def power_off(self) -> None:
        """End everything on the machine at once; its layer stays."""
        if self.running is not None:
            self.running.kill()
            self.running.wait(10)
            self.running = None
            forget = [
                "unshare",
                "--mount",
                "sh",
                "-c",
                FORGET,
                "sh",
                str(self.folder / "cgroup"),
                self._group,
            ]
            wait_until(
                lambda: subprocess.run(forget, capture_output=True, check=False).returncode == 0,
                10,
                f"the end of {self.name}'s control group",
            )

    def remove(self) -> None:
        """The machine is gone, with its disk."""
        self.power_off()
        shutil.rmtree(self.folder)

    @property
    def _group(self) -> str:
        return f"aws-vpn-{self.host.holder.pid}"

    def _has_ended(self) -> bool:
        return self.running is None or self.running.poll() is not None

    def _init(self) -> int | None:
        """Process 1 of the machine, once it is systemd."""
        assert self.running
        pid = self.running.pid
        with suppress(OSError, IndexError):
            child = int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])
            if Path(f"/proc/{child}/exe").readlink().name == "systemd":
                return child
        return None

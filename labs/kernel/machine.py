"""A machine with Debian's own kernel, whose file system is this one's under a layer that is forgotten.

QEMU emulates its processors, so it needs no help of this machine's kernel and is some ten times slower. Its
root is this machine's over virtiofs, with an overlay in memory: programs, Python and the project are there as
they are, and what is written is gone with the machine. Debian packages that cannot be installed beside this
machine's are unpacked into the overlay.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from labs.namespaces import wait_until

VIRTIOFSD = "/usr/lib/qemu/virtiofsd"
KERNEL = "linux-image-cloud-amd64"
TO_REACH_ROOT = ("virtio_pci", "virtiofs", "overlay")
FOR_THE_LAB = ("esp4", "xfrm_user", "xfrm_interface", "gcm", "veth", "tun", "nf_tables")
SHARED = "/mnt/host"
DIES_TOO = ("setpriv", "--pdeathsig", "KILL")

_INIT = f"""#!/bin/busybox sh
B=/bin/busybox
$B mount -t proc proc /proc; $B mount -t sysfs sys /sys; $B mount -t devtmpfs dev /dev
for module in /modules/*; do $B insmod $module; done
$B mount -t virtiofs host /host
$B mount -t tmpfs -o size=1g layer /layer
$B mkdir /layer/upper /layer/work
$B mount -t overlay -o lowerdir=/host,upperdir=/layer/upper,workdir=/layer/work root /new
for each in dev proc sys; do $B mount --move /$each /new/$each; done
$B mkdir -p /new{SHARED}; $B mount --move /host /new{SHARED}
script=$($B sed -n 's/.*script=\\([^ ]*\\).*/\\1/p' /new/proc/cmdline)
exec $B switch_root /new /bin/sh {SHARED}$script
"""

_SCRIPT = """export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
mount -t tmpfs run /run; mount -t tmpfs tmp /tmp
mkdir -p /dev/pts /dev/shm; mount -t devpts pts /dev/pts; mount -t tmpfs shm /dev/shm
ip link set lo up
mkdir -p /lib/modules; mount --bind {shared}{modules} /lib/modules
for module in {wanted}; do modprobe $module; done
for package in {shared}{packages}/*.deb; do
  [ -e "$package" ] && dpkg-deb --fsys-tarfile "$package" | tar -x -C / --keep-directory-symlink
done
ldconfig
cd {directory}
export PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
{command}
echo $? > {shared}{result}
sync
busybox poweroff -f
"""


@dataclass(frozen=True)
class Machine:
    """A machine; what it is built of lies in `directory`."""

    directory: Path

    def build(self, packages: Sequence[str]) -> None:
        """Fetches the kernel and `packages`, with what they need and this machine lacks."""
        kernel, extra = self.directory / "kernel", self.directory / "packages"
        kernel.mkdir()
        extra.mkdir()
        shown = _output("apt-cache", "depends", KERNEL, folder=self.directory)
        (image,) = re.findall(r"Depends: (linux-image-\S+)", shown)
        _output("apt-get", "download", image, folder=kernel)
        (archive,) = kernel.glob("*.deb")
        _output("dpkg-deb", "--extract", archive, "root", folder=kernel)
        planned = _output(
            "apt-get", "--simulate", "--no-install-recommends", "install", *packages, folder=self.directory
        )
        _output("apt-get", "download", *re.findall(r"^Inst (\S+)", planned, re.MULTILINE), folder=extra)
        self._make_initial_root(image.removeprefix("linux-image-"))

    def _make_initial_root(self, version: str) -> None:
        root = self.directory / "initial"
        for name in ("bin", "proc", "sys", "dev", "host", "layer", "new", "modules"):
            (root / name).mkdir(parents=True)
        shutil.copy("/bin/busybox", root / "bin")
        tree = self.directory / "kernel/root"
        _output("depmod", "--basedir", tree, version, folder=tree)
        needed = [
            line.split()[1]
            for module in TO_REACH_ROOT
            for line in _output(
                "modprobe", "--dirname", tree, "--set-version", version, "--show-depends", module, folder=tree
            ).splitlines()
        ]
        for number, path in enumerate(dict.fromkeys(needed), 10):
            shutil.copy(path, root / "modules" / f"{number}-{Path(path).name}")
        (root / "init").write_text(_INIT, encoding="utf-8")
        (root / "init").chmod(0o755)
        packed = f"find . | cpio --create --format=newc --quiet > {self.directory / 'initial.cpio'}"
        _output("sh", "-c", packed, folder=root)

    def run(self, command: Sequence[str], directory: Path, seconds: float) -> int:
        """Runs a command in the machine, in `directory`; what it prints is printed. Its exit code.

        Raises:
            TimeoutExpired: it took longer than `seconds`.
        """
        script, result = self.directory / "script", self.directory / "result"
        script.write_text(
            _SCRIPT.format(
                shared=SHARED,
                modules=self.directory / "kernel/root/lib/modules",
                wanted=" ".join(FOR_THE_LAB),
                packages=self.directory / "packages",
                directory=directory,
                command=shlex.join(command),
                result=result,
            ),
            encoding="utf-8",
        )
        socket = self.directory / "virtiofs"
        with (self.directory / "virtiofsd.log").open("wb") as log:
            served = subprocess.Popen(
                [*DIES_TOO, VIRTIOFSD, f"--socket-path={socket}", "-o", "source=/,cache=auto,sandbox=chroot"],
                stdout=log,
                stderr=log,
            )
        try:
            wait_until(socket.exists, 20, "virtiofsd")
            subprocess.run(
                self._emulator(socket, script), stdin=subprocess.DEVNULL, timeout=seconds, check=True
            )
        finally:
            served.kill()
            served.wait()
        return int(result.read_text("utf-8")) if result.exists() else 1

    def _emulator(self, socket: Path, script: Path) -> list[str]:
        (kernel,) = (self.directory / "kernel/root/boot").glob("vmlinuz-*")
        memory = "3G"
        return [
            *(*DIES_TOO, "qemu-system-x86_64", "-accel", "tcg,thread=multi", "-smp", "2", "-m", memory),
            *("-nodefaults", "-nographic", "-no-reboot", "-serial", "stdio"),
            *("-object", f"memory-backend-memfd,id=memory,size={memory},share=on"),
            *("-numa", "node,memdev=memory", "-chardev", f"socket,id=root,path={socket}"),
            *("-device", "vhost-user-fs-pci,chardev=root,tag=host"),
            *("-kernel", str(kernel), "-initrd", str(self.directory / "initial.cpio")),
            *("-append", f"console=ttyS0 quiet panic=-1 no_timer_check script={script}"),
        ]


def _output(*command: str | Path, folder: Path) -> str:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600, check=True).stdout

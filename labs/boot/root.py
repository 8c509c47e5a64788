"""Debian 13 as an image has it before its first boot, made once and kept in the user's cache."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

MIRROR = "http://deb.debian.org/debian"
RELEASE = "trixie"
SCRIPT = Path("/usr/share/debootstrap/scripts/sid")
"""How debootstrap makes any release; one that is older than the release does not know its name."""

PACKAGES = (
    *("ca-certificates", "cloud-init", "dbus", "iproute2", "kmod", "netplan.io", "procps", "python3"),
    *("openssh-server", "systemd-resolved", "systemd-sysv", "udev"),
)
"""What Debian's cloud images have and the hosts rely on. What a host installs itself is not among them."""

MAKE_SECONDS = 1800


class BootError(Exception):
    """A host that does not come up, or a machine that cannot boot one."""


def cache() -> Path:
    """The folder that keeps the root and the packages (XDG Base Directory Specification)."""
    named = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(named) if Path(named).is_absolute() else Path.home() / ".cache") / "aws-vpn" / RELEASE


def debian_root() -> Path:
    """The root, which is never written to again once it is whole."""
    root = cache() / "root"
    if root.exists():
        return root
    fresh = cache() / "unfinished"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.parent.mkdir(parents=True, exist_ok=True)
    command = ["debootstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}"]
    _run([*command, RELEASE, str(fresh), MIRROR, str(SCRIPT)])
    for path, text in _image().items():
        file = fresh / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    _run(["chroot", str(fresh), "depmod", platform.release()])
    (fresh / "etc/machine-id").write_text("")
    for key in (fresh / "etc/ssh").glob("ssh_host_*"):
        key.unlink()
    _run(["chroot", str(fresh), "systemctl", "mask", "console-getty.service"])
    _run(
        ["chroot", str(fresh), "systemctl", "enable", "systemd-networkd.service", "systemd-resolved.service"]
    )
    fresh.rename(root)
    return root


def _image() -> Mapping[str, str]:
    """What the image brings beside its packages; the kernel is this machine's, with what is built into it."""
    modules = f"usr/lib/modules/{platform.release()}"
    archive = "Types: deb\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n"
    return {
        "etc/apt/sources.list": "",
        "etc/apt/sources.list.d/debian.sources": (
            f"{archive}URIs: {MIRROR}\nSuites: {RELEASE} {RELEASE}-updates\n\n"
            f"{archive}URIs: {MIRROR}-security\nSuites: {RELEASE}-security\n"
        ),
        "etc/cloud/cloud.cfg.d/90_datasource.cfg": "datasource_list: [NoCloud, None]\n",
        f"{modules}/modules.builtin": "kernel/net/netfilter/nf_conntrack.ko\n",
        f"{modules}/modules.order": "",
    }


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=MAKE_SECONDS, check=False)
    except FileNotFoundError:
        raise BootError(f"{command[0]} is not installed; on Debian: apt-get install {command[0]}") from None
    if done.returncode != 0:
        said = (done.stdout + done.stderr)[-2000:]
        raise BootError(f"{' '.join(command)}: exit code {done.returncode}\n{said}")

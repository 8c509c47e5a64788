"""The programs of both ends: strongSwan's daemon with ESP in user space, and FRR."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from labs.namespaces import Host, Mounts, Program, wait_until

CHARON = "/usr/lib/ipsec/charon"
FRR = Path("/usr/lib/frr")


@dataclass(frozen=True)
class Daemon:
    """strongSwan's daemon, with files of its own."""

    host: Host
    mounts: Mounts
    program: Program

    def swanctl(self, *arguments: str) -> str:
        """What swanctl prints."""
        return self.host.run(["swanctl", *arguments], mounts=self.mounts).stdout


def start_daemon(host: Host, directory: Path, swanctl: Path, settings: str) -> Daemon:
    """Starts strongSwan with the given /etc/swanctl, and waits until it can be spoken to."""
    run = directory / "run"
    run.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(run)
    run.mkdir()
    configuration = directory / "strongswan.conf"
    configuration.write_text(settings, encoding="utf-8")
    mounts = {"/etc/swanctl": swanctl, "/etc/strongswan.conf": configuration, "/run": run}
    program = host.start(f"charon-{directory.name}", [CHARON], mounts=mounts)
    wait_until((run / "charon.vici").exists, 60, f"charon of {directory.name}")
    return Daemon(host, mounts, program)


def user_space_ipsec(port: int = 500, nat_port: int = 4500) -> str:
    """The settings that any daemon needs here. Its routes are looked at after all others."""
    return f"""
charon {{
  port = {port}
  port_nat_t = {nat_port}
  routing_table_prio = 40000
  load_modular = yes
  plugins {{
    include /etc/strongswan.d/charon/*.conf
    kernel-libipsec {{
      load = yes
      allow_peer_ts = yes
    }}
    bypass-lan {{
      load = no
    }}
  }}
  filelog {{
    stdout {{
      default = 1
      knl = 2
      flush_line = yes
    }}
  }}
}}
"""


def interfaces(host: Host) -> set[str]:
    """The names of a host's interfaces."""
    lines = host.run(["ip", "-o", "link", "show"]).stdout.splitlines()
    return {line.split(":")[1].strip().partition("@")[0] for line in lines}


def stand_in(host: Host, name: str) -> None:
    """A device under the TUN device's first name: the daemon hangs its own, unused routes on it."""
    host.run(["ip", "tuntap", "add", name, "mode", "tun"])
    host.interface_up(name)


@dataclass(frozen=True)
class Router:
    """FRR on a host, with files of its own."""

    host: Host
    mounts: Mounts

    def vtysh(self, *commands: str) -> str:
        """What vtysh prints."""
        options = [word for command in commands for word in ("-c", command)]
        return self.host.run(["vtysh", *options], mounts=self.mounts).stdout


def start_frr(host: Host, directory: Path, configuration: str) -> Router:
    """Starts FRR's daemons and loads the integrated configuration, all of which must be understood.

    The daemons stay root, since a program that changes its user would outlive a killed test run.
    """
    etc, run = directory / "etc", directory / "run"
    etc.mkdir(parents=True)
    (run / "frr").mkdir(parents=True)
    (etc / "frr.conf").write_text(configuration, encoding="utf-8")
    (etc / "vtysh.conf").write_text("service integrated-vtysh-config\n", encoding="utf-8")
    groups = directory / "group"
    groups.write_text(_with_member(Path("/etc/group").read_text("utf-8"), "frrvty", "root"), encoding="utf-8")
    mounts = {"/etc/frr": etc, "/run": run, "/etc/group": groups}
    for name in ("zebra", "staticd", "bgpd"):
        host.start(name, [str(FRR / name), "-u", "root", "-g", "root", "--log", "stdout"], mounts=mounts)
        wait_until((run / "frr" / f"{name}.vty").exists, 60, f"{name} on {host.name}")
    host.run(["vtysh", "-b"], mounts=mounts)
    return Router(host, mounts)


def _with_member(groups: str, group: str, member: str) -> str:
    lines = [f"{line},{member}" if line.startswith(f"{group}:") else line for line in groups.splitlines()]
    return "\n".join([*lines, ""])

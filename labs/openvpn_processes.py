"""OpenVPN's own processes on the hosts of a lab: servers with their archive's files, and clients."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from labs.namespaces import Host, NetworkError, Program, wait_until
from labs.openvpn_tunnel import Tunnel

CONNECTED = "Initialization Sequence Completed"


@dataclass(frozen=True)
class Server:
    """A running OpenVPN server."""

    tunnel: Tunnel
    host: Host
    root: Path
    program: Program

    def clients(self) -> dict[str, str]:
        """Each connected client's address, by name, as the server's status file has them."""
        status = self.root / "status.log"
        rows = [line.split(",") for line in status.read_text(encoding="utf-8").splitlines()]
        return {row[1]: row[3] for row in rows if row[0] == "CLIENT_LIST"}


@dataclass(frozen=True)
class Client:
    """A running OpenVPN client."""

    host: Host
    program: Program

    def connected(self, seconds: float = 20) -> float:
        """Wait until the tunnel is up; returns how long that took."""
        try:
            return wait_until(self.is_connected, seconds, "the tunnel", every=0.02)
        except NetworkError as error:
            raise NetworkError(f"{error}\n{self.program.log()}") from None

    def is_connected(self) -> bool:
        """Whether the tunnel came up, once at least."""
        return CONNECTED in self.program.log()

    def address(self) -> str:
        """The client's address in the tunnel."""
        links = json.loads(self.host.run(["ip", "-json", "-4", "address", "show"]).stdout)
        return next(
            link["addr_info"][0]["local"] for link in links if link["ifname"].startswith(("tun", "awsvpn"))
        )


def prepare(tunnel: Tunnel, host: Host, root: Path) -> None:
    """A server's files, keys, packet filter and kernel settings."""
    tunnel.files(root)
    tunnel.fetch(root)
    host.run(["nft", "-f", str(root / "etc/nftables.conf")])
    host.run(["sysctl", "-q", "-p", str(root / "etc/sysctl.d/60-openvpn.conf")])


def start_server(tunnel: Tunnel, host: Host, root: Path) -> Server:
    """OpenVPN as Debian's unit starts it, in its folder; waits until it serves."""
    status = ["--status", str(root / "status.log"), "1", "--status-version", "2"]
    command = ["openvpn", "--cd", "/etc/openvpn/server", *status, "--config", "server.conf"]
    mounts = {"/etc/openvpn/server": root / "etc/openvpn/server", "/run": root / "run"}
    program = host.start("openvpn", command, mounts=mounts)
    server = Server(tunnel, host, root, program)
    try:
        wait_until(lambda: CONNECTED in program.log(), 15, "the server", every=0.02)
    except NetworkError as error:
        raise NetworkError(f"{error}\n{program.log()}") from None
    return server


def connect(host: Host, profile: Path) -> Client:
    """OpenVPN with a profile as it is."""
    return Client(host, host.start("openvpn", ["openvpn", "--config", str(profile)]))


def block(profile: str, tag: str) -> str:
    """The inline file of a profile between <tag> and </tag>, with both."""
    found = re.search(rf"<{tag}>.*?</{tag}>\n", profile, re.DOTALL)
    assert found
    return found[0]

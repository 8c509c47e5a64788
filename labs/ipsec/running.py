"""A connection with both ends running, what befalls it, and how long its traffic is away."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from labs.ipsec.daemons import Router
from labs.ipsec.network import IpsecLab
from labs.namespaces import NetworkError, wait_until
from onprem.connection import Tunnel
from onprem.rendering import render

TUN_SEGMENT = 1360
"""Bytes: kernel-libipsec's TUN device takes packets of 1400, some less than ESP leaves in 1500."""

START = 240
"""Seconds until both tunnels are in use, on a machine with other work too."""

Act = Callable[[IpsecLab], None]


@dataclass(frozen=True)
class Fault:
    """What befalls tunnel 1, and what ends it."""

    title: str
    begin: Act
    end: Act


def _first(act: Callable[[IpsecLab, Tunnel], None]) -> Act:
    return lambda lab: act(lab, lab.connection.tunnels[0])


FAULTS: Mapping[str, Fault] = {
    "killed": Fault("AWS's end dies", _first(IpsecLab.kill_endpoint), _first(IpsecLab.start_endpoint)),
    "silent": Fault("the path goes silent", _first(IpsecLab.cut), IpsecLab.mend),
    "half-dead": Fault("IKE lives, ESP does not", _first(IpsecLab.cut_esp), IpsecLab.mend),
}


class Running:
    """A lab with both ends running, the router's by the files that are rendered for a device."""

    def __init__(self, lab: IpsecLab, watched: bool = True, device: str = "strongswan") -> None:
        self.lab = lab
        for tunnel in lab.connection.tunnels:
            lab.start_endpoint(tunnel)
        self.vpg: Router = lab.start_vpg()
        self.router: Router = lab.start_router(render(lab.connection, device), watched)
        self.seconds_to_start = wait_until(self.is_normal, START, "both tunnels in use")

    def is_normal(self) -> bool:
        """Whether traffic flows through tunnel 1 in both directions, and tunnel 2 stands by."""
        second = self.lab.connection.tunnels[1]
        return self.lab.tunnel_in_use() == (1, 1) and self.is_up(second) and self.lab.reaches_vpc()

    def is_up(self, tunnel: Tunnel) -> bool:
        """Whether the router's interface of a tunnel is up."""
        device = self.lab.interface(tunnel)
        return ",UP" in self.lab.router.run(["ip", "-o", "link", "show", "dev", device], check=False).stdout

    def seconds_to_recover(self, fault: Fault, found: float, back: float) -> tuple[float | None, float]:
        """Seconds until the traffic is there again, None if not within `found`; and to normal once it ended.

        Raises:
            NetworkError: it is not normal within `back` seconds.
        """
        fault.begin(self.lab)
        try:
            moved = wait_until(self.lab.reaches_vpc, found, "traffic through tunnel 2")
        except NetworkError:
            moved = None
        fault.end(self.lab)
        return moved, wait_until(self.is_normal, back, "traffic through tunnel 1 again")

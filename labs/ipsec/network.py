"""A VPN connection between an office and a VPC, with IPsec in user space.

    office -- router -- internet -- endpoint 1, endpoint 2 -- VPG -- private host

The router runs the files that `onprem` renders for strongSwan, byte for byte. The machine's kernel may have
neither ESP nor XFRM interfaces, so strongSwan's kernel-libipsec does ESP in user space, on a TUN device in
the place of the XFRM interface. One daemon has one such device and all tunnels share it; so each tunnel has a
daemon of its own, which loads that tunnel's file, and its TUN device gets the name of the tunnel's interface:
what is routed to the interface goes through that tunnel, as with XFRM interfaces.

AWS's end is made from the connection's options and not from the templates: an endpoint is a daemon in a
namespace of its own, whose TUN device is moved to the VPG, where FRR or static routes use it.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from labs.failover.wires import PoorCable
from labs.ipsec.amazon import AMAZONS_PACE, endpoint_configuration, updown, vpg_configuration
from labs.ipsec.daemons import Daemon, Router, interfaces, stand_in, start_daemon, start_frr, user_space_ipsec
from labs.namespaces import Host, Lab, Mounts
from onprem.connection import Connection, Tunnel
from onprem.rendering import RenderedFile

GATEWAY = "192.0.2.254"
SWANCTL = "/usr/sbin/swanctl"


class IpsecLab:
    """The hosts, and the two ends of the connection."""

    def __init__(self, lab: Lab, directory: Path, connection: Connection, *, poor_line: bool = False) -> None:
        """`poor_line`: the router's way to the internet can be impaired."""
        self.directory = directory
        self.line: PoorCable | None = None
        self.connection = connection
        self.office, self.router = lab.host("office"), lab.host("router")
        self.internet = lab.host("internet")
        self.endpoints = {
            tunnel.position: lab.host(f"aws-{tunnel.position}") for tunnel in connection.tunnels
        }
        self.vpg, self.private = lab.host("vpg"), lab.host("private")
        self.daemons: dict[int, Daemon] = {}
        lab.link(self.office, "eth0", self.router, "lan")
        lab.link(self.private, "eth0", self.vpg, "vpc")
        if poor_line:
            self.line = PoorCable(self.router, "wan", self.internet, "to-router")
        else:
            lab.link(self.router, "wan", self.internet, "to-router")
        self._public(self.router, str(connection.tunnels[0].customer_outside))
        for tunnel in connection.tunnels:
            endpoint = self.endpoints[tunnel.position]
            lab.link(endpoint, "wan", self.internet, f"to-{endpoint.name}")
            self._public(endpoint, str(tunnel.amazon_outside))
        for host in (self.router, self.internet, self.vpg):
            host.forward()
        self.office_address = self._network(self.office, self.router, "lan", connection.lans[0])
        subnet = next(connection.vpc_cidrs[0].subnets(new_prefix=24))
        self.private_address = self._network(self.private, self.vpg, "vpc", subnet)

    def _network(self, host: Host, gateway: Host, interface: str, network: IPv4Network) -> IPv4Address:
        """Addresses a host and its gateway; returns the host's address."""
        gateway.address(interface, f"{network[1]}/{network.prefixlen}")
        host.address("eth0", f"{network[20]}/{network.prefixlen}")
        host.route("default", str(network[1]))
        return network[20]

    def _public(self, host: Host, address: str) -> None:
        """Gives a host its address in the internet, which is the gateway of all."""
        port = f"to-{host.name}"
        host.address("wan", f"{address}/32")
        self.internet.address(port, f"{GATEWAY}/32")
        self.internet.run(["ip", "route", "add", f"{address}/32", "dev", port])
        host.run(["ip", "route", "add", "default", "via", GATEWAY, "dev", "wan", "onlink"])

    def interface(self, tunnel: Tunnel) -> str:
        """The name of a tunnel's interface on the router."""
        return tunnel.name

    def start_router(self, files: Sequence[RenderedFile], watched: bool = True) -> Router:
        """Runs the rendered files on the customer's router: a daemon for each tunnel, FRR, and the watch."""
        rendered = self.write(files)
        for tunnel in self.connection.tunnels:
            self._start_tunnel(rendered / "etc", tunnel)
        for tunnel in self.connection.tunnels:
            self.daemons[tunnel.position].swanctl("--load-all")
        routing = start_frr(
            self.router, self.directory / "router-frr", (rendered / "etc/frr/frr.conf").read_text("utf-8")
        )
        if watched:
            self.start_watch(rendered, routing)
        return routing

    def write(self, files: Sequence[RenderedFile]) -> Path:
        """Writes rendered files for the router, which is told what they say of its kernel; their folder."""
        rendered = self.directory / "rendered"
        for file in files:
            path = rendered / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file.content, encoding="utf-8")
            path.chmod(0o700 if file.executable else 0o600)
        self.router.run(["sysctl", "-q", "-p", str(rendered / "etc/sysctl.d/90-aws-vpn.conf")])
        return rendered

    def start_watch(self, rendered: Path, routing: Router) -> None:
        """Starts the rendered watch beside the router's FRR."""
        (watch,) = (rendered / "etc/aws-vpn").glob("watch-*")
        self.router.start("watch", [str(watch)], mounts={**routing.mounts, **self.commands()})

    def commands(self) -> Mounts:
        """What the watch commands the router's daemons with: a swanctl that knows each tunnel's own."""
        genuine, command = self.directory / "swanctl", self.directory / "swanctl-of-both"
        shutil.copy(SWANCTL, genuine)
        daemons = "\n".join(
            f"{tunnel.name}) socket={self.directory / f'router-{tunnel.position}' / 'run/charon.vici'} ;;"
            for tunnel in self.connection.tunnels
        )
        command.write_text(
            f"#!/bin/sh\nfor word; do case $word in\n{daemons}\nesac; done\n"
            f'exec {genuine} "$@" --uri "unix://$socket"\n',
            encoding="utf-8",
        )
        command.chmod(0o700)
        return {SWANCTL: command}

    def _start_tunnel(self, etc: Path, tunnel: Tunnel) -> None:
        directory = self.directory / f"router-{tunnel.position}"
        swanctl = directory / "swanctl"
        (swanctl / "conf.d").mkdir(parents=True)
        shutil.copy("/etc/swanctl/swanctl.conf", swanctl)
        shutil.copy(etc / "swanctl/conf.d" / f"{tunnel.name}.conf", swanctl / "conf.d")
        shutil.copy(etc / "swanctl/aws-vpn-updown", swanctl)
        settings = user_space_ipsec(500 * tunnel.position, 4000 + 500 * tunnel.position)
        settings += f"include {etc / 'strongswan.d/aws-vpn.conf'}\n"
        before = interfaces(self.router)
        daemon = start_daemon(self.router, directory, swanctl, settings)
        (device,) = interfaces(self.router) - before
        self.router.interface_up(device, up=False)
        self.router.run(["ip", "link", "set", device, "name", tunnel.name])
        stand_in(self.router, device)
        self.daemons[tunnel.position] = daemon

    def start_endpoint(self, tunnel: Tunnel) -> None:
        """Starts AWS's end of a tunnel. Both ends call, as with startupAction `start`.

        AWS calls port 500, which is the first daemon's; the second tunnel's end waits for the router.
        """
        host = self.endpoints[tunnel.position]
        directory = self.directory / f"endpoint-{tunnel.position}"
        swanctl = directory / "swanctl"
        (swanctl / "conf.d").mkdir(parents=True, exist_ok=True)
        device = f"tunnel{tunnel.position}"
        script = directory / "updown"
        script.write_text(updown(self.vpg.namespace, device), encoding="utf-8")
        script.chmod(0o700)
        (directory / "updown.sas").unlink(missing_ok=True)
        (swanctl / "swanctl.conf").write_text(endpoint_configuration(tunnel, script), encoding="utf-8")
        (swanctl / "swanctl.conf").chmod(0o600)
        before = interfaces(host)
        if "ipsec0" in before:
            host.run(["ip", "link", "delete", "ipsec0"])
        daemon = start_daemon(host, directory, swanctl, user_space_ipsec() + AMAZONS_PACE)
        host.run(["ip", "link", "set", "ipsec0", "netns", str(self.vpg.holder.pid)])
        stand_in(host, "ipsec0")
        self.vpg.run(["ip", "link", "set", "ipsec0", "name", device])
        prefix = tunnel.customer_inside.network.prefixlen
        self.vpg.address(device, f"{tunnel.amazon_inside}/{prefix}")
        self.vpg.run(["ip", "link", "set", device, "mtu", str(tunnel.mtu)])
        daemon.swanctl("--load-all")
        self.daemons[-tunnel.position] = daemon

    def kill_endpoint(self, tunnel: Tunnel) -> None:
        """Ends AWS's end of a tunnel at once: the router is not told."""
        self.daemons.pop(-tunnel.position).program.kill()

    def start_vpg(self) -> Router:
        """Starts the VPG's routing: BGP over both tunnels, or static routes that prefer tunnel 1."""
        return start_frr(self.vpg, self.directory / "vpg-frr", vpg_configuration(self.connection))

    def cut(self, tunnel: Tunnel) -> None:
        """Loses everything on the way to AWS's end of a tunnel, and from it, without a sign of it."""
        address = tunnel.amazon_outside
        chain = "add chain inet cut forward { type filter hook forward priority 0; }"
        drops = [f"add rule inet cut forward ip {end} {address} drop" for end in ("saddr", "daddr")]
        self.internet.run(["nft", "; ".join(["add table inet cut", chain, *drops])])

    def cut_esp(self, tunnel: Tunnel) -> None:
        """Loses what is encrypted on the way to AWS's end of a tunnel, and from it; IKE goes on.

        On port 4500 IKE is told from ESP by four octets of zero after UDP's header (RFC 3948, section 2.2).
        """
        address = tunnel.amazon_outside
        chain = "add chain inet cut forward { type filter hook forward priority 0; }"
        drops = [
            f"add rule inet cut forward ip {end}addr {address} udp {end}port 4500 @th,64,32 != 0 drop"
            for end in ("s", "d")
        ]
        self.internet.run(["nft", "; ".join(["add table inet cut", chain, *drops])])

    def mend(self) -> None:
        """Ends what `cut` or `cut_esp` did."""
        self.internet.run(["nft", "delete table inet cut"])

    def reaches_vpc(self) -> bool:
        """Whether the office reaches the private host within 0.3 s."""
        return self.office.reaches(str(self.private_address), seconds=0.3)

    def tunnel_in_use(self) -> tuple[int, int]:
        """The tunnels through which the router and the VPG send now, by position; 0 for none."""
        names = {self.interface(tunnel): tunnel.position for tunnel in self.connection.tunnels}
        names |= {f"tunnel{tunnel.position}": tunnel.position for tunnel in self.connection.tunnels}
        there = _device_to(self.router, self.private_address)
        back = _device_to(self.vpg, self.office_address)
        return names.get(there, 0), names.get(back, 0)


def _device_to(host: Host, address: IPv4Address) -> str:
    words = host.run(["ip", "route", "get", str(address)], check=False).stdout.split()
    return words[words.index("dev") + 1] if "dev" in words else ""

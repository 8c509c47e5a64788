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
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from labs.namespaces import Host, Lab, Mounts, Program, wait_until
from onprem.connection import Connection, Proposals, Tunnel
from onprem.rendering import RenderedFile

CHARON = "/usr/lib/ipsec/charon"
FRR = Path("/usr/lib/frr")

_ENCRYPTION = {
    "AES128": "aes128",
    "AES256": "aes256",
    "AES128-GCM-16": "aes128gcm16",
    "AES256-GCM-16": "aes256gcm16",
}
_INTEGRITY = {"SHA1": "sha1", "SHA2-256": "sha256", "SHA2-384": "sha384", "SHA2-512": "sha512"}
_GROUP = {14: "modp2048", 19: "ecp256", 20: "ecp384", 21: "ecp521"}


def _one_proposal_each(phase: Proposals, prf: bool) -> str:
    """Every combination that the options allow, as a proposal of its own."""
    proposals: list[str] = []
    for group in phase.dh_groups:
        for cipher in phase.block_ciphers:
            proposals += [f"{_ENCRYPTION[cipher]}-{_INTEGRITY[i]}-{_GROUP[group]}" for i in phase.integrities]
        for cipher in phase.combined_ciphers:
            prfs = [f"prf{_INTEGRITY[i]}-" for i in phase.integrities] if prf else [""]
            proposals += [f"{_ENCRYPTION[cipher]}-{each}{_GROUP[group]}" for each in prfs]
    return ", ".join(proposals)


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
    wait_until((run / "charon.vici").exists, 10, f"charon of {directory.name}")
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
        wait_until((run / "frr" / f"{name}.vty").exists, 10, f"{name} on {host.name}")
    host.run(["vtysh", "-b"], mounts=mounts)
    return Router(host, mounts)


def _with_member(groups: str, group: str, member: str) -> str:
    lines = [f"{line},{member}" if line.startswith(f"{group}:") else line for line in groups.splitlines()]
    return "\n".join([*lines, ""])


class IpsecLab:
    """The hosts, and the two ends of the connection."""

    def __init__(self, lab: Lab, directory: Path, connection: Connection) -> None:
        self._directory = directory
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
        self._public(lab, self.router, str(connection.tunnels[0].customer_outside))
        for tunnel in connection.tunnels:
            self._public(lab, self.endpoints[tunnel.position], str(tunnel.amazon_outside))
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

    def _public(self, lab: Lab, host: Host, address: str) -> None:
        """Connects a host to the internet, which routes its address to it."""
        port = f"to-{host.name}"
        lab.link(host, "wan", self.internet, port)
        host.address("wan", f"{address}/32")
        self.internet.run(["ip", "route", "add", f"{address}/32", "dev", port])
        host.run(["ip", "route", "add", "default", "dev", "wan"])
        self.internet.run(["sysctl", "-qw", f"net.ipv4.conf.{port}.proxy_arp=1"])

    def start_router(self, files: Sequence[RenderedFile], watched: bool = True) -> Router:
        """Runs the rendered files on the customer's router: a daemon for each tunnel, FRR, and the watch."""
        rendered = self._directory / "rendered"
        for file in files:
            path = rendered / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file.content, encoding="utf-8")
            path.chmod(0o700 if file.executable else 0o600)
        self.router.run(["sysctl", "-q", "-p", str(rendered / "etc/sysctl.d/90-aws-vpn.conf")])
        for tunnel in self.connection.tunnels:
            self._start_tunnel(rendered / "etc", tunnel)
        for tunnel in self.connection.tunnels:
            self.daemons[tunnel.position].swanctl("--load-all")
        routing = start_frr(
            self.router, self._directory / "router-frr", (rendered / "etc/frr/frr.conf").read_text("utf-8")
        )
        if watched:
            (watch,) = (rendered / "etc/aws-vpn").glob("watch-*")
            self.router.start("watch", [str(watch)], mounts=routing.mounts)
        return routing

    def _start_tunnel(self, etc: Path, tunnel: Tunnel) -> None:
        directory = self._directory / f"router-{tunnel.position}"
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
        directory = self._directory / f"endpoint-{tunnel.position}"
        swanctl = directory / "swanctl"
        (swanctl / "conf.d").mkdir(parents=True, exist_ok=True)
        (swanctl / "swanctl.conf").write_text(_endpoint_configuration(tunnel), encoding="utf-8")
        (swanctl / "swanctl.conf").chmod(0o600)
        before = interfaces(host)
        if "ipsec0" in before:
            host.run(["ip", "link", "delete", "ipsec0"])
        daemon = start_daemon(host, directory, swanctl, user_space_ipsec())
        host.run(["ip", "link", "set", "ipsec0", "netns", str(self.vpg.holder.pid)])
        stand_in(host, "ipsec0")
        device = f"tunnel{tunnel.position}"
        self.vpg.run(["ip", "link", "set", "ipsec0", "name", device])
        prefix = tunnel.customer_inside.network.prefixlen
        self.vpg.address(device, f"{tunnel.amazon_inside}/{prefix}")
        self.vpg.run(["ip", "link", "set", device, "mtu", str(tunnel.mtu), "up"])
        daemon.swanctl("--load-all")
        self.daemons[-tunnel.position] = daemon

    def kill_endpoint(self, tunnel: Tunnel) -> None:
        """Ends AWS's end of a tunnel at once: the router is not told."""
        self.daemons.pop(-tunnel.position).program.kill()

    def start_vpg(self) -> Router:
        """Starts the VPG's routing: BGP over both tunnels, or static routes that prefer tunnel 1."""
        return start_frr(self.vpg, self._directory / "vpg-frr", _vpg_configuration(self.connection))

    def cut(self, tunnel: Tunnel) -> None:
        """Loses everything on the way to AWS's end of a tunnel, and from it: nobody is told."""
        address = tunnel.amazon_outside
        chain = "add chain inet cut forward { type filter hook forward priority 0; }"
        drops = [f"add rule inet cut forward ip {end} {address} drop" for end in ("saddr", "daddr")]
        self.internet.run(["nft", "; ".join(["add table inet cut", chain, *drops])])

    def cut_esp(self, tunnel: Tunnel) -> None:
        """Loses what is encrypted on the way to AWS's end of a tunnel, and from it; IKE goes on.

        IKE in UDP is told from ESP by four octets of zero after UDP's header (RFC 3948, section 2.2).
        """
        address = tunnel.amazon_outside
        chain = "add chain inet cut forward { type filter hook forward priority 0; }"
        drops = [
            f"add rule inet cut forward ip {end} {address} meta l4proto udp @th,64,32 != 0 drop"
            for end in ("saddr", "daddr")
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
        names = {tunnel.name: tunnel.position for tunnel in self.connection.tunnels}
        names |= {f"tunnel{tunnel.position}": tunnel.position for tunnel in self.connection.tunnels}
        there = _device_to(self.router, self.private_address)
        back = _device_to(self.vpg, self.office_address)
        return names.get(there, 0), names.get(back, 0)


def _device_to(host: Host, address: IPv4Address) -> str:
    words = host.run(["ip", "route", "get", str(address)], check=False).stdout.split()
    return words[words.index("dev") + 1] if "dev" in words else ""


def _endpoint_configuration(tunnel: Tunnel) -> str:
    return f"""
connections {{
  customer {{
    version = {tunnel.ike_version}
    local_addrs = {tunnel.amazon_outside}
    remote_addrs = {tunnel.customer_outside}
    keyingtries = 0
    proposals = {_one_proposal_each(tunnel.ike, prf=True)}
    dpd_delay = 10s
    mobike = no
    unique = replace
    local {{
      auth = psk
      id = {tunnel.amazon_outside}
    }}
    remote {{
      auth = psk
      id = {tunnel.customer_outside}
    }}
    children {{
      customer {{
        local_ts = 0.0.0.0/0
        remote_ts = 0.0.0.0/0
        esp_proposals = {_one_proposal_each(tunnel.esp, prf=False)}
        start_action = {"start" if tunnel.position == 1 else "none"}
        dpd_action = {"restart" if tunnel.position == 1 else "clear"}
      }}
    }}
  }}
}}
secrets {{
  ike-customer {{
    id-1 = {tunnel.customer_outside}
    secret = "{tunnel.preshared_key}"
  }}
}}
"""


def _vpg_configuration(connection: Connection) -> str:
    lines = ["frr defaults traditional"]
    if connection.bgp is None:
        for lan in connection.lans:
            lines += [f"ip route {lan} tunnel1 10", f"ip route {lan} tunnel2 20"]
        return "\n".join([*lines, ""])
    lines += [f"router bgp {connection.bgp.amazon_asn}", " no bgp ebgp-requires-policy"]
    lines += [" no bgp network import-check", " bgp router-id 169.254.255.1"]
    for tunnel in connection.tunnels:
        peer = f" neighbor {tunnel.customer_inside.ip}"
        lines += [f"{peer} remote-as {connection.bgp.customer_asn}"]
        lines += [f"{peer} timers {connection.bgp.keepalive} {connection.bgp.hold_time}"]
    lines += [" address-family ipv4 unicast", *(f"  network {cidr}" for cidr in connection.vpc_cidrs)]
    return "\n".join([*lines, " exit-address-family", ""])

"""What strangers can do to a tunnel without a certificate: floods of first packets, and silent connections.

    python -m benchmarks.openvpn_flood [--seconds 60]

Needs root and the Debian packages in tests/dataplane/packages.txt. Attackers, server and clients share this
machine's processors. The tests of the data plane have the same attacks, shorter.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from labs.moto_server import cloud_server
from labs.openvpn_flood import Attack, endure, first_packets, silent_connections
from labs.openvpn_network import Network, network, served
from labs.openvpn_processes import Server, connect
from labs.openvpn_tunnel import Tunnel

Begin = Callable[[Network, Path, Server], Attack]

ATTACKS: dict[str, tuple[str, Begin]] = {
    "500 first packets a second, 1 address": (
        "udp",
        lambda net, profile, server: first_packets(net, profile, server.tunnel.host.port, 1),
    ),
    "500 first packets a second, 200 addresses": (
        "udp",
        lambda net, profile, server: first_packets(net, profile, server.tunnel.host.port, 200),
    ),
    "1,800 silent connections, 3 addresses": (
        "tcp",
        lambda net, _, server: silent_connections(net, server.tunnel.host.port),
    ),
}


def main() -> None:
    """Attack, and print a line an attack."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60, help="length of each attack")
    parser.add_argument("--attack", choices=sorted({protocol for protocol, _ in ATTACKS.values()}))
    options = parser.parse_args()
    seconds = options.seconds
    for name, (protocol, begin) in ATTACKS.items():
        if options.attack not in (None, protocol):
            continue
        with _serving(protocol) as (net, server):
            session = connect(net.laptop, server.tunnel.profile("alice"))
            session.connected()
            newcomer = server.tunnel.profile("bob")
            noticed = endure(server, net, begin(net, newcomer, server), seconds, session, newcomer)
        print(f"{name}: {noticed}", flush=True)


@contextmanager
def _serving(protocol: str) -> Generator[tuple[Network, Server]]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        cloud = stack.enter_context(cloud_server(folder))
        tunnel = Tunnel(folder / "tunnel", cloud, {"protocol": protocol})
        tunnel.access("init")
        tunnel.access("publish")
        net = stack.enter_context(network(folder / "logs"))
        yield net, stack.enter_context(served(tunnel, net, folder / "server"))


if __name__ == "__main__":
    main()

"""What strangers can do to a tunnel without a certificate: floods of first packets, and silent connections.

    python -m benchmarks.openvpn_flood [--seconds 60]

The pair's monitor watches meanwhile, as deployed. Needs root and the Debian packages in
tests/dataplane/packages.txt. Attackers, servers and clients share this machine's processors. The tests of the
data plane have the same attacks, shorter.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

from labs.failover.clients import connect_laptop
from labs.failover.network import FailoverNetwork, failover_network
from labs.openvpn_flood import Attack, endure, first_packets, silent_connections

Begin = Callable[[FailoverNetwork, Path], Attack]

ATTACKS: dict[str, tuple[str, Begin]] = {
    "500 first packets a second, 1 address": (
        "udp",
        lambda net, profile: first_packets(net, profile, net.tunnel.host.port, 1),
    ),
    "500 first packets a second, 200 addresses": (
        "udp",
        lambda net, profile: first_packets(net, profile, net.tunnel.host.port, 200),
    ),
    "1,800 silent connections, 3 addresses": (
        "tcp",
        lambda net, _: silent_connections(net, net.tunnel.host.port),
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
        with (
            tempfile.TemporaryDirectory() as folder,
            failover_network(Path(folder), protocol=protocol) as net,
        ):
            session = connect_laptop(net)
            newcomer = net.tunnel.profile("bob")
            noticed = endure(net, begin(net, newcomer), seconds, session, newcomer)
        print(f"{name}: {noticed}", flush=True)


if __name__ == "__main__":
    main()

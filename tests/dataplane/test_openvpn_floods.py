"""Strangers who send without end: neither the monitor nor anybody with a certificate notices them."""

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from labs.moto_server import cloud_server
from labs.openvpn_flood import Attack, Noticed, endure, first_packets, silent_connections
from labs.openvpn_network import Network, network, served
from labs.openvpn_processes import Server, connect
from labs.openvpn_tunnel import Tunnel

SECONDS = 12
READABLE = 2000
"""Lines in half a minute that the journal takes of a service (`LogRateLimitBurst`)."""


@contextmanager
def serving(folder: Path, protocol: str) -> Generator[tuple[Network, Server]]:
    with ExitStack() as stack:
        cloud = stack.enter_context(cloud_server(folder))
        tunnel = Tunnel(folder / "tunnel", cloud, {"protocol": protocol})
        tunnel.access("init")
        tunnel.access("publish")
        net = stack.enter_context(network(folder / "logs"))
        yield net, stack.enter_context(served(tunnel, net, folder / "server"))


@pytest.fixture(scope="module")
def udp(tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[Network, Server]]:
    with serving(tmp_path_factory.mktemp("udp"), "udp") as running:
        yield running


@pytest.fixture(scope="module")
def tcp(tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[Network, Server]]:
    with serving(tmp_path_factory.mktemp("tcp"), "tcp") as running:
        yield running


@pytest.mark.parametrize("addresses", [1, 200])
def test_replayed_first_packets_shut_nobody_out(udp: tuple[Network, Server], addresses: int) -> None:
    net, server = udp
    newcomer = server.tunnel.profile(f"bob-{addresses}")
    attack = first_packets(net, newcomer, server.tunnel.host.port, addresses)
    unnoticed(attacked(net, server, attack, newcomer))
    assert ("refused" if addresses == 1 else "from many addresses") in alarms(server)


def test_silent_connections_shut_nobody_out(tcp: tuple[Network, Server]) -> None:
    net, server = tcp
    attack = silent_connections(net, server.tunnel.host.port)
    unnoticed(attacked(net, server, attack, server.tunnel.profile("bob")))
    assert "refused" in alarms(server)


def attacked(net: Network, server: Server, attack: Attack, newcomer: Path) -> Noticed:
    session = connect(net.another_laptop(), server.tunnel.profile(f"alice-{newcomer.stem}"))
    session.connected()
    try:
        return endure(server, net, attack, SECONDS, session, newcomer)
    finally:
        session.program.stop()


def unnoticed(noticed: Noticed) -> None:
    assert noticed.probes >= SECONDS / 2, noticed
    assert noticed.lost_in_a_row < 3, noticed
    assert noticed.connected_after is not None, noticed
    assert noticed.connected_after < 10, noticed
    assert noticed.echoes_heard >= 0.98 * noticed.echoes_sent > 0, noticed
    assert noticed.log_lines < READABLE, noticed


def alarms(server: Server) -> set[str]:
    """What the packet filter logged of floods, by its counts: the kernel's log is the whole machine's."""
    shown = server.host.run(["nft", "list", "table", "inet", "openvpn"]).stdout
    logged = re.findall(r'counter packets (\d+) .*"openvpn-flood: ([\w ]+) "', shown)
    return {reason for packets, reason in logged if int(packets)}

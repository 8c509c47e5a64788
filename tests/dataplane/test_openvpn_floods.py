"""Strangers who send without end: neither the monitor nor anybody with a certificate notices them."""

from __future__ import annotations

import re
from collections.abc import Generator
from pathlib import Path

import pytest

from labs.failover.network import FailoverNetwork, failover_network
from labs.openvpn_flood import Attack, Noticed, endure, first_packets, silent_connections
from labs.openvpn_processes import connect

SECONDS = 12
READABLE = 2000
"""Lines in half a minute that the journal takes of a service (`LogRateLimitBurst`)."""


@pytest.fixture(scope="module")
def udp(tmp_path_factory: pytest.TempPathFactory) -> Generator[FailoverNetwork]:
    with failover_network(tmp_path_factory.mktemp("udp")) as net:
        yield net


@pytest.fixture(scope="module")
def tcp(tmp_path_factory: pytest.TempPathFactory) -> Generator[FailoverNetwork]:
    with failover_network(tmp_path_factory.mktemp("tcp"), protocol="tcp") as net:
        yield net


@pytest.mark.parametrize("addresses", [1, 200])
def test_replayed_first_packets_shut_nobody_out(udp: FailoverNetwork, addresses: int) -> None:
    newcomer = udp.tunnel.profile(f"bob-{addresses}")
    unnoticed(attacked(udp, first_packets(udp, newcomer, udp.tunnel.host.port, addresses), newcomer))
    assert ("refused" if addresses == 1 else "from many addresses") in alarms(udp)


def test_silent_connections_shut_nobody_out(tcp: FailoverNetwork) -> None:
    unnoticed(attacked(tcp, silent_connections(tcp, tcp.tunnel.host.port), tcp.tunnel.profile("bob")))
    assert "refused" in alarms(tcp)


def attacked(net: FailoverNetwork, attack: Attack, newcomer: Path) -> Noticed:
    session = connect(net.another_laptop(), net.tunnel.profile(f"alice-{newcomer.stem}"))
    session.connected()
    try:
        return endure(net, attack, SECONDS, session, newcomer)
    finally:
        session.program.stop()


def unnoticed(noticed: Noticed) -> None:
    assert noticed.probes >= SECONDS / 2, noticed
    assert noticed.lost_in_a_row < 3, noticed
    assert (noticed.downs, noticed.moves) == (0, 0), noticed
    assert noticed.connected_after is not None, noticed
    assert noticed.connected_after < 10, noticed
    assert noticed.echoes_heard >= 0.98 * noticed.echoes_sent > 0, noticed
    assert noticed.log_lines < READABLE, noticed


def alarms(net: FailoverNetwork) -> set[str]:
    """What the packet filter logged of floods, by its counts: the kernel's log is the whole machine's."""
    shown = net.box(net.staff, "main").host.run(["nft", "list", "table", "inet", "openvpn"]).stdout
    logged = re.findall(r'counter packets (\d+) .*"openvpn-flood: ([\w ]+) "', shown)
    return {reason for packets, reason in logged if int(packets)}

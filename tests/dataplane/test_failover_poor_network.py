"""A poor network between the monitor and everything else: no false move, and a true fault is still seen.

A minute and a half with 5 % of the packets lost and 200 ms delay, each way, stand for the ten minutes that
`benchmarks/failover.py --poor-network 600` runs.
"""

from __future__ import annotations

from collections.abc import Generator

import pytest

from labs.failover.checks import Failover, failover

SECONDS = 90


@pytest.fixture
def lab(tmp_path_factory: pytest.TempPathFactory) -> Generator[Failover]:
    with failover(tmp_path_factory.mktemp("poor"), poor_cable=True) as lab:
        yield lab


def test_loss_and_delay_move_nothing_and_hide_nothing(lab: Failover) -> None:
    monitors = [lab.monitor(lab.net.staff), lab.monitor(lab.net.nat)]
    lab.net.impair_monitor(delay_seconds=0.2, loss=0.05)
    lab.stays(SECONDS, lambda: lab.all_on("main", "main"))
    for monitor in monitors:
        assert monitor.program.is_running()
        assert not monitor.events("move-began")
    lab.net.freeze(lab.net.staff, "main")
    monitors[0].wait("moved", 30)
    lab.settles_on("standby", "main")
    lab.traffic_flows()

"""How much hosts take: a tunnel of 500 offices and 2,000 fixed addresses, a monitor of 1,000 routes."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Mapping
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest
import yaml

from hosts.openvpn_server import content
from hosts.programs.failover_monitor.configuration import parse_configuration
from hosts.programs.failover_monitor.moving import Ask, Look, looked
from hosts.programs.failover_monitor.view import View
from hosts.user_data import ArchivePlace, user_data
from stacks.hosts import openvpn_server
from stacks.settings import Settings
from stacks.stack_file import SettingsError, parse
from tests.unit.test_failover_monitor_configuration import DOCUMENT

PLACE = ArchivePlace("eu-central-1", "123456789012", "bucket", "hosts/x.tar", "/log")
USER_DATA_BYTES = 16384
"""What EC2 takes ("Run commands when you launch an EC2 instance with user data input")."""

POOL = IPv4Network("172.24.0.0/21")
LANS = list(IPv4Network("172.20.0.0/14").subnets(new_prefix=24))
DEV = Path(__file__).parents[2] / "stacks/Pulumi.dev.yaml"


def settings(offices: int, fixed_addresses: int = 0) -> Settings:
    config: dict[str, Any] = yaml.safe_load(DEV.read_text(encoding="utf-8"))["config"]
    config["aws-vpn:openVpn"][0] |= {
        "clientPool": str(POOL),
        "offices": [{"name": f"o{i}", "lanCidrs": [str(LANS[i])]} for i in range(offices)],
        "fixedAddresses": {f"client-{i}": str(POOL[i + 2]) for i in range(fixed_addresses)},
    }
    return parse("dev", config)


def unpacked(archive: bytes) -> Mapping[str, str]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        return {member.name: files.extractfile(member).read().decode() for member in files.getmembers()}  # type: ignore[union-attr]


def test_a_tunnel_takes_500_offices_and_2000_fixed_addresses() -> None:
    large = settings(500, 2000)
    made = content(openvpn_server("dev", large, large.open_vpn[0]))
    files = unpacked(made.archive)
    folder = "etc/openvpn/server"
    offices = {name: text for name, text in files.items() if name.startswith(f"{folder}/ccd/")}
    assert len(offices) == 500
    assert offices[f"{folder}/ccd/site-o499"] == "iroute 172.21.243.0 255.255.255.0\n"
    fixed = dict(line.split(",")[:2] for line in files[f"{folder}/fixed-addresses"].splitlines())
    assert fixed == {f"client-{i}": str(POOL[i + 2]) for i in range(2000)}
    routes = [line for line in files[f"{folder}/server.conf"].splitlines() if line.startswith("route ")]
    assert len(routes) == 500
    assert len(user_data(made, PLACE).encode()) < USER_DATA_BYTES


def test_a_monitor_takes_1000_routes() -> None:
    routes = [
        {"routeTableId": f"rtb-{table:017x}", "destination": str(lan)}
        for table in range(2)
        for lan in LANS[:500]
    ]
    monitored = parse_configuration(json.dumps(DOCUMENT | {"routes": routes}))
    assert len(monitored.routes) == 1000
    main = monitored.main.network_interface_id
    view = View("main", main, "", dict.fromkeys(monitored.routes, main), {})
    move = looked(Look("standby", "main"), monitored, view)
    assert isinstance(move, Ask)
    assert (move.associate, len(move.point), move.create) == (True, 1000, ())


def test_as_many_offices_as_a_route_table_takes_and_not_one_more() -> None:
    assert len(settings(998).open_vpn[0].offices) == 998
    with pytest.raises(SettingsError) as refused:
        settings(999)
    assert "openVpn = 1001 routes; should be at most 1000 routes to client pools" in str(refused.value)


def test_as_many_fixed_addresses_as_the_pool_has_and_not_one_more() -> None:
    assert len(settings(0, 2045).open_vpn[0].fixed_addresses) == 2045
    with pytest.raises(SettingsError) as refused:
        settings(0, 2046)
    assert "openVpn[0].fixedAddresses.client-2045 = 172.24.7.255; should be an address" in str(refused.value)

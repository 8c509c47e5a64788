"""Reports of environments with as many sites as asked for, their tunnels in each state."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from operations.cost.model import Cost, CostLine
from operations.report.gather import environment, free_blocks, ranges
from operations.report.model import Issued, PolicyFinding, Report
from operations.status.causes import cause
from operations.status.findings import findings
from operations.status.model import EnvironmentState
from stacks.stack_file import parse

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
ZONES = ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
KEY_MISMATCH = "AWS tunnel detected a pre-shared key mismatch with cgw: 203.0.113.10"


def report(sites: int, *, asked: bool = True) -> Report:
    """An environment of that many sites; every third has a tunnel down, every seventh both."""
    names = [f"site-{i:02}-with-long-name" for i in range(1, sites + 1)]
    settings = parse("Pulumi.prod.yaml", _config(names))
    state = _state(names) if asked else None
    taken = tuple(ranges("prod", settings))
    said = PolicyFinding(
        policy="tunnel-logs",
        level="advisory",
        resource="hardware-vpn",
        text="Logs are off.",
        waived_until=NOW.date(),
    )
    return Report(
        generated_at=NOW,
        environments=(
            environment("prod", settings, state).model_copy(
                update={"cost": _cost(), "pending": ("NAT: gateways, was instances",)}
            ),
        ),
        ranges=taken,
        free=tuple(map(str, free_blocks(taken))),
        policies=(said,),
        changes=("prod: site-01's tunnel 1: down, was up",),
        clients=tuple(_issued(state, i) for i, state in enumerate(("valid", "expiring", "revoked"))),
    )


def _issued(state: Literal["valid", "expiring", "revoked"], i: int) -> Issued:
    until, revoked = NOW + timedelta(days=20), NOW if state == "revoked" else None
    return Issued(
        stack="prod",
        tunnel="staff",
        name=f"client-{i}",
        kind="client",
        valid_until=until,
        state=state,
        revoked=revoked,
    )


def _cost() -> Cost:
    lines = tuple(
        CostLine(component="openvpn-staff", product=key, words=key, count=2, monthly=monthly)
        for key, monthly in (("vpn-connection", 73.0), ("instance/x9.metal", None))
    )
    return Cost(
        stack="prod",
        region="eu-central-1",
        prices_of=NOW.date(),
        source="",
        lines=lines,
        total=73.0,
        budget=50.0,
        by_use=(),
        unpriced=("instance/x9.metal",),
    )


def _config(names: list[str]) -> dict[str, Any]:
    return {
        "aws:region": "eu-central-1",
        "aws-vpn:network": {"cidr": "10.30.0.0/16", "availabilityZones": ZONES},
        "aws-vpn:hardwareVpn": {
            "connectionQuota": max(10, len(names)),
            "sites": [
                {
                    "name": name,
                    "publicIp": f"198.51.100.{i + 1}",
                    "lanCidrs": [f"192.168.{i}.0/25", f"192.168.{i}.128/25"],
                    **({"bgpAsn": 4200000000 + i} if i % 2 else {}),
                }
                for i, name in enumerate(names)
            ],
        },
        "aws-vpn:openVpn": [
            {
                "name": "staff",
                "clientPool": "172.27.8.0/22",
                "permitted": ["private-a", "private-b", "private-c"],
                "offices": [{"name": "porto", "lanCidrs": ["172.20.0.0/24"]}],
            },
            {
                "name": "restricted",
                "clientPool": "172.27.12.0/24",
                "permitted": ["private-a"],
                "protocol": "tcp",
            },
        ],
        "aws-vpn:nat": {"mode": "instances"},
    }


def _state(names: list[str]) -> EnvironmentState:
    state = EnvironmentState.model_validate(
        {
            "stack": "prod",
            "region": "eu-central-1",
            "deployed": True,
            "sites": [_site(name, i) for i, name in enumerate(names)],
            "pairs": [
                _pair("staff", "openvpn", "standby"),
                _pair("restricted", "openvpn", "main"),
                _pair("nat", "nat", "nobody"),
            ],
        }
    )
    return state.model_copy(update={"findings": tuple(findings(state, NOW))})


def _site(name: str, i: int) -> dict[str, Any]:
    return {
        "name": name,
        "vpn_connection_id": f"vpn-0123456789abcde{i:02}",
        "customer_gateway_id": f"cgw-0123456789abcde{i:02}",
        "routing": "bgp" if i % 2 else "static",
        "tunnels": [
            _tunnel(f"203.0.113.{100 + i}", up=i % 3 != 0),
            _tunnel(f"203.0.113.{170 + i}", up=i % 7 != 6),
        ],
    }


def _tunnel(address: str, *, up: bool) -> dict[str, Any]:
    return {
        "outside_address": address,
        "inside_cidr": "169.254.30.0/30",
        "up": up,
        "since": NOW - timedelta(hours=5),
        "accepted_routes": 2 if up else 0,
        "message": "",
        "cause": None if up else cause([KEY_MISMATCH]),
    }


def _pair(name: str, kind: str, holder: str) -> dict[str, Any]:
    servers = [
        {
            "role": role,
            "instance_id": f"i-0123456789abcdef{n}",
            "zone": ZONES[n],
            "private_address": f"10.30.0.{n + 4}",
            "running": "running",
            "healthy": True,
        }
        for n, role in enumerate(("main", "standby"))
    ]
    seen = {"anna": NOW, "ben.of-the-very-long-name@prod.example.internal": NOW}
    return {
        "name": name,
        "kind": kind,
        "public_ip": "203.0.113.254",
        "holder": holder,
        "servers": servers,
        "sessions": ("anna",) if kind == "openvpn" else None,
        "last_seen": seen if kind == "openvpn" else {},
    }

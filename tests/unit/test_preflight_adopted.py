"""What preflight makes of an account in which a VPC and a VPN were there before the stack."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from operations.preflight.account import Account
from operations.preflight.conflicts import customer_gateways, names, overlaps
from operations.status.asking import Clients
from stacks.validation import parse

VPC, GATEWAY = "vpc-0a1b2c3d4e5f60718", "cgw-0a1b2c3d4e5f60718"
CONFIG: dict[str, Any] = {
    "aws:region": "eu-central-1",
    "aws-vpn:network": {
        "cidr": "10.60.0.0/16",
        "availabilityZones": ["eu-central-1a"],
        "existing": {"vpcId": VPC, "routeTables": []},
    },
    "aws-vpn:hardwareVpn": {
        "adopted": {"vpgId": "vgw-0a1b2c3d4e5f60718", "keep": ["tags"]},
        "sites": [
            {
                "name": "berlin",
                "publicIp": "203.0.113.7",
                "lanCidrs": ["192.168.160.0/24"],
                "adopted": {
                    "vpnConnectionId": "vpn-0a1b2c3d4e5f60718",
                    "customerGatewayId": GATEWAY,
                    "staticRoutes": ["192.168.160.0/24"],
                },
            }
        ],
    },
}


@dataclass
class Told(Account):
    """An account whose answers are given, empty ones else."""

    answers: dict[str, list[dict[str, Any]]] = field(default_factory=dict[str, list[dict[str, Any]]])

    def call(self, service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        (key,) = (key for key in KEYS if key in operation.replace("_", ""))
        return {KEYS[key]: self.answers.get(KEYS[key], [])}

    def pages(self, service: str, operation: str, key: str, **arguments: Any) -> list[dict[str, Any]]:
        return self.answers.get(key, [])


KEYS = {
    "customergateways": "CustomerGateways",
    "vpngateways": "VpnGateways",
    "securitygroups": "SecurityGroups",
    "peeringconnections": "VpcPeeringConnections",
    "transitgatewayroutetables": "TransitGatewayRouteTables",
}


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Told:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "none")
    return Told("legacy", parse("legacy", CONFIG), Clients("eu-central-1"))


def test_an_adopted_gateway_is_not_in_its_own_way(account: Told) -> None:
    gateway = {"CustomerGatewayId": GATEWAY, "State": "available", "IpAddress": "203.0.113.7"}
    account.answers["CustomerGateways"] = [gateway]
    assert [line.state for line in customer_gateways(account)] == ["ok"]
    account.answers["CustomerGateways"].append({**gateway, "CustomerGatewayId": "cgw-00000000"})
    (line,) = customer_gateways(account)
    assert (line.state, "cgw-00000000" in line.found) == ("warning", True)


def test_log_groups_of_a_stack_that_keeps_old_tags_are_its_own(account: Told) -> None:
    account.answers["logGroups"] = [{"logGroupName": "/aws/vendedlogs/aws-vpn/legacy/hardware-vpn"}]
    assert [line.state for line in names(account)] == ["ok"]


def test_the_existing_vpc_does_not_overlap_itself(account: Told) -> None:
    block = {"CidrBlockAssociationSet": [{"CidrBlock": "10.60.0.0/16"}], "CidrBlock": "10.60.0.0/16"}
    account.answers["Vpcs"] = [{"VpcId": VPC, **block}]
    account.answers["TransitGatewayRouteTables"] = []
    assert [line.state for line in overlaps(account)] == ["ok"]
    account.answers["Vpcs"].append({"VpcId": "vpc-00000000", **block})
    assert {line.state for line in overlaps(account)} == {"fails"}

"""VPNs of every shape as somebody may have made them by hand, drawn at random."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from labs.settings import PRESHARED_KEYS
from labs.vpns_by_hand import Account

Drawn = dict[str, Any]

_LISTS = {
    "IKEVersions": ["ikev1", "ikev2"],
    "Phase1EncryptionAlgorithms": ["AES128", "AES256", "AES128-GCM-16", "AES256-GCM-16"],
    "Phase2IntegrityAlgorithms": ["SHA1", "SHA2-256", "SHA2-384", "SHA2-512"],
    "Phase1DHGroupNumbers": [2, *range(14, 25)],
    "Phase2DHGroupNumbers": [2, 5, *range(14, 25)],
}
_NUMBERS = {
    "Phase1LifetimeSeconds": (3700, 28800),
    "RekeyMarginTimeSeconds": (60, 450),
    "RekeyFuzzPercentage": (0, 100),
    "ReplayWindowSize": (64, 2048),
    "DPDTimeoutSeconds": (30, 600),
}
_TUNNELS = st.fixed_dictionaries(
    {},
    optional={
        **{
            name: st.lists(st.sampled_from(values), min_size=1, max_size=3, unique=True).map(
                lambda chosen: [{"Value": value} for value in chosen]
            )
            for name, values in _LISTS.items()
        },
        **{name: st.integers(*limits) for name, limits in _NUMBERS.items()},
        "PreSharedKey": PRESHARED_KEYS,
        "DPDTimeoutAction": st.sampled_from(["clear", "none", "restart"]),
    },
)
_CONNECTIONS = st.fixed_dictionaries(
    {
        "asn": st.integers(65001, 65400) | st.integers(4200000000, 4200000100),
        "static": st.booleans(),
        "tunnels": st.tuples(_TUNNELS, _TUNNELS),
        "name": st.none() | st.text(st.characters(codec="ascii", exclude_categories=["C"]), max_size=40),
        "routes": st.integers(0, 3),
    }
)
VPNS: st.SearchStrategy[Drawn] = st.fixed_dictionaries(
    {
        "asn": st.sampled_from([64512, 65534, 4200000000]),
        "blocks": st.lists(st.sampled_from(["10.63.0.0/16", "100.64.0.0/16"]), unique=True),
        "subnets": st.integers(0, 3),
        "propagated": st.booleans(),
        "typed": st.booleans(),
        "hides_keys": st.booleans(),
        "connections": st.lists(_CONNECTIONS, min_size=1, max_size=3),
    }
)


def make(account: Account, drawn: Drawn) -> str:
    """Make what was drawn; the VPC's id."""
    vpc = account.vpc(more=drawn["blocks"])
    vpg = account.vpg(vpc, drawn["asn"])
    for number in range(drawn["subnets"]):
        table = account.subnet(vpc, f"10.60.{number}.0/24", f"eu-central-1{'abc'[number]}")
        if drawn["propagated"]:
            account.propagate(vpg, table)
        if drawn["typed"]:
            account.ec2.create_route(RouteTableId=table, DestinationCidrBlock="172.30.0.0/16", GatewayId=vpg)
    more = {"PreSharedKeyStorage": "SecretsManager"} if drawn["hides_keys"] else {}
    for number, one in enumerate(drawn["connections"]):
        routes = [f"192.168.{number * 8 + route}.0/24" for route in range(one["routes"])]
        account.connection(
            vpg,
            account.gateway(asn=one["asn"]),
            routes=routes if one["static"] else None,
            tunnels=one["tunnels"],
            name=one["name"],
            more=more,
        )
    return vpc

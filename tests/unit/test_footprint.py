"""Which changes of a deployed stack are refused before anything happens, and what leads there instead."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pulumi
import pytest
from hypothesis import HealthCheck, given, settings

from labs.changes.draws import chains
from labs.recorded_environment import environment
from labs.settings import Config
from model.errors import AwsVpnError
from stacks.footprint import change_problems, change_warnings, footprint
from stacks.settings import Settings
from stacks.stack_file import parse

A, B, C, F = (f"eu-central-1{letter}" for letter in "abcf")

DEPLOYED: Config = {
    "aws:region": "eu-central-1",
    "aws-vpn:network": {"cidr": "10.10.0.0/16", "availabilityZones": [A, B]},
    "aws-vpn:hardwareVpn": {
        "sites": [
            {
                "name": "berlin",
                "publicIp": "203.0.113.10",
                "deviceName": "edge",
                "lanCidrs": ["192.168.10.0/24"],
                "tunnels": [{"insideCidr": "169.254.10.0/30", "presharedKey": "Own.Key_1"}, {}],
            }
        ]
    },
    "aws-vpn:openVpn": [
        {
            "name": "staff",
            "clientPool": "172.27.0.0/24",
            "offices": [{"name": "potsdam", "lanCidrs": ["192.168.60.0/24"]}],
        }
    ],
}

SUBNETS = {
    A: {"public": "10.10.0.0/19", "private": "10.10.128.0/19"},
    B: {"public": "10.10.32.0/19", "private": "10.10.160.0/19"},
}

Edit = Callable[[Config], object]


def read(config: Config) -> Settings:
    return parse("stacks/Pulumi.dev.yaml", config)


def edited(edit: Edit, config: Config = DEPLOYED) -> Config:
    after = copy.deepcopy(config)
    edit(after)
    return after


def problems(was: Config, will: Config) -> list[str]:
    found = change_problems(footprint(read(was)), read(will))
    return [f"{problem.key} = {problem.value}; should be {problem.right}" for problem in found]


def site(config: Config) -> dict[str, Any]:
    return config["aws-vpn:hardwareVpn"]["sites"][0]


def tunnel(config: Config) -> dict[str, Any]:
    return config["aws-vpn:openVpn"][0]


def moved_to_frankfurts_neighbour(config: Config) -> None:
    config["aws:region"] = "eu-west-1"
    config["aws-vpn:network"]["availabilityZones"] = ["eu-west-1a", "eu-west-1b"]


def subnets(**changes: dict[str, str]) -> dict[str, dict[str, str]]:
    return {**SUBNETS, **{f"eu-central-1{letter}": blocks for letter, blocks in changes.items()}}


REFUSED: dict[str, tuple[Edit, str, str]] = {
    "region": (moved_to_frankfurts_neighbour, "aws:region = eu-west-1", "should be eu-central-1"),
    "vpc": (
        lambda c: c["aws-vpn:network"].update(cidr="10.20.0.0/16"),
        "aws-vpn:network.cidr = 10.20.0.0/16",
        "as it is deployed (10.10.0.0/16)",
    ),
    "existing vpc": (
        lambda c: c["aws-vpn:network"].update(existing={"vpcId": "vpc-0a1b2c3d4e5f60718"}),
        "aws-vpn:network.existing.vpcId = vpc-0a1b2c3d4e5f60718",
        "as it is deployed (10.10.0.0/16)",
    ),
    "a zone that has no eighth of its own": (
        lambda c: c["aws-vpn:network"].update(availabilityZones=[A, F]),
        f"aws-vpn:network.availabilityZones = {F}",
        "the computed public-f is 10.10.32.0/19, and public-b has 10.10.32.0/19 until",
    ),
    "a subnet grown in place": (
        lambda c: c["aws-vpn:network"].update(
            subnets=subnets(b={"public": "10.10.64.0/18", "private": "10.10.160.0/19"})
            | {A: {"public": "10.10.0.0/18", "private": "10.10.128.0/19"}}
        ),
        f"aws-vpn:network.subnets.{A}.public = 10.10.0.0/18",
        "public-a has 10.10.0.0/19 and public-b has 10.10.32.0/19 until the deployment ends",
    ),
    "a site renamed": (
        lambda c: site(c).update(name="hamburg"),
        "aws-vpn:hardwareVpn.sites[0].tunnels[0].insideCidr = 169.254.10.0/30",
        "tunnel 1 of berlin has it until the deployment ends",
    ),
    "a customer gateway shared with the site before": (
        lambda c: site(c).update(name="hamburg", tunnels=[{}, {}]),
        "aws-vpn:hardwareVpn.sites[0].deviceName = edge",
        "berlin has the customer gateway of this address, ASN and name",
    ),
    "inside blocks exchanged": (
        lambda c: site(c).update(tunnels=[{}, {"insideCidr": "169.254.10.0/30"}]),
        "aws-vpn:hardwareVpn.sites[0].tunnels[1].insideCidr = 169.254.10.0/30",
        "tunnel 1 of berlin has it",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_one_deployment_cannot_do_is_refused_with_the_steps(case: str) -> None:
    edit, what, why = REFUSED[case]
    told = problems(DEPLOYED, edited(edit))
    assert any(what in line and why in line for line in told), told


WORKS: dict[str, Edit] = {
    "nothing": lambda _: None,
    "a zone added": lambda c: c["aws-vpn:network"].update(availabilityZones=[A, B, C]),
    "computed blocks written down": lambda c: c["aws-vpn:network"].update(subnets=SUBNETS),
    "another zone": lambda c: c["aws-vpn:network"].update(availabilityZones=[A, C]),
    "another zone with free blocks": lambda c: c["aws-vpn:network"].update(
        availabilityZones=[A, C],
        subnets={A: SUBNETS[A], C: {"public": "10.10.64.0/19", "private": "10.10.192.0/19"}},
    ),
    "a subnet moved to a free block": lambda c: c["aws-vpn:network"].update(
        subnets=subnets(b={"public": "10.10.96.0/20", "private": "10.10.160.0/19"})
    ),
    "a tunnel renamed": lambda c: tunnel(c).update(name="people"),
    "an office moved to another tunnel": lambda c: (
        c["aws-vpn:openVpn"].append(
            {"name": "more", "clientPool": "172.28.0.0/24", "offices": tunnel(c)["offices"]}
        ),
        tunnel(c).update(offices=[]),
    ),
    "a client pool changed": lambda c: tunnel(c).update(clientPool="172.28.0.0/24"),
    "a site and a tunnel removed": lambda c: (c.pop("aws-vpn:hardwareVpn"), c.pop("aws-vpn:openVpn")),
    "a router changed": lambda c: site(c).update(publicIp="203.0.113.99", bgpAsn=65010),
    "protected": lambda c: c.update({"aws-vpn:deletionProtection": True}),
}


@pytest.mark.parametrize("case", WORKS)
def test_what_one_deployment_can_do_is_not_refused(case: str) -> None:
    assert problems(DEPLOYED, edited(WORKS[case])) == []


@pytest.mark.parametrize(
    ("edit", "deleted"),
    [
        (lambda c: c["aws-vpn:hardwareVpn"].update(amazonSideAsn=64600), "the VPG with ASN 64512"),
        (lambda c: site(c).update(bgpAsn=65010), "the VPN connection of berlin with static routes"),
        (lambda c: c.pop("aws-vpn:openVpn"), "the secrets of staff"),
    ],
    ids=["VPG", "connection", "tunnel"],
)
@pytest.mark.parametrize("still", [True, False])
def test_what_is_protected_is_deleted_in_two_deployments(edit: Edit, deleted: str, still: bool) -> None:
    protected = {**DEPLOYED, "aws-vpn:deletionProtection": True}
    (told,) = problems(protected, edited(edit, {**DEPLOYED, "aws-vpn:deletionProtection": still}))
    assert told.startswith(f"aws-vpn:deletionProtection = {still}; should be false in a deployment before")
    assert deleted in told
    assert problems(protected, DEPLOYED) == []


def test_a_key_that_is_taken_out_is_told_to_stay() -> None:
    (told,) = change_warnings(
        footprint(read(DEPLOYED)), read(edited(lambda c: site(c)["tunnels"][0].pop("presharedKey")))
    )
    assert told.startswith("berlin: tunnel 1 has no presharedKey any more, and the last one stays in force")
    assert [
        *change_warnings(footprint(read(DEPLOYED)), read(edited(WORKS["a site and a tunnel removed"])))
    ] == []


def test_no_key_is_remembered() -> None:
    assert "Own.Key_1" not in str(footprint(read(DEPLOYED)))


@given(chains(length=2))
@settings(max_examples=50, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_not_refused_takes_nothing_that_is_taken(chain: list[Config]) -> None:
    was, will = (footprint(read(config)) for config in chain)
    if [*change_problems(was, read(chain[1]))]:
        return
    for kind in ("insideCidrs", "customerGateways"):
        both = was[kind].keys() & will[kind].keys()
        assert {key: was[kind][key] for key in both} == {key: will[kind][key] for key in both}
    assert (was["region"], was["vpc"]) == (will["region"], will["vpc"])


def judged(will: Config) -> None:
    graph = environment("dev", read(will))
    guard = graph.one("aws-vpn:environment:Footprint")
    (hook,) = guard.before_update
    assert hook.opts is not None
    assert hook.opts.on_dry_run
    old = footprint(read(DEPLOYED))
    args = pulumi.ResourceHookArgs(
        urn="urn", id="", name="footprint", type=guard.type, new_inputs=dict(guard.inputs), old_inputs=old
    )

    async def call() -> None:
        await cast("Awaitable[None]", hook(args))

    asyncio.run(call())


def test_the_engine_is_told_at_a_preview_already() -> None:
    judged(DEPLOYED)
    with pytest.raises(AwsVpnError, match=r"^stacks/Pulumi\.dev\.yaml: aws-vpn:network\.cidr = 10\.20\."):
        judged(edited(REFUSED["vpc"][0]))


def test_everything_else_waits_for_the_verdict() -> None:
    first = environment("dev", read(DEPLOYED)).resources[0]
    assert first.type == "aws-vpn:environment:Footprint"

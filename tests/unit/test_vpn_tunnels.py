"""One tunnel of a VPN connection stays up: what refuses to change both, and what keeps one as it was."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from dataclasses import replace
from typing import Any, cast

import pulumi
import pytest

from labs.recorded_environment import environment, settings_of
from labs.recorded_graph import Resource
from model.errors import AwsVpnError
from model.tunnel_changes import ONE_AT_A_TIME, TunnelChanges, only, parse

CONNECTION = "aws:ec2/vpnConnection:VpnConnection"
BERLIN = "hardware-vpn-berlin"


def connection(changes: TunnelChanges = ONE_AT_A_TIME, name: str = BERLIN) -> Resource:
    return environment("dev", settings_of("dev"), changes).one(CONNECTION, name)


@pytest.fixture(scope="module")
def guarded() -> Resource:
    return connection()


def told(guarded: Resource, changes: Mapping[str, Any], state: Mapping[str, Any] | None = None) -> str:
    """What the engine is told when the connection is updated; nothing when it may be."""
    (hook,) = guarded.before_update
    assert hook.opts is not None
    assert hook.opts.on_dry_run
    args = pulumi.ResourceHookArgs(
        urn="urn",
        id="vpn-1",
        name=BERLIN,
        type=CONNECTION,
        new_inputs={**guarded.inputs, **changes},
        old_inputs=guarded.inputs,
        old_outputs={**guarded.inputs, **(state or {})},
    )

    async def called() -> str:
        try:
            await cast("Awaitable[None]", hook(args))
        except RuntimeError as error:
            return str(error)
        return ""

    return asyncio.run(called())


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"tunnel1DpdTimeoutSeconds": 60, "tunnel1Phase1DhGroupNumbers": [21]},
        {"tunnel2DpdTimeoutSeconds": 60},
        {"tags": {"Owner": "other"}, "localIpv4NetworkCidr": "10.0.0.0/8"},
        {"tunnel1Phase1EncryptionAlgorithms": ["AES256-GCM-16", "AES256"], "tunnel2DpdTimeoutSeconds": 60},
    ],
    ids=["none", "first", "second", "connection", "order-alone"],
)
def test_a_change_of_one_tunnel_passes(guarded: Resource, changes: dict[str, Any]) -> None:
    assert told(guarded, changes) == ""


@pytest.mark.parametrize(
    ("changes", "way_out"),
    [
        ({"tunnel1DpdTimeoutSeconds": 60, "tunnel2DpdTimeoutSeconds": 60}, "roll tunnels"),
        ({"tunnel1DpdTimeoutSeconds": 60, "tunnel2LogOptions": {}}, "roll tunnels"),
        ({"presharedKeyStorage": "SecretsManager"}, "roll keys"),
    ],
    ids=["options", "logs", "storage"],
)
def test_a_change_of_both_is_refused_with_the_way_out(
    guarded: Resource, changes: dict[str, Any], way_out: str
) -> None:
    refused = told(guarded, changes)
    assert refused.startswith(f"berlin: {', '.join(sorted(changes))} would change both tunnels at once")
    assert f"aws-vpn {way_out} --stack dev --site berlin" in refused
    assert "AWS_VPN_CHANGE_TUNNELS=both" in refused


@pytest.mark.parametrize("gateway", ["cgw-2", None], ids=["another", "one that is made anew"])
def test_another_router_takes_both_tunnels_down_and_is_refused(
    guarded: Resource, gateway: str | None
) -> None:
    refused = told(guarded, {"customerGatewayId": gateway})
    assert refused.startswith("berlin: customerGatewayId would lead both tunnels to another router at once")
    assert "add a site of another name" in refused
    assert "AWS_VPN_CHANGE_TUNNELS=both" in refused


def test_keys_are_compared_and_never_told(guarded: Resource) -> None:
    async def both() -> dict[str, Any]:
        return {f"tunnel{n}PresharedKey": pulumi.Output.secret(f"Secret.Key_{n}") for n in (1, 2)}

    keys = asyncio.run(both())
    refused = told(guarded, keys)
    assert "tunnel1PresharedKey, tunnel2PresharedKey" in refused
    assert "Secret.Key" not in refused


def test_what_aws_chose_may_be_written_down(guarded: Resource) -> None:
    named = {f"tunnel{n}PresharedKey": f"Chosen.Key_{n}" for n in (1, 2)}
    assert told(guarded, named, state=named) == ""


def test_an_outage_can_be_accepted() -> None:
    assert connection(parse("both")).before_update == ()


def test_a_held_tunnel_stays_as_it_was() -> None:
    held = connection(parse("berlin:1")).ignore_changes
    assert {"tunnel2PresharedKey", "tunnel2InsideCidr", "tunnel2LogOptions", "presharedKeyStorage"} <= {*held}
    assert {"tunnel2DpdTimeoutSeconds", "tunnel2Phase1DhGroupNumbers"} <= {*held}
    assert not [name for name in held if name.startswith("tunnel1")]
    assert {name for name in connection(parse("none")).ignore_changes if name.startswith("tunnel")} == {
        *(name for name in held if name.startswith("tunnel")),
        *(name.replace("tunnel2", "tunnel1") for name in held if name.startswith("tunnel")),
    }
    assert connection(parse("elsewhere:2")).ignore_changes == connection(parse("none")).ignore_changes


@pytest.mark.parametrize("text", ["", "both", "none", "berlin:1", "data-centre-2:2"])
def test_the_variable_is_read_as_it_is_written(text: str) -> None:
    assert str(parse(text)) == text


def test_each_tunnel_is_held_but_one() -> None:
    assert only("berlin", 2).held_tunnels("berlin") == (1,)
    assert only("berlin", 2).held_tunnels("lisbon") == (1, 2)
    assert (
        ONE_AT_A_TIME.held_tunnels("berlin") == replace(ONE_AT_A_TIME, both=True).held_tunnels("berlin") == ()
    )


@pytest.mark.parametrize("text", ["berlin", "berlin:3", "1", "Both", "berlin:1 ", ":1"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(AwsVpnError, match=r"AWS_VPN_CHANGE_TUNNELS.*should be both, none, or one tunnel"):
        parse(text)

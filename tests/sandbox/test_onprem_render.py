"""What `make up STACK=prod` deploys, rendered for every site and router, with its addresses and keys."""

from __future__ import annotations

import json
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from labs.isolated_sandbox import Finished, IsolatedSandbox
from onprem.rendering import devices
from sandbox.wrapper.places import ROOT

AWS_VPN = ROOT / ".venv" / "bin" / "aws-vpn"
SITES = ("berlin-1", "berlin-2", "lisbon")


@pytest.fixture(scope="module")
def prod(tmp_path_factory: pytest.TempPathFactory) -> Generator[IsolatedSandbox]:
    sandbox = IsolatedSandbox(tmp_path_factory.mktemp("onprem"))
    try:
        deployed = sandbox.project.up("prod")
        assert deployed.returncode == 0, deployed.stdout + deployed.stderr
        yield sandbox
    finally:
        sandbox.close()


def _onprem(sandbox: IsolatedSandbox, *arguments: str | Path) -> Finished:
    return sandbox.run(AWS_VPN, "onprem", "render", *arguments)


def _stored_keys(sandbox: IsolatedSandbox, vpn_connection_id: str) -> list[str]:
    described = sandbox.client("ec2").describe_vpn_connections(VpnConnectionIds=[vpn_connection_id])
    arn = described["VpnConnections"][0]["PreSharedKeyArn"]
    keys: dict[str, str] = json.loads(
        sandbox.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"]
    )
    return list(keys.values())


def _tunnels(sandbox: IsolatedSandbox, site: str) -> tuple[str, list[dict[str, Any]]]:
    exported = sandbox.project.outputs("prod")["hardwareVpn"]["sites"][site]
    return exported["vpnConnectionId"], exported["tunnels"]


def test_every_site_is_rendered_for_every_router(prod: IsolatedSandbox, tmp_path: Path) -> None:
    out = tmp_path / "routers"
    done = _onprem(prod, "--stack", "prod", "--all", "--out", out)
    assert done.returncode == 0, done.stderr
    left_out = done.stderr.splitlines()
    for site in SITES:
        vpn_connection_id, tunnels = _tunnels(prod, site)
        keys = _stored_keys(prod, vpn_connection_id)
        assert len(keys) == 2
        rendered = [device for device in devices() if (out / site / device).exists()]
        reasons = [line for line in left_out if line.startswith(f"left out: {site}: ")]
        assert len(rendered) + len(reasons) == len(list(devices()))
        for device in rendered:
            files = [path for path in (out / site / device).rglob("*") if path.is_file()]
            text = "\n".join(path.read_text("utf-8") for path in files)
            for value in (*(tunnel["outsideAddress"] for tunnel in tunnels), *keys, vpn_connection_id):
                assert value in text, (site, device)
            assert all(path.stat().st_mode & 0o077 == 0 for path in files)
            assert not any(key in done.stdout for key in keys)
    lisbon = (out / "lisbon/strongswan/etc/frr/frr.conf").read_text("utf-8")
    assert "ip route 10.30.0.0/16 aws1924 10" in lisbon
    berlin = (out / "berlin-2/strongswan/etc/frr/frr.conf").read_text("utf-8")
    assert "neighbor 169.254.30.9 remote-as 64514" in berlin


def test_the_terminal_shows_no_key(prod: IsolatedSandbox) -> None:
    done = _onprem(prod, "--stack", "prod", "--site", "lisbon", "--device", "sheet")
    assert done.returncode == 0, done.stderr
    vpn_connection_id, tunnels = _tunnels(prod, "lisbon")
    assert tunnels[0]["outsideAddress"] in done.stdout
    assert not any(key in done.stdout for key in _stored_keys(prod, vpn_connection_id))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--stack", "dev", "--all"), "stack dev is not deployed yet; run make up STACK=dev\n"),
        (
            ("--stack", "prod", "--site", "madrid"),
            "no site 'madrid' in stack prod; should be one of berlin-1, berlin-2, lisbon\n",
        ),
    ],
)
def test_what_is_not_there_is_said_in_a_line(
    prod: IsolatedSandbox, arguments: tuple[str, ...], said: str
) -> None:
    done = _onprem(prod, *arguments)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", said)

"""What a stack's outputs become, and what is said when they are not there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from command import root
from labs.onprem_connections import BGP, STATIC
from model.tunnel_options import TunnelOptions


def main(arguments: list[str]) -> int:
    """`aws-vpn onprem` with the arguments; its exit code."""
    return root.main(["onprem", *arguments])


BERLIN_2 = (
    BGP.text.replace("203.0.113.10", "203.0.113.11")
    .replace("169.254.30.1<", "169.254.30.9<")
    .replace("169.254.30.2<", "169.254.30.10<")
    .replace("169.254.30.5<", "169.254.30.13<")
    .replace("169.254.30.6<", "169.254.30.14<")
)


@pytest.fixture(autouse=True)
def _in_the_project(monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction]
    monkeypatch.chdir(Path(__file__).parents[2])


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `pulumi` that prints the file whose path this is, or else says that there is no such stack."""
    outputs = tmp_path / "outputs.json"
    script = tmp_path / "bin" / "pulumi"
    script.parent.mkdir()
    said = "error: no stack named prod found"
    script.write_text(
        f'#!/bin/sh\ncat {outputs} 2>/dev/null || {{ echo "{said}" >&2; exit 255; }}\n', "utf-8"
    )
    script.chmod(0o700)
    monkeypatch.setenv("PATH", f"{script.parent}:/usr/bin:/bin")
    return outputs


def _site(blocks: tuple[str, str], lans: list[str], options: TunnelOptions) -> dict[str, Any]:
    tunnels = [
        {"outsideAddress": "192.0.2.1", "insideCidr": block, "options": options.exported()}
        for block in blocks
    ]
    return {
        "vpnConnectionId": "vpn-1",
        "routing": "any",
        "hasCertificate": False,
        "lanCidrs": lans,
        "tunnels": tunnels,
    }


def _deploy(outputs: Path, options: TunnelOptions | None = None, **configurations: str) -> None:
    names = {"berlin-1": BGP.text, "berlin-2": BERLIN_2, "lisbon": STATIC.text}
    names |= {key.replace("_", "-"): text for key, text in configurations.items()}
    used = options or TunnelOptions()
    berlin = ["192.168.10.0/24", "192.168.11.0/24"]
    sites = {
        "berlin-1": _site(("169.254.30.0/30", "169.254.30.4/30"), berlin, used),
        "berlin-2": _site(("169.254.30.8/30", "169.254.30.12/30"), berlin, used),
        "lisbon": _site(("169.254.30.16/30", "169.254.30.20/30"), ["192.168.30.0/24"], used),
    }
    vpn = {"region": "eu-central-1", "vpcCidrs": ["10.30.0.0/16"], "sites": sites}
    outputs.write_text(json.dumps({"hardwareVpn": vpn, "configurations": names}), encoding="utf-8")


def _refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(list(arguments)) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1
    assert "example.key" not in captured.err
    return captured.err.strip()


def test_a_stack_is_rendered_as_it_was_deployed(pulumi: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever its stack file says by now."""
    _deploy(pulumi, TunnelOptions(phase1_dh_group_numbers=(15,), phase2_dh_group_numbers=(16,)))
    assert main(["render", "--stack", "prod", "--all", "--device", "strongswan", "--show-secrets"]) == 0
    shown = capsys.readouterr().out
    assert shown.count("etc/frr/frr.conf") == 3
    assert "network 192.168.11.0/24" in shown
    assert "aes256gcm16-prfsha256" in shown
    assert "modp3072" in shown
    assert "modp4096" in shown
    assert "first.example.key_1" in shown


def test_a_tunnel_is_found_by_its_inside_block_and_not_by_its_place(
    pulumi: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _deploy(pulumi)
    outputs = json.loads(pulumi.read_text("utf-8"))
    tunnels = outputs["hardwareVpn"]["sites"]["lisbon"]["tunnels"]
    tunnels[1]["options"]["replayWindowSize"] = 64
    tunnels.reverse()
    pulumi.write_text(json.dumps(outputs), encoding="utf-8")
    assert main(["render", "--stack", "prod", "--site", "lisbon", "--device", "strongswan"]) == 0
    first, second = capsys.readouterr().out.split("==> etc/swanctl/conf.d/")[1:3]
    assert "replay_window = 1024" in first
    assert "replay_window = 64" in second


def test_a_stack_that_cannot_be_rendered_is_refused(pulumi: Path, capsys: pytest.CaptureFixture[str]) -> None:
    render = ("render", "--stack", "prod", "--site")
    assert (
        _refusal(capsys, *render, "lisbon")
        == "stack prod is not deployed yet; run pulumi up --stack prod --policy-pack policy"
    )
    pulumi.write_text("{}", encoding="utf-8")
    assert (
        _refusal(capsys, *render, "lisbon")
        == "stack prod is not deployed yet; run pulumi up --stack prod --policy-pack policy"
    )
    pulumi.write_text('{"network": {}}', encoding="utf-8")
    assert _refusal(capsys, *render, "lisbon") == (
        "stack prod is deployed without hardwareVpn; should be a stack with one"
    )
    pulumi.write_text('{"hardwareVpn": {"region": "eu-central-1"}}', encoding="utf-8")
    assert _refusal(capsys, *render, "lisbon") == (
        "stack prod: the output hardwareVpn.vpcCidrs should be as this version exports it;"
        " run pulumi up --stack prod --policy-pack policy"
    )
    _deploy(pulumi)
    assert _refusal(capsys, *render, "madrid") == (
        "no site 'madrid' in stack prod; should be one of berlin-1, berlin-2, lisbon"
    )
    _deploy(pulumi, berlin_1=BERLIN_2)
    assert "has a tunnel with inside addresses of 169.254.30.8/30" in _refusal(capsys, *render, "berlin-1")


def test_a_stack_is_read_in_the_projects_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    said = _refusal(capsys, "render", "--stack", "prod", "--all")
    assert said == f"{tmp_path} has no Pulumi.yaml; --stack should be used in the project's folder"


def test_pulumi_that_is_missing_or_fails_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "pulumi is not on PATH" in _refusal(capsys, "render", "--stack", "prod", "--all")
    script = tmp_path / "pulumi"
    script.write_text("#!/bin/sh\necho 'error: wrong passphrase\n  try again' >&2; exit 255\n", "utf-8")
    script.chmod(0o700)
    assert _refusal(capsys, "render", "--stack", "prod", "--all") == (
        "pulumi stack output of prod failed: error: wrong passphrase try again"
    )

"""The command line: where keys go, what is refused, and what a stack's outputs become."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from command import root
from labs.onprem_connections import BGP, GOLDEN, STATIC
from model.tunnel_options import TunnelOptions
from onprem.errors import OnpremError
from onprem.output import write_files
from onprem.rendering import RenderedFile

FROM_FILE = [
    "render",
    "--lan",
    "192.168.30.0/24",
    "--vpc-cidr",
    "10.30.0.0/16",
    "--name",
    "lisbon",
]
XML = ["--xml", str(GOLDEN / "static.xml")]


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


def test_files_are_for_their_owner_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*FROM_FILE, *XML, "--device", "strongswan", "--out", str(tmp_path / "out")]) == 0
    folder = tmp_path / "out" / "lisbon" / "strongswan"
    written = [path for path in folder.rglob("*") if path.is_file()]
    assert sorted(capsys.readouterr().out.split()) == sorted(map(str, written))
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in written}
    assert modes.pop("aws-vpn-updown") == modes.pop("watch-lisbon") == 0o700
    assert set(modes.values()) == {0o600}
    assert "third.example.key_3" in (folder / "etc/swanctl/conf.d/aws1924.conf").read_text("utf-8")
    assert not [path for path in written if path.name.startswith(".")]


def test_the_terminal_shows_keys_only_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*FROM_FILE, *XML, "--device", "sheet"]) == 0
    shown = capsys.readouterr().out
    assert "example.key" not in shown
    assert "REDACTED" in shown
    assert main([*FROM_FILE, *XML, "--device", "sheet", "--show-secrets"]) == 0
    assert "third.example.key_3" in capsys.readouterr().out


def test_redacted_files_have_no_keys(tmp_path: Path) -> None:
    assert main([*FROM_FILE, *XML, "--redact", "--out", str(tmp_path)]) == 0
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) > 9
    assert not [path for path in files if "example.key" in path.read_text("utf-8")]


def test_a_document_alone_is_rendered_with_its_own_algorithms(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*FROM_FILE, *XML]) == 0
    captured = capsys.readouterr()
    assert "proposals = aes128-sha1-modp1024" in captured.out
    asa, libreswan = captured.err.splitlines()
    assert asa.startswith("left out: lisbon: Cisco ASA 9.16 knows none of group 2;")
    assert libreswan.startswith("left out: lisbon: libreswan 4.10 with FRR on Linux knows none of group 2;")


def test_devices_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["devices"]) == 0
    assert "junos        Juniper SRX (Junos 21)" in capsys.readouterr().out


def test_a_reader_that_has_seen_enough_is_no_failure_to_explain() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [
        Path(sys.executable).with_name("aws-vpn"),
        "onprem",
        *FROM_FILE,
        *XML,
        "--device",
        "strongswan",
    ]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, timeout=30, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


def test_wrong_use_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def said(*arguments: str) -> str:
        return _refusal(capsys, *arguments)

    assert said("render") == "one of --stack, --connection, --describe, --xml should be given"
    assert said("render", *XML).startswith("with --xml, --lan and --vpc-cidr should be given")
    assert "unknown device 'none'; should be one of " in said(*FROM_FILE, *XML, "--device", "none")
    assert "No such file" in said(*FROM_FILE, "--xml", str(tmp_path / "none.xml"))
    assert said(*FROM_FILE, *XML, "--lan", "10.1.0.1/24").startswith("--lan 10.1.0.1/24: should be")
    assert said(*FROM_FILE, *XML, "--name", "../x").startswith("--name ../x: should be a name of lower-case")
    assert said(*FROM_FILE, *XML, "--routing", "bgp").startswith(
        "lisbon: vpn-04a7d1e9c83b5f260 has static routing"
    )
    assert said("render", "--stack", "../prod", "--all") == (
        "no stack '../prod'; should be a stack's name, such as prod"
    )
    assert said("render", "--stack", "prod", "--all", "--lan", "10.1.0.0/24", "--name", "x") == (
        "--name, --lan with --stack; should be left out: --stack says that, or has no use for it"
    )
    assert said(*FROM_FILE, *XML, "--site", "lisbon") == (
        "--site with --xml; should be left out: --xml says that, or has no use for it"
    )
    assert said("render", "--stack", "prod").startswith("with --stack, one of --site NAME and --all")


def test_a_key_that_is_nowhere_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = tmp_path / "vpn.xml"
    document.write_text(STATIC.text.replace("fourth.example.key_4", ""), encoding="utf-8")
    said = _refusal(capsys, *FROM_FILE, "--xml", str(document))
    assert said.startswith("lisbon: tunnel 2 (198.51.100.104) has no pre-shared key in a file")


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


@pytest.mark.parametrize("key", ["0starts.with_zero", "short", "two words here", 'quote"d.key_1', "a" * 65])
def test_a_key_that_aws_would_not_take_is_refused_without_showing_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], key: str
) -> None:
    document = tmp_path / "vpn.xml"
    document.write_text(STATIC.text.replace("fourth.example.key_4", key), encoding="utf-8")
    said = _refusal(capsys, *FROM_FILE, "--xml", str(document))
    assert said.startswith("lisbon: the pre-shared key of tunnel 2 should be 8 to 64 letters")
    assert key not in said


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


def _description(options: Sequence[dict[str, Any]]) -> dict[str, Any]:
    outside = ("198.51.100.103", "198.51.100.104")
    tunnels = [{"OutsideIpAddress": a, **each} for a, each in zip(outside, options, strict=True)]
    found = {"CustomerGatewayConfiguration": STATIC.text, "Options": {"TunnelOptions": tunnels[::-1]}}
    return {"VpnConnections": [found]}


FROM_JSON = [*FROM_FILE, "--device", "strongswan", "--describe"]


def test_a_description_says_what_its_document_does_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weak = {
        "IkeVersions": [{"Value": "ikev1"}],
        "Phase1EncryptionAlgorithms": [{"Value": "AES128"}],
        "Phase2DHGroupNumbers": [{"Value": 15}],
        "ReplayWindowSize": 64,
    }
    (tmp_path / "vpn.json").write_text(json.dumps(_description(({}, weak))), encoding="utf-8")
    assert main([*FROM_JSON, str(tmp_path / "vpn.json")]) == 0
    first, second = capsys.readouterr().out.split("==> etc/swanctl/conf.d/")[1:3]
    assert "version = 2" in first
    assert "aes256gcm16-ecp256-ecp384-ecp521" in first
    assert "version = 1" in second
    assert "aes128-sha256-ecp256" in second
    assert "modp3072" in second
    assert "replay_window = 64" in second


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[]", "should be the JSON of describe-vpn-connections"),
        ("{", "should be the JSON of describe-vpn-connections"),
        ('{"VpnConnections": []}', "0 connections; should be one"),
        ('{"VpnConnections": [3]}', "should be the JSON of describe-vpn-connections"),
        ('{"VpnConnections": [{}]}', "CustomerGatewayConfiguration is missing"),
        (
            json.dumps(_description(({}, {"ReplayWindowSize": 1}))),
            "replayWindowSize should be Input should be",
        ),
    ],
)
def test_an_odd_description_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, said: str
) -> None:
    (tmp_path / "vpn.json").write_text(content, encoding="utf-8")
    assert said in _refusal(capsys, *FROM_JSON, str(tmp_path / "vpn.json"))


@pytest.mark.parametrize("path", ["/etc/passwd", "../outside", "a/../../outside"])
def test_files_stay_in_their_folder(tmp_path: Path, path: str) -> None:
    with pytest.raises(OnpremError, match="should be a path within"):
        write_files(tmp_path / "out", [RenderedFile(PurePosixPath(path), "x", False)])


def test_links_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    out, outside = tmp_path / "out", tmp_path / "outside"
    out.mkdir()
    outside.mkdir()
    (out / "etc").symlink_to(outside)
    with pytest.raises(OnpremError, match="leads out of"):
        write_files(out, [RenderedFile(PurePosixPath("etc/x"), "x", False)])
    (outside / "kept").write_text("kept", encoding="utf-8")
    (out / "link").symlink_to(outside / "kept")
    write_files(out, [RenderedFile(PurePosixPath("link"), "new", False)])
    assert (outside / "kept").read_text("utf-8") == "kept"
    assert (out / "link").read_text("utf-8") == "new"


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(OnpremError, match="should be a file that can be written"):
        write_files(tmp_path / "file", [RenderedFile(PurePosixPath("x"), "x", False)])

"""The command line: where keys go, what is refused, and what a stack's outputs become."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path, PurePosixPath

import pytest

from command import root
from labs.onprem_connections import GOLDEN, STATIC
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


@pytest.fixture(autouse=True)
def _in_the_project(monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction]
    monkeypatch.chdir(Path(__file__).parents[2])


def _refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(list(arguments)) in {1, 2}
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
    said = captured.err.splitlines()
    assert said[0].startswith("left out: lisbon: Cisco ASA 9.16 knows none of group 2;")
    assert [line.split(": ")[2].split()[0] for line in said] == ["Cisco", "Cisco", "Google", "libreswan"]


def test_devices_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["devices"]) == 0
    assert "junos        Juniper SRX (Junos 21), also --form ansible" in capsys.readouterr().out


@pytest.mark.parametrize("form", ["check", "remove", "ansible"])
def test_other_forms_are_rendered_without_keys(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*FROM_FILE, *XML, "--device", "vyos", "--form", form, "--show-secrets"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("==> lisbon-")
    assert "example.key" not in shown


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
    assert said("render", *XML).startswith("with --xml, --vpc-cidr should be given")
    assert said(*FROM_FILE, *XML, "--device", "pan-os", "--form", "ansible") == (
        "Palo Alto Networks firewall (PAN-OS 10.2) has no form ansible;"
        " should be one of configure, check, remove"
    )
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


@pytest.mark.parametrize("key", ["0starts.with_zero", "short", "two words here", 'quote"d.key_1', "a" * 65])
def test_a_key_that_aws_would_not_take_is_refused_without_showing_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], key: str
) -> None:
    document = tmp_path / "vpn.xml"
    document.write_text(STATIC.text.replace("fourth.example.key_4", key), encoding="utf-8")
    said = _refusal(capsys, *FROM_FILE, "--xml", str(document))
    assert said.startswith("lisbon: the pre-shared key of tunnel 2 should be 8 to 64 letters")
    assert key not in said


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

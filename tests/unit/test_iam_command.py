"""`aws-vpn iam`: what it prints, where it writes, what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from command.root import main

ROOT = Path(__file__).parents[2]
ACCOUNT = "123456789012"


@pytest.fixture(autouse=True)
def in_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def test_policies_go_to_standard_output_and_their_sizes_beside(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["iam", "access", "--stack", "prod", "--account", ACCOUNT]) == 0
    shown = capsys.readouterr()
    assert f":{ACCOUNT}:secret:aws-vpn/prod/*" in shown.out
    assert json.loads(shown.out)["Version"] == "2012-10-17"
    assert shown.err.startswith("prod-access-1: ")
    assert shown.err.endswith(" of 6144 characters\n")


def test_policies_go_into_a_file_each(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        main(["iam", "deploy", "--stack", "dev", "--account", ACCOUNT, "--into", str(tmp_path / "new")]) == 0
    )
    assert capsys.readouterr().out == ""
    files = sorted((tmp_path / "new").iterdir())
    assert [file.name for file in files] == [f"dev-deploy-{i}.json" for i in range(1, len(files) + 1)]
    assert all(len(file.read_text()) <= 6144 for file in files)


def test_who_adopts_has_no_stack_yet(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["iam", "adopt", "--region", "eu-central-1", "--account", ACCOUNT]) == 0
    shown = capsys.readouterr()
    actions = {action for one in json.loads(shown.out)["Statement"] for action in one["Action"]}
    assert "ec2:DescribeVpnConnections" in actions
    assert all(action.partition(":")[2].startswith("Describe") for action in actions)
    assert main(["iam", "adopt", "--account", ACCOUNT]) == 2
    assert capsys.readouterr().err.startswith("region = None; should be the region")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--stack", "nope"], "no stack 'nope'; should be one of "),
        (["--stack", "dev"], "account = None; should be twelve digits"),
        (["--stack", "dev", "--account", "12"], "account = 12; should be twelve digits"),
    ],
)
def test_what_is_wrong_is_one_line(words: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["iam", "deploy", *words]) == 2
    shown = capsys.readouterr()
    assert (shown.out, shown.err.count("\n")) == ("", 1)
    assert shown.err.startswith(told)

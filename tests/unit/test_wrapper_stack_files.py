from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.error import SandboxError
from sandbox.wrapper import project
from sandbox.wrapper.places import Places
from sandbox.wrapper.project import Project

AWS_KEY = re.compile(r"(?!0)[A-Za-z0-9._]{8,64}")
"""A pre-shared key as AWS takes it (EC2 API reference, VpnTunnelOptionsSpecification)."""


@pytest.fixture
def tiny(tmp_path: Path) -> Project:
    """A project with its stack files in `settings/`."""
    real = tmp_path / "tiny"
    (real / "settings").mkdir(parents=True)
    _write(
        real / "Pulumi.yaml",
        {
            "name": "tiny",
            "runtime": {"name": "python", "options": {"virtualenv": "venv"}},
            "stackConfigDir": "settings",
        },
    )
    _write(real / "settings" / "Pulumi.dev.yaml", {"config": {"tiny:size": 1}})
    return project.prepare(real, Places(tmp_path / "state"))


def _write(path: Path, document: Any) -> None:
    path.write_text(yaml.safe_dump(document), encoding="utf-8")


def _copy(tiny: Project, stack: str = "dev") -> Any:
    return yaml.safe_load((tiny.stand_in / "stacks" / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8"))


def test_the_stand_in_leads_to_the_real_program(tiny: Project) -> None:
    document = yaml.safe_load((tiny.stand_in / "Pulumi.yaml").read_text(encoding="utf-8"))
    assert document["name"] == "tiny"
    assert (tiny.stand_in / document["main"]).resolve() == tiny.real
    assert document["runtime"]["options"]["virtualenv"] == str(tiny.real / "venv")


def test_a_program_in_a_folder_of_the_project_is_found_there(tiny: Project, tmp_path: Path) -> None:
    _write(tiny.real / "Pulumi.yaml", {"name": "tiny", "runtime": "python", "main": "app"})
    again = project.prepare(tiny.real, Places(tmp_path / "state"))
    document = yaml.safe_load((again.stand_in / "Pulumi.yaml").read_text(encoding="utf-8"))
    assert again.stand_in == tiny.stand_in
    assert document["main"] == "program/app"


def test_the_project_is_found_from_a_folder_inside(tiny: Project, tmp_path: Path) -> None:
    assert project.find(tiny.real / "settings") == tiny.real
    assert project.find(tmp_path) is None


def test_settings_are_copied_and_the_user_s_encryption_is_not(tiny: Project) -> None:
    source = tiny.stack_file("dev")
    _write(
        source,
        {
            "secretsprovider": "awskms://alias/vpn",
            "encryptedkey": "AQID",
            "encryptionsalt": "v1:user",
            "config": {"tiny:size": 2},
        },
    )
    before = source.read_bytes()
    assert tiny.refresh("dev") == ()
    assert _copy(tiny) == {"config": {"tiny:size": 2}}
    assert source.read_bytes() == before


def test_the_engine_s_own_salt_outlives_changes(tiny: Project) -> None:
    tiny.refresh("dev")
    _write(tiny.stand_in / "stacks" / "Pulumi.dev.yaml", {**_copy(tiny), "encryptionsalt": "v1:engine"})
    _write(tiny.stack_file("dev"), {"config": {"tiny:size": 3}})
    tiny.refresh("dev")
    assert _copy(tiny) == {"config": {"tiny:size": 3}, "encryptionsalt": "v1:engine"}


def test_encrypted_values_get_stand_ins_that_aws_takes_for_keys(tiny: Project) -> None:
    tunnels = [{"presharedKey": {"secure": "v1:a"}}, {"presharedKey": {"secure": "v1:b"}}]
    _write(
        tiny.stack_file("dev"),
        {"config": {"tiny:password": {"secure": "v1:c"}, "tiny:vpn": {"sites": [{"tunnels": tunnels}]}}},
    )
    assert tiny.refresh("dev") == (
        "tiny:password",
        "tiny:vpn.sites[0].tunnels[0].presharedKey",
        "tiny:vpn.sites[0].tunnels[1].presharedKey",
    )
    config = _copy(tiny)["config"]
    keys = [tunnel["presharedKey"] for tunnel in config["tiny:vpn"]["sites"][0]["tunnels"]]
    values = [*keys, config["tiny:password"]]
    assert len(set(values)) == 3
    assert all(AWS_KEY.fullmatch(value) for value in values)


def test_stand_ins_stay_the_same_and_are_told_of_once(tiny: Project) -> None:
    _write(tiny.stack_file("dev"), {"config": {"tiny:password": {"secure": "v1:c"}}})
    assert tiny.refresh("dev") == ("tiny:password",)
    first = _copy(tiny)
    assert tiny.refresh("dev") == ()
    assert _copy(tiny) == first


@pytest.mark.parametrize("text", ["config: [", "just text", "- a\n- b"])
def test_what_is_no_stack_file_is_named_as_the_user_knows_it(tiny: Project, text: str) -> None:
    tiny.stack_file("dev").write_text(text, encoding="utf-8")
    with pytest.raises(SandboxError) as told:
        tiny.refresh("dev")
    assert str(told.value).startswith("settings/Pulumi.dev.yaml: ")
    assert "\n" not in str(told.value)


def test_the_known_stacks_are_those_with_a_file(tiny: Project) -> None:
    _write(tiny.stack_file("prod"), {})
    assert tiny.known_stacks() == ["dev", "prod"]

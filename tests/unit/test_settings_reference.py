"""What is made of the settings' fields: the reference, the JSON Schema, and the command that checks files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator

from command.root import main
from labs.settings import configurations
from stacks import json_schema, reference
from stacks.settings import Settings

STACK_FILES = sorted((Path(__file__).parents[2] / "stacks").glob("Pulumi.*.yaml"))
VALIDATOR = Draft202012Validator(json_schema.schema())


def test_the_committed_files_are_those_that_the_fields_make() -> None:
    assert reference.FILE.read_text() == reference.text(), "run aws-vpn settings docs > docs/settings.md"
    assert json_schema.FILE.read_text() == json_schema.text(), (
        "run aws-vpn settings schema > stacks/settings.schema.json"
    )


def test_every_field_of_every_section_is_described() -> None:
    definitions: dict[str, Any] = json_schema.schema()["$defs"]
    fields = {
        f"{name}.{key}": field
        for name, part in definitions.items()
        for key, field in part.get("properties", {}).items()
    }
    assert len(fields) > 60
    assert [name for name, field in fields.items() if not field.get("description")] == []
    assert all(f"`{name.partition('.')[2]}`" in reference.text() for name in fields)
    assert all(field.description for field in Settings.model_fields.values())


@pytest.mark.parametrize("file", STACK_FILES, ids=lambda file: file.name)
def test_stack_files_name_the_schema_and_keep_it(file: Path) -> None:
    first, _, _ = file.read_text().partition("\n")
    assert first == f"# yaml-language-server: $schema={json_schema.FILE.name}"
    VALIDATOR.validate(yaml.safe_load(file.read_text()))


@given(config=configurations())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_settings_that_are_valid_keep_the_schema(config: dict[str, Any]) -> None:
    VALIDATOR.validate({"config": config})


@pytest.mark.parametrize(
    ("section", "value"),
    [
        ("network", {"cidr": "10.0.0.0/16", "availability_zones": ["eu-central-1a"]}),
        ("nat", {"mode": "magic"}),
        ("nat", {"logRetentionDays": "30"}),
        ("openVpn", [{"name": "Staff", "clientPool": "172.27.0.0/24"}]),
        ("hardwareVpn", {"sites": [{"name": "a", "lanCidrs": ["10.1.0.0/16"], "tunnels": [{}]}]}),
        ("netwrok", {}),
    ],
)
def test_the_schema_refuses_what_settings_refuse(section: str, value: object) -> None:
    network = {"cidr": "10.10.0.0/16", "availabilityZones": ["eu-central-1a"]}
    config: Any = {"aws:region": "eu-central-1", "aws-vpn:network": network, f"aws-vpn:{section}": value}
    assert list(VALIDATOR.iter_errors({"config": config}))


def test_check_tells_of_every_file_and_ends_with_one_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stacks").mkdir()
    network = {"cidr": "10.10.0.0/16", "availabilityZones": ["eu-central-1a"]}
    good = {"aws:region": "eu-central-1", "aws-vpn:network": network}
    for stack, config in (("one", good), ("two", {**good, "aws-vpn:nat": 3}), ("three", {})):
        (tmp_path / "stacks" / f"Pulumi.{stack}.yaml").write_text(json.dumps({"config": config}))
    assert main(["settings", "check"]) == 1
    told = capsys.readouterr()
    assert told.out == "stacks/Pulumi.one.yaml: settings are valid\n"
    assert "stacks/Pulumi.two.yaml: aws-vpn:nat = (not shown); should be a mapping" in told.err
    assert "stacks/Pulumi.three.yaml: aws:region is missing" in told.err
    assert main(["settings", "check", "--stack", "one"]) == 0
    assert main(["settings", "check", "--stack", "none"]) == 1

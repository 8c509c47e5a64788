"""What a stack costs: what resources are charged for, how it is summed up, compared and printed."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings

from labs.recorded_graph import record
from labs.settings import configurations
from model.prices.charges import Registered
from model.prices.estimate import Estimate, estimate
from model.prices.price_list import Price, PriceList, Tier, read_price_list, regions
from model.prices.products import product
from operations.cost import model, sources
from operations.cost.command import cost
from operations.cost.model import Cost, cost_of
from stacks.environment import Environment
from stacks.planned import planned
from stacks.stack_file import parse, read_stack_file

ROOT = Path(__file__).parents[2]
SCHEMA = Path(model.__file__).with_name("cost.schema.json")
KEYS = ("vpn-connection", "public-ipv4", "instance/t4g.small", "instance/t4g.nano", "volume/gp3", "kms-key")
ONE_EACH = PriceList(
    region="eu-central-1",
    date=date(2026, 1, 1),
    source="a test",
    prices={key: Price(tiers=(Tier(usd=1),), source="") for key in KEYS},
)
"""A dollar for every hour, month or GB of everything."""


INSTANCE = "aws:ec2/instance:Instance"


def registered(type_: str, name: str, parent: str = "", **properties: Any) -> Registered:
    return Registered(f"urn::{name}", type_, name, parent and f"urn::{parent}", properties)


def counts(made: Estimate) -> Mapping[str, float]:
    return {line.key: line.count for line in made.lines}


def asked(*words: str) -> Result:
    return CliRunner().invoke(cost, words, standalone_mode=False)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the stack files in a folder of its own, which is the current one."""
    shutil.copytree(ROOT / "stacks", tmp_path / "stacks", ignore=shutil.ignore_patterns("*.py", "sections"))
    shutil.copy(ROOT / "Pulumi.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_each_tier_is_paid_for_what_is_in_it() -> None:
    tiers = (Tier(usd=0.09), Tier(begins_at=100, usd=0.05), Tier(begins_at=200, usd=0.01))
    price = Price(tiers=tiers, source="")
    assert price.of(50) == pytest.approx(4.5)
    assert price.of(250) == pytest.approx(9 + 5 + 0.5)


def test_hours_are_a_months_and_the_rest_is_by_the_month() -> None:
    assert ONE_EACH.monthly("vpn-connection", 2) == 1460
    assert ONE_EACH.monthly("kms-key", 2) == 2
    assert ONE_EACH.monthly("dashboard", 1) is None


def test_a_pair_has_two_addresses_as_the_elastic_one_takes_a_servers_place() -> None:
    servers = [
        registered(
            "aws:ec2/instance:Instance",
            name,
            "tunnel",
            instanceType="t4g.small",
            associatePublicIpAddress=True,
        )
        for name in ("main", "standby")
    ]
    tunnel = registered("aws-vpn:openvpn:OpenVpnTunnel", "tunnel")
    address = registered("aws:ec2/eip:Eip", "address", "tunnel")
    made = estimate((tunnel, address, *servers), ONE_EACH)
    assert counts(made) == {"instance/t4g.small": 2, "public-ipv4": 2, "volume/gp3": 16}
    assert {line.component for line in made.lines} == {"tunnel"}


def test_a_nat_gateways_elastic_address_is_its_only_one() -> None:
    gateway = registered("aws:ec2/natGateway:NatGateway", "gateway", "network")
    address = registered("aws:ec2/eip:Eip", "address", "network")
    network = registered("aws-vpn:network:Network", "network")
    assert counts(estimate((network, gateway, address), ONE_EACH)) == {"nat-gateway": 1, "public-ipv4": 1}


def test_a_group_is_charged_for_the_instances_it_is_meant_to_have() -> None:
    template = registered(
        "aws:ec2/launchTemplate:LaunchTemplate",
        "template",
        instanceType="t4g.nano",
        networkInterfaces=[{"associatePublicIpAddress": "true"}],
        blockDeviceMappings=[{"ebs": {"volumeType": "gp3", "volumeSize": 20}}],
    )
    group = Registered(
        "urn::group",
        "aws:autoscaling/group:Group",
        "group",
        "",
        {"desiredCapacity": 3},
        {"launchTemplate": (template.urn,)},
    )
    made = estimate((template, group), ONE_EACH)
    assert counts(made) == {"instance/t4g.nano": 3, "volume/gp3": 60, "public-ipv4": 3}


def test_what_has_no_price_is_named_and_not_guessed() -> None:
    machine = registered(INSTANCE, "a", instanceType="u-24tb1.metal")
    unknown = registered(INSTANCE, "b", instanceType=object())
    database = registered("aws:rds/instance:Instance", "c")
    made = estimate((machine, unknown, database), ONE_EACH)
    document = cost_of("test", made, ONE_EACH, None, None)
    assert document.unpriced == (
        "aws:rds/instance:Instance",
        "instance/(not known yet)",
        "instance/u-24tb1.metal",
    )
    assert document.total == 16, "the two volumes"


@settings(max_examples=5, deadline=None)
@given(configurations(most_sites=2))
def test_every_type_that_the_program_makes_is_priced_free_or_by_use(config: dict[str, Any]) -> None:
    made = estimate(planned("test", parse("a draw", config)), ONE_EACH)
    assert made.unpriced == ()


@pytest.mark.parametrize("stack", ["dev", "staging", "prod"])
def test_what_is_planned_is_what_the_program_registers(stack: str) -> None:
    wanted = read_stack_file(ROOT / "stacks" / f"Pulumi.{stack}.yaml")
    graph = record(lambda: Environment(stack, wanted), stack=stack)
    found = [resource for resource in planned(stack, wanted) if resource.type != "pulumi:pulumi:Stack"]
    assert sorted((one.type, one.name) for one in found) == sorted((r.type, r.name) for r in graph.resources)
    prices = read_price_list(wanted.region)
    assert not [line.key for line in estimate(found, prices).lines if line.monthly is None]


def test_a_file_of_prices_has_products_that_are_known() -> None:
    assert "eu-central-1" in regions()
    for region in regions():
        prices = read_price_list(region)
        assert prices.region == region
        assert all(product(key).page == price.source for key, price in prices.prices.items())


def test_a_states_resources_are_read_with_what_they_refer_to(monkeypatch: pytest.MonkeyPatch) -> None:
    state = [
        {"urn": "urn:pulumi:dev::aws-vpn::pulumi:pulumi:Stack::aws-vpn-dev", "type": "pulumi:pulumi:Stack"},
        {
            "urn": "urn:pulumi:dev::aws-vpn::aws:kms/key:Key::encryption",
            "type": "aws:kms/key:Key",
            "inputs": {"description": "x"},
            "parent": "urn:pulumi:dev::aws-vpn::pulumi:pulumi:Stack::aws-vpn-dev",
            "propertyDependencies": {"policy": ["urn:role"], "tags": []},
        },
    ]
    monkeypatch.setattr(sources, "stack_resources", lambda *_arguments, **_named: state)
    key = sources.of_deployment("dev", ROOT)[1]
    assert (key.name, key.refers_to["policy"]) == ("encryption", ("urn:role",))
    assert counts(estimate([key], ONE_EACH)) == {"kms-key": 1}


@pytest.mark.usefixtures("project")
def test_another_stack_file_is_compared_by_component(project: Path) -> None:
    old = project / "old.yaml"
    shutil.copy(project / "stacks/Pulumi.dev.yaml", old)
    text = (project / "stacks/Pulumi.dev.yaml").read_text("utf-8")
    (project / "stacks/Pulumi.dev.yaml").write_text(f"{text}  aws-vpn:nat: {{mode: gateways}}\n", "utf-8")
    told = asked("--stack", "dev", "--against", str(old), "--json")
    document = Cost.model_validate_json(told.output)
    (change,) = document.changes
    assert (change.component, change.before) == ("network", 0)
    prices = read_price_list("eu-central-1")
    two = (prices.monthly("nat-gateway", 2) or 0) + (prices.monthly("public-ipv4", 2) or 0)
    assert change.after == round(two, 2)
    shown = asked("--stack", "dev", "--against", str(old), "--markdown").output
    assert f"**+${change.after:,.2f}** against {old}" in shown
    assert (
        "the same as" in asked("--stack", "prod", "--against", "stacks/Pulumi.prod.yaml", "--markdown").output
    )


def test_a_stack_over_its_budget_says_so_whatever_traffic_costs(project: Path) -> None:
    file = project / "stacks/Pulumi.dev.yaml"
    text = file.read_text("utf-8")
    file.write_text(f"{text}  aws-vpn:monthlyBudget: 10\n", "utf-8")
    assert "**Over its budget of $10.00.**" in asked("--stack", "dev", "--markdown").output
    assert re.search(r"budget: \$10\.00 .*, and \$\d+\.\d\d over it", asked("--stack", "dev").output)
    file.write_text(f"{text}  aws-vpn:monthlyBudget: 500\n", "utf-8")
    told = asked("--stack", "dev", "--out-gb", "100000", "--markdown").output
    assert "Over its budget" not in told


@pytest.mark.usefixtures("project")
def test_traffic_of_a_guess_is_a_part_of_its_own() -> None:
    told = asked("--stack", "dev", "--out-gb", "20480", "--between-zones-gb", "100", "--json")
    lines = {line.product: line for line in Cost.model_validate_json(told.output).lines}
    tiers = read_price_list("eu-central-1").prices["out-gb"].tiers
    assert lines["out-gb"].monthly == round(10240 * tiers[0].usd + 10240 * tiers[1].usd, 2)
    assert lines["between-zones-gb"].count == 200, "charged where it leaves and where it enters"


@pytest.mark.usefixtures("project")
def test_the_document_has_the_form_that_its_schema_says() -> None:
    schema = json.loads(SCHEMA.read_text("utf-8"))
    assert schema == Cost.model_json_schema(by_alias=True), "write cost.schema.json anew"
    told = asked("--stack", "prod", "--against", "stacks/Pulumi.staging.yaml", "--json")
    jsonschema.validate(json.loads(told.output), schema)
    assert json.loads(told.output)["budget"] == 300


def test_the_page_has_the_figures_of_the_price_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    written = (ROOT / "docs/cost.md").read_text("utf-8")
    assert written == asked("docs").output, "run aws-vpn cost docs > docs/cost.md"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--stack", "nowhere"), "no stack 'nowhere'; should be one of dev, prod, staging"),
        (
            ("--stack", "dev", "--against", "gone.yaml"),
            "gone.yaml; should be 'deployed' or a stack file",
        ),
        (("--stack", "dev", "--out-gb", "-1"), "-1.0 is not in the range 0<=x<="),
        (("--stack", "dev", "--out-gb", "inf"), "inf is not in the range"),
        (("--stack", "dev", "--logs-gb", "nan"), "nan; should be a number of GB"),
        (("--stack", "dev", "--json", "--markdown"), "one of --json and --markdown should be given"),
        ((), "--stack S should be given"),
    ],
)
@pytest.mark.usefixtures("project")
def test_wrong_use_is_told_in_one_line(words: tuple[str, ...], told: str) -> None:
    error = asked(*words).exception
    assert told in (getattr(error, "message", None) or str(error))


def test_a_region_without_prices_says_how_to_get_them(project: Path) -> None:
    file = project / "stacks/Pulumi.dev.yaml"
    file.write_text(file.read_text("utf-8").replace("eu-central-1", "eu-west-1"), "utf-8")
    error = asked("--stack", "dev").exception
    assert "aws-vpn cost refresh --region eu-west-1 gets them" in str(error)

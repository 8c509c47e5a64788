"""What an adoption writes, held against the provider without an engine: its imports change nothing.

An import compares the program's inputs with those that the provider reads, but for ignored ones, and makes no
call; propagation, which cannot be imported, is turned on once more, which changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import count, takewhile
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import Phase, given, settings
from pulumi.provider.experimental import provider as sdk

from labs.adoptions import settings_with_keys
from labs.moto_server import CloudServer, cloud_server
from labs.random_vpns import VPNS, Drawn, make
from labs.recorded_environment import environment
from labs.recorded_graph import Answers, Graph, Resource
from labs.vpn_set_ups import (
    beyond_settings,
    bgp_and_static,
    detached_vpg,
    hidden_keys,
    odd_tags,
    one_site,
    shared_gateway,
    typed_routes,
)
from labs.vpns_by_hand import Account
from model.errors import AwsVpnError
from operations.adopt import command
from operations.adopt.description import Description, describe
from operations.adopt.found import Found
from operations.adopt.listing import listing
from operations.adopt.reading import AwsAnswers, read
from operations.adopt.sites import effective
from operations.adopt.steps import owners, second_steps
from operations.status.asking import Clients
from sandbox.provider.errors import ProviderError
from stacks.settings import Settings
from stacks.validation import parse
from tests.sandbox.provider_driver import REGION, Driver, Made, pointed_at, run, urn_of

PROPAGATION = "aws:ec2/vpnGatewayRoutePropagation:VpnGatewayRoutePropagation"
ASKED = tuple(
    f"aws:ec2/get{what}:get{what}"
    for what in (
        *("Vpc", "VpnGateway", "InternetGateway", "RouteTables", "RouteTable"),
        *("Subnets", "Subnet", "Instances"),
    )
)
IMPORTED = {
    "aws:ec2/vpnGateway:VpnGateway",
    "aws:ec2/customerGateway:CustomerGateway",
    "aws:ec2/vpnConnection:VpnConnection",
    "aws:ec2/vpnConnectionRoute:VpnConnectionRoute",
}


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CloudServer]:
    with cloud_server(tmp_path_factory.mktemp("cloud")) as server, pointed_at(server):
        yield server


@pytest.fixture(scope="module")
def account(cloud: CloudServer) -> Account:
    return Account(cloud.client("ec2"), cloud.client("cloudwatch"))


@pytest.fixture(scope="module")
def driver(cloud: CloudServer) -> Driver:
    return Driver()


def answers(driver: Driver) -> Answers:
    """What the program asks of the VPC, asked of the provider."""

    def answer(token: str, args: Mapping[str, Any]) -> Mapping[str, Any] | str:
        try:
            return driver.invoke(token, **args)
        except ProviderError as error:
            return str(error)

    return {token: partial(answer, token) for token in ASKED}


def changes_of(driver: Driver, resource: Resource) -> Mapping[str, str]:
    """What the import of a resource would be refused for."""
    read_back = run(driver.provider.read(_reading(resource)))
    assert read_back.resource_id == resource.import_id
    old = read_back.inputs
    inputs = {name: value for name, value in resource.inputs.items() if value is not None}
    for name in resource.ignore_changes:
        inputs.pop(name, None)
    kept = {name: value for name, value in old.items() if name in resource.ignore_changes}
    made = Made(
        resource.type, urn_of(resource.type, resource.name), resource.import_id, old, read_back.properties
    )
    checked = {**driver.check(resource.type, inputs, resource.name), **kept}
    request = sdk.DiffRequest(made.urn, made.ident, made.outputs, checked, [])
    return {name: one.kind.name for name, one in run(driver.provider.diff(request)).detailed_diff.items()}


def _reading(resource: Resource) -> sdk.ReadRequest:
    return sdk.ReadRequest(urn_of(resource.type, resource.name), resource.import_id, {}, {})


def taken_over(driver: Driver, graph: Graph) -> set[str]:
    """Import everything, turn propagation on again; the ids of what was imported."""
    imported = [resource for resource in graph.resources if resource.import_id]
    for resource in imported:
        assert not changes_of(driver, resource), resource.name
        assert resource.protect
    for resource in graph.of(PROPAGATION):
        assert resource.protect
        driver.create(resource.type, resource.inputs, resource.name)
    for type_ in IMPORTED:
        assert all(resource.import_id for resource in graph.of(type_))
    return {resource.import_id for resource in imported}


def adopted(account: Account, driver: Driver, vpc: str) -> tuple[Found, Description, Settings]:
    """Adopt a VPC, with nothing changed by it, and its first deployment neither."""
    before = account.described()
    found = read(AwsAnswers(Clients(REGION)), REGION, vpc)
    description = describe(found)
    asked = parse("legacy", settings_with_keys(description))
    ids = taken_over(driver, environment("legacy", asked, answers=answers(driver)))
    assert account.described() == before
    connections = {one.connection_id for one in found.connections}
    assert {*connections, found.vpg_id} <= ids
    return found, description, asked


@settings(max_examples=10, deadline=None, phases=[Phase.reuse, Phase.generate])
@given(drawn=VPNS)
def test_whatever_was_made_by_hand_is_taken_over_as_it_is(
    account: Account, driver: Driver, drawn: Drawn
) -> None:
    found, description, asked = adopted(account, driver, make(account, drawn))
    assert len(description.sites) == len(found.connections) == len(drawn["connections"])
    vpn = asked.hardware_vpn
    assert vpn is not None
    for site, one in zip(vpn.sites, found.connections, strict=True):
        told = [options.exported() for options in vpn.tunnel_options(site)]
        for options, tunnel in zip(told, one.tunnels, strict=True):
            assert {name: _ordered(options[name]) for name in effective(tunnel)} == {
                name: _ordered(value) for name, value in effective(tunnel).items()
            }
    assert any(line.startswith("tunnel logs") for line in second_steps(found, description.sites, "legacy"))


def test_what_no_stack_file_can_say_is_left_alone_and_said(account: Account, driver: Driver) -> None:
    vpc = account.vpc()
    vpg = account.vpg(vpc)
    everything = account.connection(vpg, account.gateway("198.51.100.77"), routes=["0.0.0.0/0"])
    account.connection(vpg, account.gateway("198.51.100.78"), name="Rome")
    before = account.described()
    found = read(AwsAnswers(Clients(REGION)), REGION, vpc)
    description = describe(found)
    assert [one.name for one in description.sites] == ["rome"]
    (line,) = [line for line in description.left if "not taken over" in line]
    assert line.startswith(f"{everything}: not taken over: ")
    assert "0.0.0.0/0" in line
    ids = taken_over(
        driver,
        environment("legacy", parse("legacy", settings_with_keys(description)), answers=answers(driver)),
    )
    assert everything not in ids
    assert account.described() == before


def test_what_lies_beside_is_named(account: Account) -> None:
    def left(set_up: Callable[[Account], str]) -> str:
        return "\n".join(describe(read(AwsAnswers(Clients(REGION)), REGION, set_up(account))).left)

    assert "the route to 192.168.160.0/24 by the VPG was typed by hand" in left(typed_routes)
    assert "uses it too: referred to, and never deleted" in left(shared_gateway)
    assert "its keys are in Secrets Manager and stay there" in left(hidden_keys)
    assert "AWS does not tell whose router announces" in left(bgp_and_static)
    beyond = left(beyond_settings)
    for said in ("traffic selectors", "rekey fuzz of 0", "has no static route"):
        assert said in beyond


def test_two_owners_are_warned_of(account: Account) -> None:
    found = read(AwsAnswers(Clients(REGION)), REGION, odd_tags(account))
    assert [line.split(":")[0] for line in owners(found)] == [f"{found.vpg_id} is Terraform's"]
    account.tag(found.connections[0].connection_id, None, Owner="OpenTofu")
    again = read(AwsAnswers(Clients(REGION)), REGION, found.vpc_id)
    assert f"{found.connections[0].connection_id} is OpenTofu's: two owners would fight over it" in "".join(
        owners(again)
    )


def test_the_list_shows_what_can_be_adopted_and_what_cannot(account: Account) -> None:
    vpc = detached_vpg(account)
    shown = list(listing(AwsAnswers(Clients(REGION))))
    assert any(line.startswith(f"{vpc}  10.60.0.0/16  office: vgw-") for line in shown)
    assert any("attached to no VPC, so that it cannot be adopted" in line for line in shown)
    assert any("static, available  Berlin" in line for line in shown)


class Denied(Clients):
    """Clients of a role that may not make one of the calls."""

    def __init__(self, operation: str) -> None:
        super().__init__(REGION)
        self._operation = operation

    def of(self, service: str) -> Any:
        client = super().of(service)
        client.meta.events.register("before-call", self._refuse)
        return client

    def _refuse(self, model: Any, **_: Any) -> None:
        if model.name == self._operation:
            raise ClientError({"Error": {"Code": "UnauthorizedOperation", "Message": "no"}}, model.name)


class Killed(BaseException):
    """Stands for the end of the process."""


class KilledAt(Clients):
    """Clients whose process ends at one of all calls."""

    def __init__(self, call: int) -> None:
        super().__init__(REGION)
        self._left = call
        self._registered: set[str] = set()

    def of(self, service: str) -> Any:
        client = super().of(service)
        if service not in self._registered:
            self._registered.add(service)
            client.meta.events.register("before-call", self._count)
        return client

    def _count(self, **_: Any) -> None:
        self._left -= 1
        if self._left == 0:
            raise Killed


class ReadingIsOver(Exception):  # noqa: N818 - nothing failed
    """What would be written now."""


def test_who_is_killed_at_any_call_of_the_reading_has_written_nothing(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(*_: object) -> None:
        raise ReadingIsOver

    vpc = one_site(account)
    (tmp_path / "Pulumi.yaml").write_text("name: aws-vpn\nruntime: python\n", encoding="utf-8")
    (tmp_path / "stacks").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "refuse_taken", lambda _: None)
    monkeypatch.setattr(command, "write", write)
    before = account.described()

    def is_killed_at(call: int) -> bool:
        monkeypatch.setattr(command, "Clients", lambda _: KilledAt(call))
        try:
            words = ["--vpc", vpc, "--stack", "legacy", "--region", REGION]
            command.adopt.main(words, standalone_mode=False)
        except Killed:
            return True
        except ReadingIsOver:
            return False
        raise AssertionError("nothing would be written")

    killed = sum(1 for _ in takewhile(is_killed_at, count(1)))
    assert killed >= 8
    assert [*(tmp_path / "stacks").iterdir()] == []
    assert account.described() == before


@pytest.mark.parametrize(
    "operation",
    [
        *("DescribeVpcs", "DescribeSubnets", "DescribeRouteTables", "DescribeVpnGateways"),
        *("DescribeVpnConnections", "DescribeCustomerGateways", "DescribeAlarms", "GetCallerIdentity"),
    ],
)
def test_a_call_that_is_not_permitted_is_one_line(account: Account, operation: str) -> None:
    vpc = one_site(account)
    with pytest.raises(AwsVpnError) as refused:
        read(AwsAnswers(Denied(operation)), REGION, vpc)
    line = str(refused.value)
    assert f"AWS answers {operation} with UnauthorizedOperation; should be allowed" in line
    assert "\n" not in line


def test_what_is_not_there_or_not_ones_own_is_one_line(account: Account, cloud: CloudServer) -> None:
    with pytest.raises(AwsVpnError, match="no VPC vpc-00000000 in eu-central-1; should be one of vpc-"):
        read(AwsAnswers(Clients(REGION)), REGION, "vpc-00000000")
    bare = account.vpc()
    with pytest.raises(AwsVpnError, match=f"{bare} has no VPG; should have one to adopt"):
        read(AwsAnswers(Clients(REGION)), REGION, bare)
    account.vpg(bare)
    with pytest.raises(AwsVpnError, match="has no VPN connection that can be adopted"):
        describe(read(AwsAnswers(Clients(REGION)), REGION, bare))


class SharedVpc(AwsAnswers):
    """What a participant of another account's VPC is told of it."""

    def account(self) -> str:
        return "999999999999"


def test_another_accounts_vpc_is_left_to_it(account: Account) -> None:
    vpc = one_site(account)
    with pytest.raises(
        AwsVpnError, match=f"{vpc} is shared by account 123456789012; should be adopted there"
    ):
        read(SharedVpc(Clients(REGION)), REGION, vpc)


def _ordered(value: Any) -> Any:
    return sorted(value, key=str) if isinstance(value, list) else value  # pyright: ignore[reportUnknownArgumentType, reportUnknownLambdaType]

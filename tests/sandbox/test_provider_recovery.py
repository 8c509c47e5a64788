"""An update that was killed: the next one goes on with what it left."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pulumi.provider.experimental import provider as sdk

from labs.moto_server import CloudServer, cloud_server
from sandbox.provider.unrecorded import Entry, Journal
from tests.sandbox.provider_driver import REGION, Driver, pointed_at, run, urn_of


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CloudServer]:
    with cloud_server(tmp_path_factory.mktemp("cloud")) as server, pointed_at(server):
        yield server


VPC = "aws:ec2/vpc:Vpc"
SUBNET = "aws:ec2/subnet:Subnet"


def left_by_a_killed_engine(folder: Path, typename: str, ident: str, name: str = "one") -> None:
    """What the journal holds after an engine that never recorded what was created."""
    Journal(folder).record(Entry(urn_of(typename, name), ident, REGION, 1))


@pytest.fixture
def ec2(cloud: CloudServer) -> Any:
    return cloud.client("ec2")


@pytest.fixture
def driver(cloud: CloudServer, tmp_path: Path) -> Driver:
    return Driver(tmp_path)


def test_the_second_create_goes_on_with_the_first_thing(driver: Driver, ec2: Any, tmp_path: Path) -> None:
    half = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    left_by_a_killed_engine(tmp_path, VPC, half)
    made = driver.create(VPC, {"cidrBlock": "10.0.0.0/16", "enableDnsHostnames": True, "tags": {"Name": "a"}})
    assert made.ident == half
    assert (made["enableDnsHostnames"], made["tags"]) == (True, {"Name": "a"})


def test_a_thing_that_no_longer_fits_is_deleted_first(driver: Driver, ec2: Any, tmp_path: Path) -> None:
    half = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    left_by_a_killed_engine(tmp_path, VPC, half)
    made = driver.create(VPC, {"cidrBlock": "10.7.0.0/16"})
    assert made.ident != half
    assert half not in {vpc["VpcId"] for vpc in ec2.describe_vpcs()["Vpcs"]}


def test_a_thing_that_is_gone_is_made_anew(driver: Driver, tmp_path: Path) -> None:
    left_by_a_killed_engine(tmp_path, VPC, "vpc-0123456789abcdef0")
    assert driver.create(VPC, {"cidrBlock": "10.0.0.0/16"}).ident != "vpc-0123456789abcdef0"


def test_the_engine_s_knowledge_ends_an_entry(driver: Driver, tmp_path: Path) -> None:
    journal, urn = Journal(tmp_path), urn_of(VPC, "one")
    checked = driver.check(VPC, {"cidrBlock": "10.0.0.0/16"})
    made = run(driver.provider.create(sdk.CreateRequest(urn, checked, 0, preview=False)))
    entry = journal.find(urn)
    assert entry is not None
    assert entry.ident == made.resource_id
    run(driver.provider.diff(sdk.DiffRequest(urn, entry.ident, made.properties, checked, [])))
    assert journal.find(urn) is None


def test_what_is_in_no_state_does_not_stop_a_destroy(driver: Driver, ec2: Any, tmp_path: Path) -> None:
    vpc = driver.create(VPC, {"cidrBlock": "10.0.0.0/16"})
    orphan = ec2.create_subnet(VpcId=vpc.ident, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    left_by_a_killed_engine(tmp_path, SUBNET, orphan)
    driver.delete(vpc)
    assert driver.read(vpc) is None
    assert Journal(tmp_path).find(urn_of(SUBNET, "one")) is None


def test_a_thing_still_in_use_is_refused_after_a_bounded_wait(cloud: CloudServer, ec2: Any) -> None:
    driver = Driver()
    vpc = driver.create(VPC, {"cidrBlock": "10.0.0.0/16"})
    ec2.create_subnet(VpcId=vpc.ident, CidrBlock="10.0.1.0/24")
    with pytest.raises(Exception, match="DependencyViolation"):
        driver.delete(vpc)


def test_a_failed_creation_leaves_nothing(driver: Driver, ec2: Any, tmp_path: Path) -> None:
    before = {one["InternetGatewayId"] for one in ec2.describe_internet_gateways()["InternetGateways"]}
    with pytest.raises(Exception, match=r"InvalidVpcID\.NotFound"):
        driver.create("aws:ec2/internetGateway:InternetGateway", {"vpcId": "vpc-0123456789abcdef0"})
    after = {one["InternetGatewayId"] for one in ec2.describe_internet_gateways()["InternetGateways"]}
    assert after == before
    assert list(tmp_path.glob("*.json")) == []

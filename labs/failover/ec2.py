"""The EC2 API as the failover lab uses it: moto, and the pairs in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config

from labs.moto_server import CloudServer

REGION = "eu-central-1"


@dataclass(frozen=True)
class Instance:
    """A server in EC2: its instance, its interface, its private address."""

    instance_id: str
    interface: str
    address: str


@dataclass(frozen=True)
class Pair:
    """Main and standby, the Elastic IP they share, and the routes that follow it."""

    name: str
    main: Instance
    standby: Instance
    allocation_id: str
    public_address: str
    routes: tuple[tuple[str, str], ...]

    def instance(self, role: str) -> Instance:
        """Main or standby."""
        return self.main if role == "main" else self.standby


@dataclass(frozen=True)
class Association:
    """What the fabric follows: the private address behind each public one, the next hop of each route."""

    addresses: Mapping[str, str]
    hops: Mapping[str, str]


@dataclass
class Ec2:
    """The EC2 API as a test uses it."""

    cloud: CloudServer
    pairs: list[Pair] = field(default_factory=list["Pair"])

    def __post_init__(self) -> None:
        self.client = self.cloud.client("ec2")
        self._subnets: dict[str, str] = {}
        self._watching: Any = boto3.client(  # pyright: ignore[reportUnknownMemberType]
            "ec2",
            region_name=REGION,
            endpoint_url=self.cloud.url,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}, connect_timeout=1, read_timeout=1),
        )
        self.vpc = self.client.create_vpc(CidrBlock="10.10.0.0/16")["Vpc"]["VpcId"]
        self.route_table = self.client.create_route_table(VpcId=self.vpc)["RouteTable"]["RouteTableId"]
        self.topic = self.cloud.client("sns").create_topic(Name="alerts")["TopicArn"]
        queue = self.cloud.client("sqs")
        self.queue = queue.create_queue(QueueName="alerts")["QueueUrl"]
        arn = queue.get_queue_attributes(QueueUrl=self.queue, AttributeNames=["QueueArn"])
        self.cloud.client("sns").subscribe(
            TopicArn=self.topic, Protocol="sqs", Endpoint=arn["Attributes"]["QueueArn"]
        )

    def pair(self, name: str, public: str, addresses: tuple[str, str], destinations: tuple[str, ...]) -> Pair:
        """Two instances; main holds the address, and the routes to the destinations point to it."""
        main, standby = (self._instance(address) for address in addresses)
        allocation = self.client.allocate_address(Domain="vpc", Address=public)["AllocationId"]
        routes = tuple((self.route_table, destination) for destination in destinations)
        for table, destination in routes:
            self.client.create_route(
                RouteTableId=table, DestinationCidrBlock=destination, NetworkInterfaceId=main.interface
            )
        pair = Pair(name, main, standby, allocation, public, routes)
        self.pairs.append(pair)
        self.give(pair, "main")
        return pair

    def give(self, pair: Pair, role: str) -> None:
        """Put the address and the routes of a pair on one of its servers."""
        interface = pair.instance(role).interface
        self.client.associate_address(
            AllocationId=pair.allocation_id, NetworkInterfaceId=interface, AllowReassociation=True
        )
        for table, destination in pair.routes:
            self.client.replace_route(
                RouteTableId=table, DestinationCidrBlock=destination, NetworkInterfaceId=interface
            )

    def holder(self, pair: Pair) -> str:
        """`main` or `standby`."""
        address = self.client.describe_addresses(AllocationIds=[pair.allocation_id])["Addresses"][0]
        return self.role(pair, address.get("NetworkInterfaceId"))

    def route_holders(self, pair: Pair) -> set[str]:
        """Where the pair's routes point to."""
        tables = self.client.describe_route_tables(RouteTableIds=[self.route_table])["RouteTables"]
        destinations = {destination for _, destination in pair.routes}
        return {
            self.role(pair, route.get("NetworkInterfaceId"))
            for route in tables[0]["Routes"]
            if route["DestinationCidrBlock"] in destinations
        }

    def role(self, pair: Pair, interface: str | None) -> str:
        """Which of the two an interface belongs to."""
        return {pair.main.interface: "main", pair.standby.interface: "standby"}.get(interface or "", "other")

    def association(self) -> Association:
        """How the addresses and routes stand."""
        private = {
            instance.interface: instance.address
            for pair in self.pairs
            for instance in (pair.main, pair.standby)
        }
        ids = [pair.allocation_id for pair in self.pairs]
        addresses = self._watching.describe_addresses(AllocationIds=ids)["Addresses"] if ids else []
        tables = self._watching.describe_route_tables(RouteTableIds=[self.route_table])["RouteTables"]
        return Association(
            {
                address["PublicIp"]: private[address["NetworkInterfaceId"]]
                for address in addresses
                if address.get("NetworkInterfaceId") in private
            },
            {
                route["DestinationCidrBlock"]: private[route["NetworkInterfaceId"]]
                for route in tables[0]["Routes"]
                if route.get("NetworkInterfaceId") in private
            },
        )

    def fault(
        self, action: str, kind: str, count: int = -1, seconds: float = 0, service: str = "ec2"
    ) -> None:
        """Calls go wrong from now on."""
        document = {"service": service, "action": action, "kind": kind, "count": count, "seconds": seconds}
        status, answer = self.cloud.control("POST", "/sandbox/faults", document)
        assert status < 300, answer

    def no_faults(self) -> None:
        """Calls go well again."""
        self.cloud.control("DELETE", "/sandbox/faults")

    def messages(self) -> list[str]:
        """The subjects of what the alert topic's subscribers got since the last time."""
        queue = self.cloud.client("sqs")
        found: list[str] = []
        while True:
            batch = queue.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages", [])
            if not batch:
                return found
            for message in batch:
                found.append(json.loads(message["Body"])["Subject"])
                queue.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])

    def _instance(self, address: str) -> Instance:
        block = f"{address.rpartition('.')[0]}.0/24"
        if block not in self._subnets:
            created = self.client.create_subnet(VpcId=self.vpc, CidrBlock=block)
            self._subnets[block] = created["Subnet"]["SubnetId"]
        images = self.client.describe_images(Owners=["136693071363"])["Images"]
        instance = self.client.run_instances(
            ImageId=images[0]["ImageId"],
            InstanceType="t4g.small",
            MinCount=1,
            MaxCount=1,
            SubnetId=self._subnets[block],
            PrivateIpAddress=address,
        )["Instances"][0]
        return Instance(
            instance["InstanceId"], instance["NetworkInterfaces"][0]["NetworkInterfaceId"], address
        )


def configuration(ec2: Ec2, pair: Pair, probe: Mapping[str, Any], timing: Mapping[str, Any]) -> str:
    """The monitor's configuration for a pair, as the component writes it."""
    return json.dumps(
        {
            "name": pair.name,
            "environment": "dev",
            "region": REGION,
            "allocationId": pair.allocation_id,
            "main": {"instanceId": pair.main.instance_id, "networkInterfaceId": pair.main.interface},
            "standby": {"instanceId": pair.standby.instance_id, "networkInterfaceId": pair.standby.interface},
            "routes": [
                {"routeTableId": table, "destination": destination} for table, destination in pair.routes
            ],
            "probe": dict(probe),
            "timing": dict(timing),
            "topicArn": ec2.topic,
            "metricNamespace": "aws-vpn",
        }
    )

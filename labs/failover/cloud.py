"""AWS for the failover lab: moto as the EC2 API, and a fabric that makes the namespaces follow it.

The monitor reaches the API through a door in the lab's internet. The fabric asks the API who holds each
address and where each route points, after each call that could have changed it and twice a second; it changes
the namespaces when, and only when, the answer has changed.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from labs.failover.wires import tcp_listener
from labs.moto_server import CloudServer
from labs.namespaces import Host

REGION = "eu-central-1"
LOOK_EVERY = 0.5
MOVES = (b"Action=AssociateAddress", b"Action=ReplaceRoute")


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
        """The subjects of what the alert topic's subscribers were told since the last time."""
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


class Fabric:
    """Makes the VPC's router do what the API says; `moved` is told of each change, with its time."""

    def __init__(self, ec2: Ec2, router: Host, own_addresses: Mapping[str, str], private_table: int) -> None:
        self._ec2 = ec2
        self._router = router
        self._own = own_addresses
        self._table = private_table
        self._applied: Association | None = None
        self._complete = False
        self._look_now = threading.Event()
        self._ended = threading.Event()
        self.changes: list[tuple[float, Association]] = []
        self._look()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def look(self) -> None:
        """Something may have changed."""
        self._look_now.set()

    def end(self) -> None:
        """Follow no more."""
        self._ended.set()
        self._look_now.set()
        self._thread.join(10)

    def _follow(self) -> None:
        while not self._ended.is_set():
            self._look_now.wait(LOOK_EVERY)
            self._look_now.clear()
            if not self._ended.is_set():
                with suppress(BotoCoreError, ClientError):  # A fault of the API strikes the fabric too.
                    self._look()

    def _look(self) -> None:
        association = self._ec2.association()
        if association != self._applied or not self._complete:
            self._complete = self._apply(association)
        if association != self._applied:
            self._applied = association
            self.changes.append((time.time(), association))

    def _apply(self, association: Association) -> bool:
        """Do as the API says; False when a route's next hop is gone, which makes it a black hole for now.

        Addresses are translated without state, as AWS does: the next packet goes to the new holder.
        """
        public = {**self._own, **{private: held for held, private in association.addresses.items()}}
        inward = ", ".join(f"{outside} : {private}" for private, outside in public.items())
        outward = ", ".join(f"{private} : {outside}" for private, outside in public.items())
        rules = f"""\
table ip gateway
delete table ip gateway
table ip gateway {{
  chain inward {{
    type filter hook prerouting priority raw;
    iifname "eth0" ip daddr set ip daddr map {{ {inward} }}
  }}
  chain outward {{
    type filter hook postrouting priority srcnat;
    oifname "eth0" ip saddr set ip saddr map {{ {outward} }}
  }}
}}
"""
        routes = "".join(
            f"ip route replace {destination} via {hop} table {self._table} || "
            f"{{ ip route replace blackhole {destination} table {self._table}; echo blackhole; }}\n"
            for destination, hop in association.hops.items()
        )
        done = self._router.run(["sh", "-c", f'printf %s "$1" | nft -f - || exit 1\n{routes}', "sh", rules])
        return "blackhole" not in done.stdout


class Door:
    """The API's address in the lab: what comes in on a host's port goes to the cloud's own on loopback."""

    def __init__(self, host: Host, address: str, port: int, cloud: CloudServer) -> None:
        self._listener = tcp_listener(host, address, port)
        self._cloud_port = int(cloud.url.rpartition(":")[2])
        self.on_move: Callable[[], None] = lambda: None
        self.moves_asked: list[float] = []
        self.url = f"http://{address}:{port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Nobody gets through any more."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                caller, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(caller,), daemon=True).start()

    def _serve(self, caller: socket.socket) -> None:
        is_move = threading.Event()
        with suppress(OSError), caller, socket.create_connection(("127.0.0.1", self._cloud_port)) as cloud:
            back = threading.Thread(target=self._answer, args=(cloud, caller, is_move), daemon=True)
            back.start()
            while data := caller.recv(65536):
                if any(move in data for move in MOVES):
                    is_move.set()
                    self.moves_asked.append(time.time())
                cloud.sendall(data)
            cloud.shutdown(socket.SHUT_WR)
            back.join(30)

    def _answer(self, cloud: socket.socket, caller: socket.socket, is_move: threading.Event) -> None:
        with suppress(OSError):
            while data := cloud.recv(65536):
                caller.sendall(data)
                if is_move.is_set():
                    self.on_move()
            caller.shutdown(socket.SHUT_WR)


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

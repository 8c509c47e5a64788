"""What the monitor asks of AWS. Each call ends soon, so that an API that hangs cannot hold the monitor."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from .configuration import Configuration, Route, Server
from .decision import Role
from .view import ELSEWHERE, NAT_GATEWAY, View

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import AddressTypeDef, RouteTableTypeDef

Answer = TypeVar("Answer")

CALL_SECONDS = 4.0
_PATIENCE = Config(
    connect_timeout=1,
    read_timeout=2,
    retries={"total_max_attempts": 1, "mode": "standard"},
    max_pool_connections=16,
    tcp_keepalive=True,
)
"""No retries inside botocore: what to do after a failed call is decided anew each time."""


class CloudError(Exception):
    """A call of AWS's API that failed, was throttled, or was not answered in time."""


class Cloud:
    """AWS in one region. All its methods raise CloudError and nothing else."""

    def __init__(self, region: str) -> None:
        # Apart, so that calls that hang elsewhere never keep a move waiting for a thread.
        self._ask_ec2 = partial(_call, ThreadPoolExecutor(16, "ec2"))
        self._ask = partial(_call, ThreadPoolExecutor(8, "aws"))
        self._session = boto3.Session(region_name=region)
        self._ec2 = self._client("ec2")
        self._s3 = self._client("s3")
        self._secrets = self._client("secretsmanager")
        self._sns = self._client("sns")
        self._cloudwatch = self._client("cloudwatch")

    async def document(self, location: str) -> str:
        """The text of an object in S3, by its location such as `s3://bucket/folder/name.json`."""
        bucket, _, key = location.removeprefix("s3://").partition("/")
        return await self._ask(self._read_object, f"GetObject {location}", bucket=bucket, key=key)

    async def secret(self, name: str) -> str:
        """The value of a secret."""
        answer = await self._ask(self._secrets.get_secret_value, "GetSecretValue", SecretId=name)
        return answer["SecretString"]

    async def view(self, configuration: Configuration) -> View:
        """How things stand, in three calls at once."""
        addresses, tables, interfaces = await asyncio.gather(
            self._ask_ec2(
                self._ec2.describe_addresses, "DescribeAddresses", AllocationIds=[configuration.allocation_id]
            ),
            self._route_tables(configuration),
            self._ask_ec2(
                self._ec2.describe_network_interfaces,
                "DescribeNetworkInterfaces",
                Filters=[{"Name": "network-interface-id", "Values": list(_interfaces(configuration))}],
            ),
        )
        address: AddressTypeDef = addresses["Addresses"][0]
        roles = _interfaces(configuration)
        holder = address.get("NetworkInterfaceId")
        targets = _targets(tables)
        return View(
            holder=roles.get(holder, "other") if holder else "nobody",
            holder_interface=holder,
            public_address=address.get("PublicIp", ""),
            routes={route: targets.get(route) for route in configuration.routes},
            private_addresses={
                roles[interface["NetworkInterfaceId"]]: interface["PrivateIpAddress"]
                for interface in interfaces["NetworkInterfaces"]
            },
        )

    async def instance_states(self, configuration: Configuration) -> dict[str, str]:
        """What EC2 says of the servers' instances: running, stopped and so on."""
        ids = [configuration.main.instance_id, configuration.standby.instance_id]
        answer = await self._ask_ec2(
            self._ec2.describe_instances,
            "DescribeInstances",
            Filters=[{"Name": "instance-id", "Values": ids}],
        )
        return {
            instance["InstanceId"]: instance["State"]["Name"]
            for reservation in answer["Reservations"]
            for instance in reservation["Instances"]
        }

    async def associate(self, allocation_id: str, server: Server) -> None:
        """Move the address to a server's interface, in one atomic step from wherever it is."""
        await self._ask_ec2(
            self._ec2.associate_address,
            "AssociateAddress",
            AllocationId=allocation_id,
            NetworkInterfaceId=server.network_interface_id,
            AllowReassociation=True,
        )

    async def point(self, route: Route, server: Server) -> None:
        """Point a route to a server's interface."""
        await self._ask_ec2(
            self._ec2.replace_route,
            f"ReplaceRoute {route.destination} in {route.route_table_id}",
            RouteTableId=route.route_table_id,
            DestinationCidrBlock=route.destination,
            NetworkInterfaceId=server.network_interface_id,
        )

    async def create(self, route: Route, server: Server) -> None:
        """Make a route that somebody has deleted, to a server's interface."""
        await self._ask_ec2(
            self._ec2.create_route,
            f"CreateRoute {route.destination} in {route.route_table_id}",
            RouteTableId=route.route_table_id,
            DestinationCidrBlock=route.destination,
            NetworkInterfaceId=server.network_interface_id,
        )

    async def publish(self, topic_arn: str, subject: str, message: str) -> None:
        """Tell the subscribers of a topic; SNS takes subjects of at most 100 characters."""
        await self._ask(
            self._sns.publish, "Publish", TopicArn=topic_arn, Subject=subject[:100], Message=message
        )

    async def put_metrics(self, namespace: str, data: list[Any]) -> None:
        """Add to CloudWatch's metrics."""
        await self._ask(
            self._cloudwatch.put_metric_data, "PutMetricData", Namespace=namespace, MetricData=data
        )

    async def _route_tables(self, configuration: Configuration) -> list[RouteTableTypeDef]:
        ids = sorted({route.route_table_id for route in configuration.routes})
        if not ids:
            return []
        answer = await self._ask_ec2(
            self._ec2.describe_route_tables, "DescribeRouteTables", RouteTableIds=ids
        )
        return answer["RouteTables"]

    def _read_object(self, bucket: str, key: str) -> str:
        answer = self._s3.get_object(Bucket=bucket, Key=key)
        return answer["Body"].read().decode(errors="replace")

    def _client(self, service: Any) -> Any:
        # Debian's boto3 does not yet read the variable by itself.
        return self._session.client(  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
            service, config=_PATIENCE, endpoint_url=os.environ.get("AWS_ENDPOINT_URL")
        )


async def _call(threads: Executor, function: Callable[..., Answer], what: str, **arguments: Any) -> Answer:
    try:
        async with asyncio.timeout(CALL_SECONDS):
            return await asyncio.get_running_loop().run_in_executor(threads, partial(function, **arguments))
    except TimeoutError:
        raise CloudError(f"{what}: no answer within {CALL_SECONDS:g} s") from None
    except (BotoCoreError, ClientError) as error:
        raise CloudError(f"{what}: {error}") from error


def _interfaces(configuration: Configuration) -> dict[str, Role]:
    return {
        configuration.main.network_interface_id: "main",
        configuration.standby.network_interface_id: "standby",
    }


def _targets(tables: list[RouteTableTypeDef]) -> dict[Route, str]:
    """Where each route points."""
    return {
        Route(table.get("RouteTableId", ""), entry.get("DestinationCidrBlock", "")): entry.get(
            "NetworkInterfaceId", NAT_GATEWAY if entry.get("NatGatewayId") else ELSEWHERE
        )
        for table in tables
        for entry in table.get("Routes", [])
    }

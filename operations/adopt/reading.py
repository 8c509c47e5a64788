"""What AWS is asked about a VPC and its VPN. Nothing is changed, and every refusal is one line."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from pydantic.alias_generators import to_camel

from model.errors import AwsVpnError
from model.tunnel_options import TunnelOptions
from operations.adopt.found import (
    Found,
    FoundConnection,
    FoundGateway,
    FoundSubnet,
    FoundTable,
    FoundTunnel,
)
from operations.status.asking import Clients

ENDED = frozenset({"deleting", "deleted"})
"""States of a connection that is listed for an hour and carries nothing any more."""

_DESCRIBED = {
    "ikeVersions": "IkeVersions",
    "phase1DhGroupNumbers": "Phase1DHGroupNumbers",
    "phase2DhGroupNumbers": "Phase2DHGroupNumbers",
}
"""Options that DescribeVpnConnections does not call as stack files do, with a capital."""

OPTION_NAMES = tuple(to_camel(name) for name in TunnelOptions.model_fields)


class AwsAnswers:
    """AWS's lists of one region."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def account(self) -> str:
        """The account that is asked."""
        with explained("GetCallerIdentity"):
            return self._clients.of("sts").get_caller_identity()["Account"]

    def listed(
        self, operation: str, key: str, service: str = "ec2", **arguments: Any
    ) -> list[dict[str, Any]]:
        """Everything that an operation lists."""
        with explained(operation):
            client = self._clients.of(service)
            if not client.can_paginate(operation):
                return list(getattr(client, operation)(**arguments)[key])
            pages = client.get_paginator(operation).paginate(**arguments)
            return [item for page in pages for item in page[key]]


@contextmanager
def explained(operation: str) -> Generator[None]:
    """Turn AWS's refusal into a line that names what was asked.

    Raises:
        AwsVpnError: AWS refused, or did not answer.
    """
    name = "".join(part.capitalize() for part in operation.split("_")) if "_" in operation else operation
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "an error")
        denied = code in {"UnauthorizedOperation", "AccessDenied", "AccessDeniedException"}
        right = f"should be allowed: the role of `aws-vpn iam adopt` may {name}" if denied else "try again"
        raise AwsVpnError(f"AWS answers {name} with {code}; {right}") from None
    # boto3 has no error class of its own for an endpoint that is no URL
    except (BotoCoreError, ValueError) as error:
        raise AwsVpnError(f"AWS: {name}: {' '.join(str(error).split())[:160]}") from None


def read(answers: AwsAnswers, region: str, vpc_id: str) -> Found:
    """A VPC with its VPG and all that hangs on it.

    Raises:
        AwsVpnError: there is no such VPC, it is another account's, it has no VPG, a connection is being
            changed, or AWS refuses a question.
    """
    account = answers.account()
    vpc = _vpc(answers, region, vpc_id, account)
    tables = answers.listed("describe_route_tables", "RouteTables", Filters=_in(vpc_id))
    subnets = answers.listed("describe_subnets", "Subnets", Filters=_in(vpc_id))
    vpg = _vpg(answers, vpc_id)
    listed = answers.listed("describe_vpn_connections", "VpnConnections")
    alive = [one for one in listed if one["State"] not in ENDED]
    gateways = answers.listed("describe_customer_gateways", "CustomerGateways")
    connections = _connections(alive, vpg["VpnGatewayId"], gateways)
    zones = {subnet["AvailabilityZone"] for subnet in subnets} or _some_zone(answers)
    return Found(
        account=account,
        region=region,
        vpc_id=vpc_id,
        cidrs=_cidrs(vpc),
        vpg_id=vpg["VpnGatewayId"],
        amazon_side_asn=int(vpg.get("AmazonSideAsn") or 64512),
        vpg_tags=tags_of(vpg),
        zones=tuple(sorted(zones)),
        # one of IPv6 alone has none of the VPC's blocks
        subnets=tuple(_subnet(subnet, tables) for subnet in subnets if subnet.get("CidrBlock")),
        tables=tuple(_table(table, vpg["VpnGatewayId"]) for table in tables),
        connections=connections,
        alarms=_alarms(answers, {one.connection_id for one in connections}),
    )


def tags_of(described: Mapping[str, Any]) -> dict[str, str]:
    """The tags of anything, by key."""
    return {tag["Key"]: tag.get("Value", "") for tag in described.get("Tags") or ()}


def attached_vpc(vpg: Mapping[str, Any]) -> str | None:
    """The VPC that a VPG is attached to."""
    attached = (one for one in vpg.get("VpcAttachments") or () if one.get("State") == "attached")
    return next((one["VpcId"] for one in attached), None)


def _vpc(answers: AwsAnswers, region: str, vpc_id: str, account: str) -> dict[str, Any]:
    vpcs = {vpc["VpcId"]: vpc for vpc in answers.listed("describe_vpcs", "Vpcs")}
    if vpc_id not in vpcs:
        known = ", ".join(sorted(vpcs)) or "(there is none)"
        raise AwsVpnError(f"no VPC {vpc_id} in {region}; should be one of {known}")
    owner = vpcs[vpc_id].get("OwnerId", account)
    if owner != account:
        raise AwsVpnError(
            f"{vpc_id} is shared by account {owner}; should be adopted there: its VPG is not {account}'s"
        )
    return vpcs[vpc_id]


def _vpg(answers: AwsAnswers, vpc_id: str) -> dict[str, Any]:
    vpgs = answers.listed("describe_vpn_gateways", "VpnGateways")
    attached = [vpg for vpg in vpgs if attached_vpc(vpg) == vpc_id and vpg.get("State") == "available"]
    if not attached:
        raise AwsVpnError(
            f"{vpc_id} has no VPG; should have one to adopt: a new one is made beside network.existing"
        )
    return attached[0]


def _some_zone(answers: AwsAnswers) -> set[str]:
    """A VPC without subnets is in no zone; a stack names one all the same."""
    zones = answers.listed("describe_availability_zones", "AvailabilityZones")
    return {
        min(zone["ZoneName"] for zone in zones if zone.get("ZoneType", "availability-zone") != "local-zone")
    }


def _connections(
    alive: list[dict[str, Any]], vpg_id: str, gateways: Iterable[dict[str, Any]]
) -> tuple[FoundConnection, ...]:
    users: dict[str, list[str]] = {}
    for one in alive:
        users.setdefault(one["CustomerGatewayId"], []).append(one["VpnConnectionId"])
    known = {
        gateway["CustomerGatewayId"]: _gateway(gateway, users.get(gateway["CustomerGatewayId"], []))
        for gateway in gateways
    }
    ours = [one for one in alive if one.get("VpnGatewayId") == vpg_id]
    for one in ours:
        if one["State"] != "available":
            raise AwsVpnError(
                f"{one['VpnConnectionId']} is {one['State']}; should be available: try again when it is"
            )
    return tuple(
        _connection(one, known[one["CustomerGatewayId"]])
        for one in sorted(ours, key=lambda one: one["VpnConnectionId"])
    )


def _gateway(gateway: Mapping[str, Any], used_by: list[str]) -> FoundGateway:
    return FoundGateway(
        gateway_id=gateway["CustomerGatewayId"],
        public_ip=gateway.get("IpAddress") or None,
        certificate_arn=gateway.get("CertificateArn") or None,
        asn=int(gateway.get("BgpAsn") or gateway.get("BgpAsnExtended") or 65000),
        tags=tags_of(gateway),
        used_by=tuple(sorted(used_by)),
    )


def _connection(one: Mapping[str, Any], gateway: FoundGateway) -> FoundConnection:
    options: dict[str, Any] = one.get("Options") or {}
    # in this order the provider numbers the tunnels of what it imports
    tunnels: list[dict[str, Any]] = options.get("TunnelOptions") or []
    if len(tunnels) != 2:
        raise AwsVpnError(
            f"{one['VpnConnectionId']} has {len(tunnels)} tunnels as AWS describes it; should have two"
        )
    first, second = (_tunnel(tunnel) for tunnel in sorted(tunnels, key=lambda one: one["OutsideIpAddress"]))
    return FoundConnection(
        connection_id=one["VpnConnectionId"],
        state=one["State"],
        is_static=bool(options.get("StaticRoutesOnly")),
        gateway=gateway,
        routes=tuple(
            route["DestinationCidrBlock"]
            for route in one.get("Routes") or ()
            if route.get("State") not in ENDED and route.get("DestinationCidrBlock")
        ),
        tunnels=(first, second),
        hides_keys=bool(one.get("PreSharedKeyArn")),
        selectors=(
            options.get("LocalIpv4NetworkCidr") or "0.0.0.0/0",
            options.get("RemoteIpv4NetworkCidr") or "0.0.0.0/0",
        ),
        tags=tags_of(one),
    )


def _tunnel(described: Mapping[str, Any]) -> FoundTunnel:
    options: dict[str, Any] = described.get("LogOptions") or {}
    logs: dict[str, Any] = options.get("CloudWatchLogOptions") or {}
    return FoundTunnel(
        outside_address=described["OutsideIpAddress"],
        inside_cidr=described["TunnelInsideCidr"],
        options={name: value for name in OPTION_NAMES if (value := _option(described, name)) is not None},
        logs=bool(logs.get("LogEnabled") or logs.get("BgpLogEnabled")),
        preshared_key=described.get("PreSharedKey") or None,
    )


def _option(described: Mapping[str, Any], name: str) -> Any:
    value: Any = described.get(_DESCRIBED.get(name, name[0].upper() + name[1:]))
    if isinstance(value, list):
        items: list[dict[str, Any]] = value  # pyright: ignore[reportUnknownVariableType]
        return [item["Value"] for item in items] or None
    return value


def _subnet(subnet: Mapping[str, Any], tables: list[dict[str, Any]]) -> FoundSubnet:
    own = [table for table in tables if _is_for(table, "SubnetId", subnet["SubnetId"])]
    main = [table for table in tables if _is_for(table, "Main", value=True)]
    routes: list[dict[str, Any]] = [route for table in (own or main)[:1] for route in table["Routes"]]
    public = any(str(route.get("GatewayId", "")).startswith("igw-") for route in routes)
    return FoundSubnet(zone=subnet["AvailabilityZone"], cidr=subnet["CidrBlock"], is_public=public)


def _is_for(table: Mapping[str, Any], key: str, value: object) -> bool:
    return any(association.get(key) == value for association in table.get("Associations") or ())


def _table(table: Mapping[str, Any], vpg_id: str) -> FoundTable:
    to_vpg = [route for route in table.get("Routes") or () if route.get("GatewayId") == vpg_id]
    with_cidr = [route for route in to_vpg if route.get("DestinationCidrBlock")]
    learned = {"EnableVgwRoutePropagation"}
    return FoundTable(
        table_id=table["RouteTableId"],
        propagates=any(one.get("GatewayId") == vpg_id for one in table.get("PropagatingVgws") or ()),
        learned=tuple(r["DestinationCidrBlock"] for r in with_cidr if r.get("Origin") in learned),
        typed=tuple(r["DestinationCidrBlock"] for r in with_cidr if r.get("Origin") not in learned),
    )


def _alarms(answers: AwsAnswers, connections: set[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for alarm in answers.listed("describe_alarms", "MetricAlarms", service="cloudwatch"):
        for dimension in alarm.get("Dimensions") or ():
            if dimension["Name"] == "VpnId" and dimension["Value"] in connections:
                found.setdefault(dimension["Value"], []).append(alarm["AlarmName"])
    return {connection: tuple(sorted(names)) for connection, names in found.items()}


def _cidrs(vpc: Mapping[str, Any]) -> tuple[str, ...]:
    """The first block, then the others."""
    others = [
        association["CidrBlock"]
        for association in vpc.get("CidrBlockAssociationSet") or ()
        if association.get("CidrBlockState", {}).get("State", "associated") == "associated"
        and association["CidrBlock"] != vpc["CidrBlock"]
    ]
    return (vpc["CidrBlock"], *sorted(others))


def _in(vpc_id: str) -> list[dict[str, Any]]:
    return [{"Name": "vpc-id", "Values": [vpc_id]}]

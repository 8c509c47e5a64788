"""What a resource is charged for, by its type and its properties. Nothing here knows a price.

Properties are as Pulumi has them, of a program, a preview or a state alike. One whose value is not known yet
is charged under a key without a price, so that it is reported and never guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from model.prices.products import INSTANCE, VOLUME

NOT_KNOWN = "(not known yet)"

IMAGE_GB = 8
"""What Debian's image asks for as its root volume (wiki.debian.org/Cloud/AmazonEC2Image)."""

AUTO_SCALING_GROUP = "aws:autoscaling/group:Group"
LAUNCH_TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
ELASTIC_IP = "aws:ec2/eip:Eip"
NAT_GATEWAY = "aws:ec2/natGateway:NatGateway"


@dataclass(frozen=True)
class Registered:
    """A resource of a program, a preview or a state. `refers_to` has, by property, the URNs it is made of."""

    urn: str
    type: str
    name: str
    parent: str
    properties: Mapping[str, Any]
    refers_to: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])


@dataclass(frozen=True)
class Charge:
    """So many of a product, all month."""

    key: str
    count: float = 1


Properties = Mapping[str, Any]


def _instance(given: Properties) -> Iterator[Charge]:
    kind = given.get("instanceType")
    yield Charge(INSTANCE + (kind if isinstance(kind, str) else NOT_KNOWN))
    yield from _volume(_part(given.get("rootBlockDevice")))
    if given.get("associatePublicIpAddress") is True:
        yield Charge("public-ipv4")


def launched(given: Properties) -> Iterator[Charge]:
    """What an instance is charged for that a launch template describes."""
    kind = given.get("instanceType")
    yield Charge(INSTANCE + (kind if isinstance(kind, str) else NOT_KNOWN))
    for device in _parts(given.get("blockDeviceMappings")) or [{}]:
        yield from _volume(_part(device.get("ebs")))
    interfaces = _parts(given.get("networkInterfaces"))
    if any(str(each.get("associatePublicIpAddress")).lower() == "true" for each in interfaces):
        yield Charge("public-ipv4")


def _volume(given: Properties) -> Iterator[Charge]:
    kind, size = given.get("volumeType", "gp3"), given.get("volumeSize", IMAGE_GB)
    known = isinstance(kind, str) and isinstance(size, int | float)
    yield Charge(f"{VOLUME}{kind}", size) if known else Charge(VOLUME + NOT_KNOWN)


def _vpn_connection(given: Properties) -> Iterator[Charge]:
    yield Charge("vpn-connection-large" if given.get("tunnelBandwidth") == "large" else "vpn-connection")
    if given.get("transitGatewayId"):
        yield Charge("transit-attachment")
    if given.get("enableAcceleration") is True:
        yield Charge("acceleration of a VPN connection")
    if given.get("presharedKeyStorage") == "SecretsManager":
        yield Charge("secret")


def _endpoint(given: Properties) -> Iterator[Charge]:
    if given.get("vpcEndpointType") == "Interface":
        subnets = given.get("subnetIds")
        yield Charge(
            "interface-endpoint", len(cast("list[Any]", subnets)) if isinstance(subnets, list) else 1
        )


def _alarm(given: Properties) -> Iterator[Charge]:
    metrics = [query for query in _parts(given.get("metricQueries")) if query.get("metric")]
    yield Charge("alarm", len(metrics) or 1)


def _sent_metrics(given: Properties) -> Iterator[Charge]:
    """A component that says how many metrics its hosts send."""
    count = given.get("customMetrics")
    if isinstance(count, int | float):
        yield Charge("custom-metric", count)


def _one(key: str) -> Callable[[Properties], Iterator[Charge]]:
    def charge(_given: Properties) -> Iterator[Charge]:
        yield Charge(key)

    return charge


CHARGES: dict[str, Callable[[Properties], Iterator[Charge]]] = {
    "aws:ec2/instance:Instance": _instance,
    ELASTIC_IP: _one("public-ipv4"),
    NAT_GATEWAY: _one("nat-gateway"),
    "aws:ec2/vpnConnection:VpnConnection": _vpn_connection,
    "aws:ec2/vpcEndpoint:VpcEndpoint": _endpoint,
    "aws:ec2transitgateway/vpcAttachment:VpcAttachment": _one("transit-attachment"),
    "aws:ec2transitgateway/peeringAttachment:PeeringAttachment": _one("transit-attachment"),
    "aws:ec2transitgateway/connect:Connect": _one("transit-attachment"),
    "aws:kms/key:Key": _one("kms-key"),
    "aws:secretsmanager/secret:Secret": _one("secret"),
    "aws:cloudwatch/metricAlarm:MetricAlarm": _alarm,
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": _one("custom-metric"),
    "aws:cloudwatch/dashboard:Dashboard": _one("dashboard"),
    "aws-vpn:failover:FailoverMonitor": _sent_metrics,
    "aws-vpn:monitoring:PairMetrics": _sent_metrics,
}
"""What is charged for as long as it is there. A group's instances are charged by its launch template."""

BY_USE: dict[str, str] = {
    "aws:cloudwatch/logGroup:LogGroup": "logs",
    "aws:ec2/flowLog:FlowLog": "flow logs",
    "aws:s3/bucket:Bucket": "storage and requests of buckets",
    "aws:sns/topic:Topic": "notifications",
    "aws:kms/key:Key": "requests to KMS",
    "aws:secretsmanager/secret:Secret": "requests to Secrets Manager",
    "aws:ec2/natGateway:NatGateway": "traffic through NAT gateways",
    "aws:ec2/vpcEndpoint:VpcEndpoint": "traffic through endpoints",
    "aws:ec2transitgateway/transitGateway:TransitGateway": "traffic through transit gateways",
    "aws:cloudtrail/trail:Trail": "events of trails",
}
"""What is charged by how much it is used, which nobody can tell beforehand."""

FREE_SERVICES = ("aws:iam/", "aws:vpc/", "pulumi:", "aws:resourcegroups/", "aws:ssm/document")
FREE = frozenset(
    {
        AUTO_SCALING_GROUP,
        LAUNCH_TEMPLATE,
        *(
            f"aws:ec2/{name[0].lower()}{name[1:]}:{name}"
            for name in (
                "CustomerGateway", "DefaultNetworkAcl", "DefaultRouteTable", "DefaultSecurityGroup",
                "EgressOnlyInternetGateway", "EipAssociation", "InternetGateway", "ManagedPrefixList",
                "ManagedPrefixListEntry", "NetworkInterface", "Route", "RouteTable",
                "RouteTableAssociation", "SecurityGroup", "SecurityGroupRule", "Subnet", "Vpc",
                "VpcDhcpOptions", "VpcDhcpOptionsAssociation", "VpcEndpointRouteTableAssociation",
                "VpcIpv4CidrBlockAssociation", "VpnConnectionRoute", "VpnGateway", "VpnGatewayAttachment",
                "VpnGatewayRoutePropagation",
            )
        ),
        *(
            f"aws:ec2transitgateway/{name[0].lower()}{name[1:]}:{name}"
            for name in ("Route", "RouteTable", "RouteTableAssociation", "RouteTablePropagation")
        ),
        "aws:cloudwatch/eventRule:EventRule",
        "aws:cloudwatch/eventTarget:EventTarget",
        "aws:cloudwatch/logResourcePolicy:LogResourcePolicy",
        "aws:cloudwatch/logStream:LogStream",
        "aws:kms/alias:Alias",
        "aws:kms/keyPolicy:KeyPolicy",
        "aws:s3/bucketObjectv2:BucketObjectv2",
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
        "aws:s3/bucketPolicy:BucketPolicy",
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        "aws:s3/bucketVersioning:BucketVersioning",
        "aws:secretsmanager/secretPolicy:SecretPolicy",
        "aws:secretsmanager/secretVersion:SecretVersion",
        "aws:sns/topicPolicy:TopicPolicy",
        "aws:sns/topicSubscription:TopicSubscription",
    }
)  # fmt: skip
"""What AWS has no charge for, or charges with the resource that it belongs to."""


def is_free(type_: str) -> bool:
    """Whether a type costs nothing of itself. Components of any program do not."""
    return type_ in FREE or type_.startswith(FREE_SERVICES) or not type_.startswith("aws:")


def _part(value: object) -> Properties:
    return cast("Properties", value) if isinstance(value, Mapping) else {}


def _parts(value: object) -> list[Properties]:
    return [_part(item) for item in cast("list[Any]", value)] if isinstance(value, list) else []

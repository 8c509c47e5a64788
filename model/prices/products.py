"""What can be charged for: each product's name here, its unit, and where AWS's price list has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Unit = Literal["hour", "month", "GB"]

HOURS = 730
"""Hours of a month, as AWS's own pricing calculator counts them."""

EC2_PAGE = "https://aws.amazon.com/ec2/pricing/on-demand/"
VPC_PAGE = "https://aws.amazon.com/vpc/pricing/"
CLOUDWATCH_PAGE = "https://aws.amazon.com/cloudwatch/pricing/"


@dataclass(frozen=True)
class Product:
    """One product. `page` is where AWS publishes its price for people.

    In the price list it is the product of `service` whose usage type is `usage_type`, with a region's prefix
    or without, and whose attributes are those of `attributes`.
    """

    words: str
    unit: Unit
    page: str
    service: str
    usage_type: str
    attributes: Mapping[str, str] = field(default_factory=dict[str, str])
    region_attribute: str = "regionCode"


INSTANCE = "instance/"
"""Begins the key of an EC2 instance; its type follows."""

VOLUME = "volume/"
"""Begins the key of an EBS volume; its type follows."""

_PRODUCTS: dict[str, Product] = {
    "vpn-connection": Product(
        "VPN connection",
        "hour",
        "https://aws.amazon.com/vpn/pricing/",
        "AmazonVPC",
        "VPN-Usage-Hours:ipsec.1",
    ),
    "vpn-connection-large": Product(
        "VPN connection of large bandwidth",
        "hour",
        "https://aws.amazon.com/vpn/pricing/",
        "AmazonVPC",
        "VPN-large-Usage-Hours:ipsec.1",
    ),
    "public-ipv4": Product("public IPv4 address", "hour", VPC_PAGE, "AmazonVPC", "PublicIPv4:InUseAddress"),
    "nat-gateway": Product(
        "NAT gateway", "hour", VPC_PAGE, "AmazonEC2", "NatGateway-Hours", {"productFamily": "NAT Gateway"}
    ),
    "nat-gateway-gb": Product(
        "GB through NAT gateways",
        "GB",
        VPC_PAGE,
        "AmazonEC2",
        "NatGateway-Bytes",
        {"productFamily": "NAT Gateway"},
    ),
    "interface-endpoint": Product(
        "interface endpoint in a zone",
        "hour",
        "https://aws.amazon.com/privatelink/pricing/",
        "AmazonVPC",
        "VpcEndpoint-Hours",
    ),
    "transit-attachment": Product(
        "transit gateway attachment",
        "hour",
        "https://aws.amazon.com/transit-gateway/pricing/",
        "AmazonVPC",
        "TransitGateway-Hours",
        {"operation": "TransitGatewayVPC"},
    ),
    "kms-key": Product("KMS key", "month", "https://aws.amazon.com/kms/pricing/", "awskms", "KMS-Keys"),
    "secret": Product(
        "secret",
        "month",
        "https://aws.amazon.com/secrets-manager/pricing/",
        "AWSSecretsManager",
        "AWSSecretsManager-Secrets",
    ),
    "alarm": Product(
        "alarm on a metric", "month", CLOUDWATCH_PAGE, "AmazonCloudWatch", "CW:AlarmMonitorUsage"
    ),
    "custom-metric": Product(
        "custom metric", "month", CLOUDWATCH_PAGE, "AmazonCloudWatch", "CW:MetricMonitorUsage"
    ),
    "dashboard": Product("dashboard", "month", CLOUDWATCH_PAGE, "AmazonCloudWatch", "DashboardsUsageHour"),
    "logs-gb": Product(
        "GB written to logs", "GB", CLOUDWATCH_PAGE, "AmazonCloudWatch", "DataProcessing-Bytes"
    ),
    "out-gb": Product(
        "GB that leave AWS",
        "GB",
        EC2_PAGE,
        "AWSDataTransfer",
        "DataTransfer-Out-Bytes",
        {"transferType": "AWS Outbound"},
        "fromRegionCode",
    ),
    "between-zones-gb": Product(
        "GB between zones, each way",
        "GB",
        EC2_PAGE,
        "AWSDataTransfer",
        "DataTransfer-Regional-Bytes",
        {"transferType": "IntraRegion"},
        "fromRegionCode",
    ),
}


def product(key: str) -> Product:
    """The product of a key; those of instances and volumes are made from the type in the key.

    Raises:
        KeyError: there is none of that key.
    """
    if key.startswith(INSTANCE):
        kind = key.removeprefix(INSTANCE)
        return Product(
            f"{kind} instance",
            "hour",
            EC2_PAGE,
            "AmazonEC2",
            f"BoxUsage:{kind}",
            {
                "instanceType": kind,
                "operatingSystem": "Linux",
                "tenancy": "Shared",
                "preInstalledSw": "NA",
                "capacitystatus": "Used",
            },
        )
    if key.startswith(VOLUME):
        kind = key.removeprefix(VOLUME)
        return Product(
            f"GB of {kind} volume",
            "month",
            "https://aws.amazon.com/ebs/pricing/",
            "AmazonEC2",
            f"EBS:VolumeUsage.{kind}",
            {"productFamily": "Storage", "volumeApiName": kind},
        )
    return _PRODUCTS[key]


def known_keys() -> tuple[str, ...]:
    """The keys of all products but instances and volumes."""
    return tuple(_PRODUCTS)

"""Functions that read a VPC and what is in it; they find one thing or say that none, or several, match."""

from __future__ import annotations

from sandbox.provider.arguments import tag_map
from sandbox.provider.aws_client import Cloud
from sandbox.provider.errors import ProviderError, answer_of
from sandbox.provider.function import declare, filters_of
from sandbox.provider.resources.route_table import is_made
from sandbox.provider.resources.routes import described_targets
from sandbox.provider.values import Values, parts


def _found(cloud: Cloud, operation: str, **request: object) -> list[Values]:
    """All things of a description; none when AWS says that what is named does not exist."""
    response = answer_of(getattr(cloud.ec2, operation), **request)
    if response is None:
        return []
    return next(parts(response, key) for key, value in response.items() if isinstance(value, list))


def _single(cloud: Cloud, what: str, operation: str, **request: object) -> Values:
    """The one thing; the words are the official provider's (SingularDataSourceFindError)."""
    found = _found(cloud, operation, **request)
    if not found:
        raise ProviderError(f"no matching {what} found")
    if len(found) > 1:
        raise ProviderError(
            f"multiple {what}s matched; use additional constraints to reduce matches to a single {what}"
        )
    return found[0]


def _get_vpc(cloud: Cloud, given: Values) -> Values:
    filters = filters_of(given)
    for name, filter_name in (("cidrBlock", "cidr"), ("state", "state")):
        if given.get(name):
            filters.append({"Name": filter_name, "Values": [given[name]]})
    if given.get("default") is not None:
        filters.append({"Name": "is-default", "Values": [str(given["default"]).lower()]})
    request = {"VpcIds": [given["id"]]} if given.get("id") else Values()
    vpc = _single(cloud, "EC2 VPC", "describe_vpcs", **request, Filters=filters)
    ident, owner = vpc["VpcId"], vpc["OwnerId"]
    attributes = {
        name: cloud.ec2.describe_vpc_attribute(VpcId=ident, Attribute=name)[name[0].upper() + name[1:]][
            "Value"
        ]
        for name in ("enableDnsSupport", "enableDnsHostnames")
    }
    main = cloud.ec2.describe_route_tables(
        Filters=[{"Name": "vpc-id", "Values": [ident]}, {"Name": "association.main", "Values": ["true"]}]
    )["RouteTables"]
    return {
        **attributes,
        "id": ident,
        "arn": cloud.arn("ec2", f"vpc/{ident}", owner=owner),
        "ownerId": owner,
        "cidrBlock": vpc["CidrBlock"],
        "cidrBlockAssociations": [
            {
                "associationId": one["AssociationId"],
                "cidrBlock": one["CidrBlock"],
                "state": one["CidrBlockState"]["State"],
            }
            for one in vpc.get("CidrBlockAssociationSet") or ()
        ],
        "default": vpc.get("IsDefault", False),
        "dhcpOptionsId": vpc.get("DhcpOptionsId", ""),
        "instanceTenancy": vpc.get("InstanceTenancy", "default"),
        "mainRouteTableId": main[0]["RouteTableId"] if main else "",
        "state": vpc.get("State", ""),
        "tags": tag_map(vpc.get("Tags")),
    }


def _get_subnets(cloud: Cloud, given: Values) -> Values:
    found = _found(cloud, "describe_subnets", Filters=filters_of(given))
    return {"id": cloud.region, "ids": [one["SubnetId"] for one in found]}


_SUBNET_FILTERS = {
    "availabilityZone": "availability-zone",
    "availabilityZoneId": "availability-zone-id",
    "cidrBlock": "cidr-block",
    "state": "state",
    "vpcId": "vpc-id",
}


def _get_subnet(cloud: Cloud, given: Values) -> Values:
    filters = [*filters_of(given), *_filters_by(given, _SUBNET_FILTERS)]
    request = {"SubnetIds": [given["id"]]} if given.get("id") else Values()
    subnet = _single(cloud, "EC2 Subnet", "describe_subnets", **request, Filters=filters)
    ident = subnet["SubnetId"]
    return {
        "id": ident,
        "arn": cloud.arn("ec2", f"subnet/{ident}", owner=subnet["OwnerId"]),
        "ownerId": subnet["OwnerId"],
        "vpcId": subnet["VpcId"],
        "availabilityZone": subnet["AvailabilityZone"],
        "availabilityZoneId": subnet.get("AvailabilityZoneId", ""),
        "availableIpAddressCount": subnet.get("AvailableIpAddressCount", 0),
        "cidrBlock": subnet["CidrBlock"],
        "defaultForAz": subnet.get("DefaultForAz", False),
        "mapPublicIpOnLaunch": subnet.get("MapPublicIpOnLaunch", False),
        "assignIpv6AddressOnCreation": subnet.get("AssignIpv6AddressOnCreation", False),
        "state": subnet.get("State", ""),
        "tags": tag_map(subnet.get("Tags")),
    }


def _get_route_tables(cloud: Cloud, given: Values) -> Values:
    filters = [*filters_of(given), *_filters_by(given, {"vpcId": "vpc-id"})]
    found = _found(cloud, "describe_route_tables", Filters=filters)
    return {"id": cloud.region, "ids": [one["RouteTableId"] for one in found]}


_TABLE_FILTERS = {
    "routeTableId": "route-table-id",
    "vpcId": "vpc-id",
    "subnetId": "association.subnet-id",
    "gatewayId": "association.gateway-id",
}


def _get_route_table(cloud: Cloud, given: Values) -> Values:
    """A table with its associations and the routes that somebody made."""
    filters = [*filters_of(given), *_filters_by(given, _TABLE_FILTERS)]
    table = _single(cloud, "EC2 Route Table", "describe_route_tables", Filters=filters)
    ident, owner = table["RouteTableId"], table.get("OwnerId") or cloud.account
    return {
        "id": ident,
        "arn": cloud.arn("ec2", f"route-table/{ident}", owner=owner),
        "ownerId": owner,
        "routeTableId": ident,
        "vpcId": table["VpcId"],
        "subnetId": given.get("subnetId", ""),
        "gatewayId": given.get("gatewayId", ""),
        "associations": [
            {
                "routeTableAssociationId": one["RouteTableAssociationId"],
                "routeTableId": one["RouteTableId"],
                "subnetId": one.get("SubnetId", ""),
                "gatewayId": one.get("GatewayId", ""),
                "main": one.get("Main", False),
            }
            for one in parts(table, "Associations")
        ],
        "routes": [_route(one) for one in parts(table, "Routes") if is_made(one)],
        "tags": tag_map(table.get("Tags")),
    }


def _route(route: Values) -> Values:
    return {
        "cidrBlock": route.get("DestinationCidrBlock", ""),
        "ipv6CidrBlock": route.get("DestinationIpv6CidrBlock", ""),
        "destinationPrefixListId": route.get("DestinationPrefixListId", ""),
        "carrierGatewayId": route.get("CarrierGatewayId", ""),
        "coreNetworkArn": route.get("CoreNetworkArn", ""),
        "localGatewayId": route.get("LocalGatewayId", ""),
        "odbNetworkArn": route.get("OdbNetworkArn", ""),
        "instanceId": route.get("InstanceId", ""),
        **described_targets(route),
    }


def _get_internet_gateway(cloud: Cloud, given: Values) -> Values:
    filters = [*filters_of(given), *_filters_by(given, {"internetGatewayId": "internet-gateway-id"})]
    found = _single(cloud, "EC2 Internet Gateway", "describe_internet_gateways", Filters=filters)
    ident, owner = found["InternetGatewayId"], found.get("OwnerId") or cloud.account
    return {
        "id": ident,
        "internetGatewayId": ident,
        "arn": cloud.arn("ec2", f"internet-gateway/{ident}", owner=owner),
        "ownerId": owner,
        "attachments": [
            {"vpcId": one["VpcId"], "state": one["State"]} for one in parts(found, "Attachments")
        ],
        "tags": tag_map(found.get("Tags")),
    }


def _get_vpn_gateway(cloud: Cloud, given: Values) -> Values:
    filters = [
        *filters_of(given),
        *_filters_by(
            given,
            {"availabilityZone": "availability-zone", "state": "state", "amazonSideAsn": "amazon-side-asn"},
        ),
    ]
    if given.get("attachedVpcId"):
        attached = {"attachment.vpc-id": given["attachedVpcId"], "attachment.state": "attached"}
        filters += [{"Name": name, "Values": [value]} for name, value in attached.items()]
    request = {"VpnGatewayIds": [given["id"]]} if given.get("id") else Values()
    found = _single(cloud, "EC2 VPN Gateway", "describe_vpn_gateways", **request, Filters=filters)
    vpcs = [one["VpcId"] for one in parts(found, "VpcAttachments") if one["State"] == "attached"]
    return {
        "id": found["VpnGatewayId"],
        "arn": cloud.arn("ec2", f"vpn-gateway/{found['VpnGatewayId']}"),
        "amazonSideAsn": str(found.get("AmazonSideAsn", "")),
        "attachedVpcId": vpcs[0] if vpcs else "",
        "availabilityZone": found.get("AvailabilityZone", ""),
        "state": found.get("State", ""),
        "tags": tag_map(found.get("Tags")),
    }


def _get_instances(cloud: Cloud, given: Values) -> Values:
    """Instances in the given states; without any, the running ones."""
    states = given.get("instanceStateNames") or ["running"]
    filters = [
        *filters_of({"filters": given.get("filters"), "tags": given.get("instanceTags")}),
        {"Name": "instance-state-name", "Values": states},
    ]
    reservations = _found(cloud, "describe_instances", Filters=filters)
    found = [instance for one in reservations for instance in parts(one, "Instances")]
    return {
        "id": cloud.region,
        "ids": [one["InstanceId"] for one in found],
        "privateIps": [one["PrivateIpAddress"] for one in found if one.get("PrivateIpAddress")],
        "publicIps": [one["PublicIpAddress"] for one in found if one.get("PublicIpAddress")],
        "ipv6Addresses": [one["Ipv6Address"] for one in found if one.get("Ipv6Address")],
    }


def _filters_by(given: Values, names: dict[str, str]) -> list[Values]:
    """Filters of arguments that are filters under other names."""
    return [{"Name": name, "Values": [given[own]]} for own, name in names.items() if given.get(own)]


NETWORK_FUNCTIONS = (
    declare("aws:ec2/getVpc:getVpc", "cidrBlock default dhcpOptionsId filters id state tags", _get_vpc),
    declare("aws:ec2/getSubnets:getSubnets", "filters tags", _get_subnets),
    declare(
        "aws:ec2/getSubnet:getSubnet",
        "availabilityZone availabilityZoneId cidrBlock filters id state tags vpcId",
        _get_subnet,
    ),
    declare("aws:ec2/getRouteTables:getRouteTables", "filters tags vpcId", _get_route_tables),
    declare(
        "aws:ec2/getRouteTable:getRouteTable",
        "filters gatewayId routeTableId subnetId tags vpcId",
        _get_route_table,
    ),
    declare(
        "aws:ec2/getInternetGateway:getInternetGateway",
        "filters internetGatewayId tags",
        _get_internet_gateway,
    ),
    declare(
        "aws:ec2/getVpnGateway:getVpnGateway",
        "amazonSideAsn attachedVpcId availabilityZone filters id state tags",
        _get_vpn_gateway,
    ),
    declare("aws:ec2/getInstances:getInstances", "filters instanceStateNames instanceTags", _get_instances),
)

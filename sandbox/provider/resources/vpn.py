"""The hardware VPN's gateways, and what routes it has. The connections are in `vpn_connection`."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.provider.arguments import arguments, joined_id
from sandbox.provider.aws_client import Cloud
from sandbox.provider.constraints import arn, between, identifier, ipv4_address, ipv4_cidr
from sandbox.provider.resources.ec2 import Ec2Type, first
from sandbox.provider.table import Change, ResourceType, forcing_new, text
from sandbox.provider.values import Values, parts

_FOUR_BYTES = 4294967295
"""The greatest ASN (RFC 6793)."""


def attached_vpc(description: Values) -> str:
    """The VPC that a VPG is attached to, or nothing."""
    attachments: list[Values] = parts(description, "VpcAttachments")
    return next((one["VpcId"] for one in attachments if one["State"] in ("attached", "attaching")), "")


class VpnGateway(Ec2Type):
    """A virtual private gateway (VPG), attached to a VPC when one is named."""

    typename = "aws:ec2/vpnGateway:VpnGateway"
    creator = "CreateVpnGateway"
    tag_type = "vpn-gateway"
    described = ("describe_vpn_gateways", "VpnGatewayIds")
    properties = (
        text("vpcId", computed=True, rule=identifier("vpc")),
        text("amazonSideAsn", computed=True, force_new=True, rule=between(1, _FOUR_BYTES)),
        text("availabilityZone", "AvailabilityZone", force_new=True),
    )
    outputs = ("arn",)

    def create(self, cloud: Cloud, inputs: Values) -> str:
        """Make the VPG."""
        request = {"Type": "ipsec.1", **self.request(inputs)}
        if inputs.get("amazonSideAsn"):
            request["AmazonSideAsn"] = int(inputs["amazonSideAsn"])
        return cloud.ec2.create_vpn_gateway(**request)["VpnGateway"]["VpnGatewayId"]

    def settle(self, cloud: Cloud, ident: str, inputs: Values) -> None:
        """Attach it, unless it is attached."""
        wanted = inputs.get("vpcId")
        if wanted and attached_vpc(self.describe(cloud, ident) or {}) != wanted:
            cloud.ec2.attach_vpn_gateway(VpnGatewayId=ident, VpcId=wanted)

    def read(self, cloud: Cloud, ident: str, known: Values) -> Values | None:
        """The VPG and the VPC it is attached to."""
        found = self.describe(cloud, ident)
        if found is None:
            return None
        asn = found.get("AmazonSideAsn")
        return {
            **self.tags_of(found),
            "arn": cloud.arn("ec2", f"vpn-gateway/{ident}"),
            "amazonSideAsn": "" if asn is None else str(asn),
            "availabilityZone": found.get("AvailabilityZone", ""),
            "vpcId": attached_vpc(found),
        }

    def update(self, cloud: Cloud, ident: str, change: Change) -> None:
        """Move it to another VPC."""
        attached = attached_vpc(self.describe(cloud, ident) or {})
        if attached and attached != change.new.get("vpcId"):
            cloud.ec2.detach_vpn_gateway(VpnGatewayId=ident, VpcId=attached)
        self.settle(cloud, ident, change.new)

    def delete(self, cloud: Cloud, ident: str, state: Values) -> None:
        """Detach the VPG, and delete it."""
        attached = attached_vpc(self.describe(cloud, ident) or {})
        if attached:
            cloud.ec2.detach_vpn_gateway(VpnGatewayId=ident, VpcId=attached)
        cloud.ec2.delete_vpn_gateway(VpnGatewayId=ident)


class VpnGatewayAttachment(ResourceType):
    """The attachment of a VPG to a VPC."""

    typename = "aws:ec2/vpnGatewayAttachment:VpnGatewayAttachment"
    creator = "AttachVpnGateway"
    tagged = False
    properties = forcing_new(
        text("vpcId", "VpcId", required=True, rule=identifier("vpc")),
        text("vpnGatewayId", "VpnGatewayId", required=True, rule=identifier("vgw")),
    )

    def create(self, cloud: Cloud, inputs: Values) -> str:
        """Attach, unless it is attached."""
        if self.read(cloud, "", inputs) is None:
            cloud.ec2.attach_vpn_gateway(**arguments(self.properties, inputs))
        return joined_id("vpn-attachment", inputs["vpcId"], inputs["vpnGatewayId"])

    def read(self, cloud: Cloud, ident: str, known: Values) -> Values | None:
        """The attachment."""
        gateway, vpc = known.get("vpnGatewayId", ""), known.get("vpcId", "")
        found = first(cloud, "describe_vpn_gateways", VpnGatewayIds=[gateway])
        attached = found is not None and attached_vpc(found) == vpc
        return {"vpcId": vpc, "vpnGatewayId": gateway} if attached else None

    def delete(self, cloud: Cloud, ident: str, state: Values) -> None:
        """Detach."""
        if self.read(cloud, ident, state) is not None:
            cloud.ec2.detach_vpn_gateway(VpnGatewayId=state["vpnGatewayId"], VpcId=state["vpcId"])


class CustomerGateway(Ec2Type):
    """A customer gateway: a site's router, as AWS knows it."""

    typename = "aws:ec2/customerGateway:CustomerGateway"
    creator = "CreateCustomerGateway"
    tag_type = "customer-gateway"
    described = ("describe_customer_gateways", "CustomerGatewayIds")
    properties = forcing_new(
        text("type", "Type", required=True),
        text("ipAddress", "IpAddress", rule=ipv4_address),
        text("certificateArn", "CertificateArn", rule=arn("acm", "certificate/.+")),
        text("deviceName", "DeviceName"),
        text("bgpAsn", rule=between(1, 2147483647)),
        text("bgpAsnExtended", rule=between(2147483648, _FOUR_BYTES)),
    )
    outputs = ("arn",)

    def problems(self, inputs: Values) -> Iterator[tuple[str, str]]:
        """An address or a certificate, and one ASN."""
        if not ("ipAddress" in inputs or "certificateArn" in inputs):
            yield "ipAddress", "must be set, or certificateArn"
        if "bgpAsn" in inputs and "bgpAsnExtended" in inputs:
            yield "bgpAsnExtended", "must not be set beside bgpAsn"

    def create(self, cloud: Cloud, inputs: Values) -> str:
        """Make the customer gateway."""
        request = self.request(inputs)
        for name, argument in (("bgpAsn", "BgpAsn"), ("bgpAsnExtended", "BgpAsnExtended")):
            if inputs.get(name):
                request[argument] = int(inputs[name])
        return cloud.ec2.create_customer_gateway(**request)["CustomerGateway"]["CustomerGatewayId"]

    def read(self, cloud: Cloud, ident: str, known: Values) -> Values | None:
        """The customer gateway."""
        found = self.describe(cloud, ident)
        if found is None:
            return None
        return {
            **self.tags_of(found),
            "arn": cloud.arn("ec2", f"customer-gateway/{ident}"),
            "type": found["Type"],
            "ipAddress": found.get("IpAddress", ""),
            "certificateArn": found.get("CertificateArn", ""),
            "deviceName": found.get("DeviceName", ""),
            **_asns(found),
        }

    def delete(self, cloud: Cloud, ident: str, state: Values) -> None:
        """Delete the customer gateway."""
        cloud.ec2.delete_customer_gateway(CustomerGatewayId=ident)


def _asns(description: Values) -> Values:
    """The ASN under the name that takes its size.

    AWS's own, for a gateway that was given none, shows too, so that such a gateway is replaced at the next
    update: the official provider does that (terraform-provider-aws, issue 39274).
    """
    asn = str(description.get("BgpAsnExtended") or description.get("BgpAsn") or "")
    extended = asn.isdecimal() and int(asn) > 2147483647
    return {"bgpAsn": "" if extended else asn, "bgpAsnExtended": asn if extended else ""}


class VpnConnectionRoute(ResourceType):
    """A static route of a VPN connection."""

    typename = "aws:ec2/vpnConnectionRoute:VpnConnectionRoute"
    creator = "CreateVpnConnectionRoute"
    tagged = False
    properties = forcing_new(
        text("destinationCidrBlock", "DestinationCidrBlock", required=True, rule=ipv4_cidr()),
        text("vpnConnectionId", "VpnConnectionId", required=True, rule=identifier("vpn")),
    )

    def create(self, cloud: Cloud, inputs: Values) -> str:
        """Make the route."""
        cloud.ec2.create_vpn_connection_route(**arguments(self.properties, inputs))
        return f"{inputs['destinationCidrBlock']}:{inputs['vpnConnectionId']}"

    def read(self, cloud: Cloud, ident: str, known: Values) -> Values | None:
        """The route, in its connection."""
        destination, _, connection = ident.partition(":")
        found = first(cloud, "describe_vpn_connections", VpnConnectionIds=[connection])
        routes: list[Values] = (found or {}).get("Routes") or []
        alive = (route for route in routes if route["State"] not in ("deleting", "deleted"))
        if destination not in (route["DestinationCidrBlock"] for route in alive):
            return None
        return {"destinationCidrBlock": destination, "vpnConnectionId": connection}

    def delete(self, cloud: Cloud, ident: str, state: Values) -> None:
        """Delete the route."""
        destination, _, connection = ident.partition(":")
        if self.read(cloud, ident, state) is not None:
            cloud.ec2.delete_vpn_connection_route(
                DestinationCidrBlock=destination, VpnConnectionId=connection
            )


class VpnGatewayRoutePropagation(ResourceType):
    """The propagation of a VPG's routes into a route table."""

    typename = "aws:ec2/vpnGatewayRoutePropagation:VpnGatewayRoutePropagation"
    creator = "EnableVgwRoutePropagation"
    tagged = False
    properties = forcing_new(
        text("routeTableId", "RouteTableId", required=True, rule=identifier("rtb")),
        text("vpnGatewayId", "GatewayId", required=True, rule=identifier("vgw")),
    )

    def create(self, cloud: Cloud, inputs: Values) -> str:
        """Turn propagation on."""
        cloud.ec2.enable_vgw_route_propagation(**arguments(self.properties, inputs))
        return f"{inputs['vpnGatewayId']}_{inputs['routeTableId']}"

    def read(self, cloud: Cloud, ident: str, known: Values) -> Values | None:
        """Whether the route table takes the VPG's routes.

        The official provider sets nothing of it, so that an import has no inputs and is refused.
        """
        gateway, _, table = ident.partition("_")
        found = first(cloud, "describe_route_tables", RouteTableIds=[table])
        propagating: list[Values] = (found or {}).get("PropagatingVgws") or []
        if gateway not in (one["GatewayId"] for one in propagating):
            return None
        return {}

    def delete(self, cloud: Cloud, ident: str, state: Values) -> None:
        """Turn propagation off."""
        gateway, _, table = ident.partition("_")
        if self.read(cloud, ident, state) is not None:
            cloud.ec2.disable_vgw_route_propagation(RouteTableId=table, GatewayId=gateway)

"""VPCs and their further ranges of addresses."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.provider.arguments import arguments
from sandbox.provider.aws_client import Cloud
from sandbox.provider.constraints import identifier, ipv4_cidr, ipv6_cidr
from sandbox.provider.resources.ec2 import Ec2Type, filters, first
from sandbox.provider.table import Change, ResourceType, flag, forcing_new, text
from sandbox.provider.values import Values, parts

_VPC_FLAGS = {
    "enableDnsSupport": ("enableDnsSupport", "EnableDnsSupport"),
    "enableDnsHostnames": ("enableDnsHostnames", "EnableDnsHostnames"),
    "enableNetworkAddressUsageMetrics": (
        "enableNetworkAddressUsageMetrics",
        "EnableNetworkAddressUsageMetrics",
    ),
}
"""Properties that are attributes of a VPC: each is asked for, and set, by a call of its own."""

_NEW_VPC = {"enableDnsSupport": True, "enableDnsHostnames": False, "enableNetworkAddressUsageMetrics": False}


class Vpc(Ec2Type):
    """A VPC."""

    typename = "aws:ec2/vpc:Vpc"
    creator = "CreateVpc"
    tag_type = "vpc"
    described = ("describe_vpcs", "VpcIds")
    properties = (
        text("cidrBlock", "CidrBlock", computed=True, force_new=True, rule=ipv4_cidr(16, 28)),
        text("instanceTenancy", "InstanceTenancy", default="default"),
        flag("enableDnsSupport", default=True),
        flag("enableDnsHostnames", computed=True),
        flag("enableNetworkAddressUsageMetrics", computed=True),
        flag("assignGeneratedIpv6CidrBlock", "AmazonProvidedIpv6CidrBlock"),
        text("ipv6CidrBlock", computed=True, rule=ipv6_cidr),
    )
    outputs = (
        "arn",
        "ownerId",
        "mainRouteTableId",
        "defaultRouteTableId",
        "defaultSecurityGroupId",
        "defaultNetworkAclId",
        "dhcpOptionsId",
        "ipv6AssociationId",
        "ipv6CidrBlockNetworkBorderGroup",
    )

    def create(self, cloud: Cloud, inputs: Values) -> str:
        """Make the VPC, and wait for it."""
        ident: str = cloud.ec2.create_vpc(**self.request(inputs))["Vpc"]["VpcId"]
        cloud.ec2.get_waiter("vpc_available").wait(VpcIds=[ident], WaiterConfig={"Delay": 1})
        return ident

    def settle(self, cloud: Cloud, ident: str, inputs: Values) -> None:
        """Set the attributes that differ from a new VPC's."""
        for name, (_, argument) in _VPC_FLAGS.items():
            value = inputs.get(name)
            if value is not None and value != _NEW_VPC[name]:
                cloud.ec2.modify_vpc_attribute(VpcId=ident, **{argument: {"Value": value}})

    def read(self, cloud: Cloud, ident: str, known: Values) -> Values | None:
        """The VPC with its attributes, and what AWS made for it."""
        found = self.describe(cloud, ident)
        if found is None:
            return None
        attributes = {
            name: cloud.ec2.describe_vpc_attribute(VpcId=ident, Attribute=attribute)[argument]["Value"]
            for name, (attribute, argument) in _VPC_FLAGS.items()
        }
        main = first(
            cloud,
            "describe_route_tables",
            Filters=[*filters(vpc_id=ident), _filter("association.main", "true")],
        )
        group = first(
            cloud,
            "describe_security_groups",
            Filters=[*filters(vpc_id=ident), _filter("group-name", "default")],
        )
        acl = first(
            cloud, "describe_network_acls", Filters=[*filters(vpc_id=ident), _filter("default", "true")]
        )
        main_id = (main or {}).get("RouteTableId", "")
        return {
            **attributes,
            **self.tags_of(found),
            **_ipv6_of(found),
            "arn": cloud.arn("ec2", f"vpc/{ident}", owner=found["OwnerId"]),
            "ownerId": found["OwnerId"],
            "cidrBlock": found["CidrBlock"],
            "instanceTenancy": found["InstanceTenancy"],
            "dhcpOptionsId": found.get("DhcpOptionsId", ""),
            "mainRouteTableId": main_id,
            "defaultRouteTableId": main_id,
            "defaultSecurityGroupId": (group or {}).get("GroupId", ""),
            "defaultNetworkAclId": (acl or {}).get("NetworkAclId", ""),
        }

    def problems(self, inputs: Values) -> Iterator[tuple[str, str]]:
        """A block: there are no pools of addresses here."""
        if "cidrBlock" not in inputs:
            yield "cidrBlock", "must be set"

    def replaced_by(self, change: Change) -> frozenset[str]:
        """Tenancy can be given up in place, and not be asked for."""
        return frozenset(() if change.new.get("instanceTenancy") == "default" else ("instanceTenancy",))

    def update(self, cloud: Cloud, ident: str, change: Change) -> None:
        """Set the attributes that differ; take or give back the IPv6 block; give up dedicated tenancy."""
        if "instanceTenancy" in change.names:
            cloud.ec2.modify_vpc_tenancy(VpcId=ident, InstanceTenancy="default")
        if "assignGeneratedIpv6CidrBlock" in change.names:
            if change.new.get("assignGeneratedIpv6CidrBlock"):
                cloud.ec2.associate_vpc_cidr_block(VpcId=ident, AmazonProvidedIpv6CidrBlock=True)
            else:
                cloud.ec2.disassociate_vpc_cidr_block(AssociationId=change.old["ipv6AssociationId"])
        for name in change.names & _VPC_FLAGS.keys():
            argument = _VPC_FLAGS[name][1]
            cloud.ec2.modify_vpc_attribute(VpcId=ident, **{argument: {"Value": bool(change.new.get(name))}})

    def delete(self, cloud: Cloud, ident: str, state: Values) -> None:
        """Delete the VPC."""
        cloud.ec2.delete_vpc(VpcId=ident)


def _filter(name: str, value: str) -> Values:
    return {"Name": name, "Values": [value]}


def _ipv6_of(description: Values) -> Values:
    blocks: list[Values] = parts(description, "Ipv6CidrBlockAssociationSet")
    block = blocks[0] if blocks else {}
    return {
        "assignGeneratedIpv6CidrBlock": bool(block),
        "ipv6CidrBlock": block.get("Ipv6CidrBlock", ""),
        "ipv6AssociationId": block.get("AssociationId", ""),
        "ipv6CidrBlockNetworkBorderGroup": block.get("NetworkBorderGroup", ""),
    }


class VpcIpv4CidrBlockAssociation(ResourceType):
    """A secondary IPv4 block of a VPC."""

    typename = "aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation"
    creator = "AssociateVpcCidrBlock"
    tagged = False
    properties = forcing_new(
        text("vpcId", "VpcId", required=True, rule=identifier("vpc")),
        text("cidrBlock", "CidrBlock", computed=True, rule=ipv4_cidr(16, 28)),
    )

    def create(self, cloud: Cloud, inputs: Values) -> str:
        """Associate the block."""
        made = cloud.ec2.associate_vpc_cidr_block(**arguments(self.properties, inputs))
        return made["CidrBlockAssociation"]["AssociationId"]

    def read(self, cloud: Cloud, ident: str, known: Values) -> Values | None:
        """The VPC that has the block."""
        vpc = first(
            cloud,
            "describe_vpcs",
            Filters=[{"Name": "cidr-block-association.association-id", "Values": [ident]}],
        )
        for block in (vpc or {}).get("CidrBlockAssociationSet", ()):
            if block["AssociationId"] == ident and block["CidrBlockState"]["State"] == "associated":
                return {"vpcId": (vpc or {})["VpcId"], "cidrBlock": block["CidrBlock"]}
        return None

    def delete(self, cloud: Cloud, ident: str, state: Values) -> None:
        """Disassociate the block."""
        cloud.ec2.disassociate_vpc_cidr_block(AssociationId=ident)

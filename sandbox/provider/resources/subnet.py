"""Subnets."""

from __future__ import annotations

from sandbox.provider.aws_client import Cloud
from sandbox.provider.constraints import identifier, ipv4_cidr, ipv6_cidr
from sandbox.provider.resources.ec2 import Ec2Type
from sandbox.provider.table import Change, flag, forcing_new, text
from sandbox.provider.values import Values, parts

_SUBNET_FLAGS = {
    "mapPublicIpOnLaunch": "MapPublicIpOnLaunch",
    "assignIpv6AddressOnCreation": "AssignIpv6AddressOnCreation",
}


class Subnet(Ec2Type):
    """A subnet of a VPC, in one availability zone."""

    typename = "aws:ec2/subnet:Subnet"
    creator = "CreateSubnet"
    tag_type = "subnet"
    described = ("describe_subnets", "SubnetIds")
    properties = (
        *forcing_new(
            text("vpcId", "VpcId", required=True, rule=identifier("vpc")),
            text("cidrBlock", "CidrBlock", computed=True, rule=ipv4_cidr(16, 28)),
            text("availabilityZone", "AvailabilityZone", computed=True),
            text("availabilityZoneId", "AvailabilityZoneId", computed=True),
        ),
        text("ipv6CidrBlock", "Ipv6CidrBlock", computed=True, rule=ipv6_cidr),
        flag("mapPublicIpOnLaunch", default=False),
        flag("assignIpv6AddressOnCreation", default=False),
    )
    outputs = ("arn", "ownerId", "ipv6CidrBlockAssociationId")

    def replaced_by(self, change: Change) -> frozenset[str]:
        """Another IPv6 block."""
        return frozenset(("ipv6CidrBlock",))

    def create(self, cloud: Cloud, inputs: Values) -> str:
        """Make the subnet, and wait for it."""
        ident: str = cloud.ec2.create_subnet(**self.request(inputs))["Subnet"]["SubnetId"]
        cloud.ec2.get_waiter("subnet_available").wait(SubnetIds=[ident], WaiterConfig={"Delay": 1})
        return ident

    def settle(self, cloud: Cloud, ident: str, inputs: Values) -> None:
        """Set the attributes that a new subnet has not."""
        for name, argument in _SUBNET_FLAGS.items():
            if inputs.get(name):
                cloud.ec2.modify_subnet_attribute(SubnetId=ident, **{argument: {"Value": True}})

    def read(self, cloud: Cloud, ident: str, known: Values) -> Values | None:
        """The subnet."""
        found = self.describe(cloud, ident)
        if found is None:
            return None
        ipv6: list[Values] = parts(found, "Ipv6CidrBlockAssociationSet")
        return {
            **self.tags_of(found),
            **{name: found.get(member, False) for name, member in _SUBNET_FLAGS.items()},
            "arn": cloud.arn("ec2", f"subnet/{ident}", owner=found["OwnerId"]),
            "ownerId": found["OwnerId"],
            "vpcId": found["VpcId"],
            "cidrBlock": found["CidrBlock"],
            "availabilityZone": found["AvailabilityZone"],
            "availabilityZoneId": found.get("AvailabilityZoneId", ""),
            "ipv6CidrBlock": ipv6[0]["Ipv6CidrBlock"] if ipv6 else "",
            "ipv6CidrBlockAssociationId": ipv6[0]["AssociationId"] if ipv6 else "",
        }

    def update(self, cloud: Cloud, ident: str, change: Change) -> None:
        """Set the attributes that differ: one a call, as EC2 demands."""
        for name in change.names & _SUBNET_FLAGS.keys():
            value = {"Value": bool(change.new.get(name))}
            cloud.ec2.modify_subnet_attribute(SubnetId=ident, **{_SUBNET_FLAGS[name]: value})

    def delete(self, cloud: Cloud, ident: str, state: Values) -> None:
        """Delete the subnet."""
        cloud.ec2.delete_subnet(SubnetId=ident)

"""The VPC and its parts: address blocks, subnets, the internet gateway, flow logs."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.provider.arguments import arguments
from sandbox.provider.aws_client import Cloud
from sandbox.provider.constraints import arn, identifier, ipv4_cidr, ipv6_cidr, one_of
from sandbox.provider.errors import ProviderError
from sandbox.provider.resources.ec2 import Ec2Type, filters, first
from sandbox.provider.table import Change, ResourceType, flag, forcing_new, number, text
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


class InternetGateway(Ec2Type):
    """An internet gateway, attached to a VPC when one is named."""

    typename = "aws:ec2/internetGateway:InternetGateway"
    creator = "CreateInternetGateway"
    tag_type = "internet-gateway"
    described = ("describe_internet_gateways", "InternetGatewayIds")
    properties = (text("vpcId", computed=True, rule=identifier("vpc")),)
    outputs = ("arn", "ownerId")

    def create(self, cloud: Cloud, inputs: Values) -> str:
        """Make the gateway."""
        made = cloud.ec2.create_internet_gateway(**self.request(inputs))
        return made["InternetGateway"]["InternetGatewayId"]

    def settle(self, cloud: Cloud, ident: str, inputs: Values) -> None:
        """Attach it, unless it is attached."""
        attached = (self.read(cloud, ident, {}) or {}).get("vpcId")
        if inputs.get("vpcId") and attached != inputs["vpcId"]:
            cloud.ec2.attach_internet_gateway(InternetGatewayId=ident, VpcId=inputs["vpcId"])

    def read(self, cloud: Cloud, ident: str, known: Values) -> Values | None:
        """The gateway and the VPC it is attached to."""
        found = self.describe(cloud, ident)
        if found is None:
            return None
        attachments: list[Values] = parts(found, "Attachments")
        owner = found.get("OwnerId") or cloud.account
        return {
            **self.tags_of(found),
            "arn": cloud.arn("ec2", f"internet-gateway/{ident}", owner=owner),
            "ownerId": owner,
            "vpcId": attachments[0]["VpcId"] if attachments else "",
        }

    def update(self, cloud: Cloud, ident: str, change: Change) -> None:
        """Move it to another VPC."""
        if change.old.get("vpcId"):
            cloud.ec2.detach_internet_gateway(InternetGatewayId=ident, VpcId=change.old["vpcId"])
        self.settle(cloud, ident, change.new)

    def delete(self, cloud: Cloud, ident: str, state: Values) -> None:
        """Detach the gateway from where it is, and delete it."""
        attached = (self.read(cloud, ident, {}) or {}).get("vpcId")
        if attached:
            cloud.ec2.detach_internet_gateway(InternetGatewayId=ident, VpcId=attached)
        cloud.ec2.delete_internet_gateway(InternetGatewayId=ident)


_LOGGED = {"vpcId": "VPC", "subnetId": "Subnet", "eniId": "NetworkInterface"}


class FlowLog(Ec2Type):
    """A flow log of a VPC, a subnet or a network interface."""

    typename = "aws:ec2/flowLog:FlowLog"
    creator = "CreateFlowLogs"
    tag_type = "vpc-flow-log"
    described = ("describe_flow_logs", "FlowLogIds")
    properties = forcing_new(
        text("vpcId", rule=identifier("vpc")),
        text("subnetId", rule=identifier("subnet")),
        text("eniId", rule=identifier("eni")),
        text("trafficType", "TrafficType"),
        text("logDestinationType", "LogDestinationType", default="cloud-watch-logs"),
        text("logDestination", "LogDestination", computed=True, rule=arn("(logs|s3|firehose)")),
        text("logFormat", "LogFormat", computed=True),
        text("iamRoleArn", "DeliverLogsPermissionArn", rule=arn("iam", "role/.+")),
        number("maxAggregationInterval", "MaxAggregationInterval", default=600, rule=one_of(60, 600)),
    )
    outputs = ("arn",)

    def problems(self, inputs: Values) -> Iterator[tuple[str, str]]:
        """One thing is logged, and what of it is said."""
        if sum(name in inputs for name in _LOGGED) != 1:
            yield "vpcId", f"must be the only one of {', '.join(_LOGGED)} that is set, and one must be"
        if "trafficType" not in inputs:
            yield "trafficType", "must be set: ACCEPT, REJECT or ALL"

    def create(self, cloud: Cloud, inputs: Values) -> str:
        """Make the flow log."""
        logged = next(name for name in _LOGGED if inputs.get(name))
        made = cloud.ec2.create_flow_logs(
            ResourceIds=[inputs[logged]], ResourceType=_LOGGED[logged], **self.request(inputs)
        )
        if made.get("Unsuccessful"):
            problem = made["Unsuccessful"][0]["Error"]
            raise ProviderError(f"CreateFlowLogs: {problem['Code']}: {problem['Message']}")
        return made["FlowLogIds"][0]

    def read(self, cloud: Cloud, ident: str, known: Values) -> Values | None:
        """The flow log."""
        found = first(cloud, "describe_flow_logs", FlowLogIds=[ident])
        if found is None:
            return None
        prefixes = {"vpc-": "vpcId", "subnet-": "subnetId", "eni-": "eniId"}
        logged = next(name for prefix, name in prefixes.items() if found["ResourceId"].startswith(prefix))
        return {
            **self.tags_of(found),
            logged: found["ResourceId"],
            "arn": cloud.arn("ec2", f"vpc-flow-log/{ident}"),
            "trafficType": found["TrafficType"],
            "logDestinationType": found["LogDestinationType"],
            "logDestination": found.get("LogDestination", ""),
            "logFormat": found.get("LogFormat", ""),
            "iamRoleArn": found.get("DeliverLogsPermissionArn", ""),
            "maxAggregationInterval": found["MaxAggregationInterval"],
        }

    def delete(self, cloud: Cloud, ident: str, state: Values) -> None:
        """Delete the flow log."""
        cloud.ec2.delete_flow_logs(FlowLogIds=[ident])

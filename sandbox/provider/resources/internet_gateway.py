"""Internet gateways."""

from __future__ import annotations

from sandbox.provider.aws_client import Cloud
from sandbox.provider.constraints import identifier
from sandbox.provider.resources.ec2 import Ec2Type
from sandbox.provider.table import Change, text
from sandbox.provider.values import Values, parts


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

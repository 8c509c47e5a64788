"""NAT gateways."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.provider.aws_client import Cloud
from sandbox.provider.constraints import identifier, ipv4_address
from sandbox.provider.resources.ec2 import Ec2Type
from sandbox.provider.table import forcing_new, text
from sandbox.provider.values import Values, parts


class NatGateway(Ec2Type):
    """A NAT gateway."""

    typename = "aws:ec2/natGateway:NatGateway"
    creator = "CreateNatGateway"
    tag_type = "natgateway"
    described = ("describe_nat_gateways", "NatGatewayIds")
    properties = forcing_new(
        text("subnetId", "SubnetId", rule=identifier("subnet")),
        text("allocationId", "AllocationId", rule=identifier("eipalloc")),
        text("connectivityType", "ConnectivityType", default="public"),
        text("privateIp", "PrivateIpAddress", computed=True, rule=ipv4_address),
    )
    outputs = ("associationId", "networkInterfaceId", "publicIp")

    def problems(self, inputs: Values) -> Iterator[tuple[str, str]]:
        """A public NAT gateway has an Elastic IP."""
        if (inputs.get("connectivityType", "public") == "public") != ("allocationId" in inputs):
            yield "allocationId", "must be set for a public NAT gateway, and for no other"

    def create(self, cloud: Cloud, inputs: Values) -> str:
        """Make the NAT gateway."""
        return cloud.ec2.create_nat_gateway(**self.request(inputs))["NatGateway"]["NatGatewayId"]

    def settle(self, cloud: Cloud, ident: str, inputs: Values) -> None:
        """Wait until it forwards."""
        cloud.ec2.get_waiter("nat_gateway_available").wait(NatGatewayIds=[ident], WaiterConfig={"Delay": 2})

    def read(self, cloud: Cloud, ident: str, known: Values) -> Values | None:
        """The NAT gateway and its address."""
        found = self.describe(cloud, ident)
        if found is None:
            return None
        address: Values = (parts(found, "NatGatewayAddresses") or [Values()])[0]
        return {
            **self.tags_of(found),
            "subnetId": found["SubnetId"],
            "connectivityType": found.get("ConnectivityType", "public"),
            "allocationId": address.get("AllocationId", ""),
            "associationId": address.get("AssociationId", ""),
            "networkInterfaceId": address.get("NetworkInterfaceId", ""),
            "privateIp": address.get("PrivateIp", ""),
            "publicIp": address.get("PublicIp", ""),
        }

    def delete(self, cloud: Cloud, ident: str, state: Values) -> None:
        """Delete it, and wait until its address is free."""
        cloud.ec2.delete_nat_gateway(NatGatewayId=ident)
        cloud.ec2.get_waiter("nat_gateway_deleted").wait(NatGatewayIds=[ident], WaiterConfig={"Delay": 2})

"""Routes and secondary CIDR blocks that AWS does not take.

Rules: CreateRoute ("RouteAlreadyExists", "InvalidNatGatewayID.NotFound" in EC2's error codes) and
AssociateVpcCidrBlock (a block may not overlap one that the VPC has; "VPC CIDR blocks").
"""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any

from moto.ec2.exceptions import EC2ClientError, RouteAlreadyExistsError
from moto.ec2.models import EC2Backend
from moto.ec2.models.route_tables import Route


class RouteBackend(EC2Backend):
    """Refusals."""

    def create_route(
        self, route_table_id: str, destination_cidr_block: str | None, *arguments: Any, **options: Any
    ) -> Route:
        """Add a route.

        Raises:
            EC2ClientError: the table has a route of its own to the block, or there is no such target.
        """
        nat_gateway_id = options.get("nat_gateway_id")
        if nat_gateway_id is not None:
            gateway = self.nat_gateways.get(nat_gateway_id)
            if gateway is None or gateway.state == "deleted":
                raise EC2ClientError(
                    "InvalidNatGatewayID.NotFound", f"The natGateway ID '{nat_gateway_id}' does not exist"
                )
        if destination_cidr_block is not None and not options.get("local"):
            for route in self.get_route_table(route_table_id).routes:
                if route.origin == "CreateRoute" and route.destination_cidr_block == destination_cidr_block:
                    raise RouteAlreadyExistsError(destination_cidr_block)
        return super().create_route(route_table_id, destination_cidr_block, *arguments, **options)

    def associate_vpc_cidr_block(
        self, vpc_id: str, cidr_block: str, amazon_provided_ipv6_cidr_block: bool = False
    ) -> dict[str, Any]:
        """Add a block to a VPC.

        Raises:
            EC2ClientError: InvalidVpc.Range, when it overlaps one that the VPC has.
        """
        if cidr_block and not amazon_provided_ipv6_cidr_block:
            asked = IPv4Network(cidr_block)
            for association in self.get_vpc(vpc_id).cidr_block_association_set:
                has_it = association["cidr_block_state"]["state"] == "associated"
                if has_it and asked.overlaps(IPv4Network(association["cidr_block"])):
                    raise EC2ClientError(
                        "InvalidVpc.Range",
                        f"The CIDR '{cidr_block}' conflicts with '{association['cidr_block']}' of the VPC.",
                    )
        return super().associate_vpc_cidr_block(vpc_id, cidr_block, amazon_provided_ipv6_cidr_block)

"""Deletes that AWS refuses because something depends on what is to be deleted.

Rules: DeleteSubnet, DeleteSecurityGroup, DeleteVpc and DetachInternetGateway in the EC2 API reference;
DependencyViolation and CannotDelete in its error codes.
"""

from __future__ import annotations

from moto.core.responses import ActionResult
from moto.ec2.exceptions import DependencyViolationError, EC2ClientError
from moto.ec2.models import EC2Backend
from moto.ec2.models.security_groups import SecurityGroup
from moto.ec2.models.subnets import Subnet
from moto.ec2.models.vpcs import VPC
from moto.ec2.responses import EC2Response

DEFAULT_GROUP = "default"


class DependencyBackend(EC2Backend):
    """Refusals."""

    def delete_subnet(self, subnet_id: str) -> Subnet:
        """Delete a subnet and its route table association.

        Raises:
            DependencyViolationError: a network interface is in it.
        """
        self.get_subnet(subnet_id)
        if any(interface.subnet.id == subnet_id for interface in self.enis.values()):
            raise DependencyViolationError(
                f"The subnet '{subnet_id}' has dependencies and cannot be deleted."
            )
        for table in self.route_tables.values():
            for association in table.associations:
                if association.get("SubnetId") == subnet_id:
                    self.disassociate_route_table(association["RouteTableAssociationId"])
        return super().delete_subnet(subnet_id)

    def delete_vpc(self, vpc_id: str) -> VPC:
        """Delete a VPC with its default group and main route table.

        Raises:
            DependencyViolationError: something else is in it or attached to it.
        """
        self.get_vpc(vpc_id)
        groups: list[SecurityGroup] = list(self.groups[vpc_id].values())
        attached_to = [
            attachment["VpcId"]
            for gateway in self.internet_gateways.values()
            for attachment in gateway.attachments
        ]
        if vpc_id in attached_to or any(group.name != DEFAULT_GROUP for group in groups):
            raise DependencyViolationError(f"The vpc '{vpc_id}' has dependencies and cannot be deleted.")
        return super().delete_vpc(vpc_id)

    def detach_internet_gateway(self, internet_gateway_id: str, vpc_id: str) -> None:
        """Detach an internet gateway.

        Raises:
            DependencyViolationError: an interface in the VPC has a public address.
        """
        if any(interface.public_ip and interface.subnet.vpc_id == vpc_id for interface in self.enis.values()):
            raise DependencyViolationError(
                f"Network {vpc_id} has some mapped public address(es). Please unmap those public address(es) "
                "before detaching the gateway."
            )
        super().detach_internet_gateway(internet_gateway_id, vpc_id)

    def check_group_is_free(self, group_id: str) -> None:
        """Hold a security group against what uses it.

        Raises:
            EC2ClientError: it is a VPC's default group, or an interface or another group's rule refers to it.
        """
        group = self.get_security_group_from_id(group_id)
        if group is None:
            return
        if group.name == DEFAULT_GROUP:
            raise EC2ClientError(
                "CannotDelete",
                f'the specified group: "{group.id}" name: "{group.name}" cannot be deleted by a user',
            )
        on_interface = any(group in interface.group_set for interface in self.enis.values())
        if on_interface or any(_refers(other, group) for other in self.groups[group.vpc_id or ""].values()):
            raise DependencyViolationError(f"resource {group.id} has a dependent object")


def _refers(other: SecurityGroup, group: SecurityGroup) -> bool:
    return other is not group and any(
        rule.source_group.get("GroupId") == group.id for rule in (*other.ingress_rules, *other.egress_rules)
    )


class DependencyResponse(EC2Response):
    """The action that moto's own DeleteVpc shares its way with, and so is checked here."""

    def delete_security_group(self) -> ActionResult:
        """DeleteSecurityGroup."""
        self.ec2_backend.check_group_is_free(self._get_param("GroupId"))
        return super().delete_security_group()

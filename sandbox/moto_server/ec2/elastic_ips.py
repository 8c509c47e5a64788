"""Elastic IP addresses as they move: one at a time on an interface, and on nothing they have left.

Rules: AllocateAddress, AssociateAddress and ReleaseAddress in the EC2 API reference.
"""

from __future__ import annotations

from typing import Any

from moto.core.serialize import return_if_not_empty
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import EC2Backend
from moto.ec2.models.elastic_ip_addresses import ElasticAddress
from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ec2.responses import EC2Response

from sandbox.moto_server.ec2.public_addresses import ELASTIC, unused_address


class AddressBackend(EC2Backend):
    """Elastic IP addresses."""

    def allocate_address(
        self, domain: str, address: str | None = None, tags: dict[str, str] | None = None
    ) -> ElasticAddress:
        """A public address: the one asked for, or one of AWS's."""
        taken = {existing.public_ip for existing in self.addresses}
        return super().allocate_address(domain, address or unused_address(ELASTIC, taken), tags)

    def associate_address(
        self,
        instance: Any = None,
        eni: Any = None,
        address: str | None = None,
        allocation_id: str | None = None,
        reassociate: bool = False,
    ) -> ElasticAddress:
        """Move an address to an instance's primary interface, or to an interface, in one step.

        An address that was there leaves, and stays allocated.

        Raises:
            EC2ClientError: Resource.AlreadyAssociated, when it is elsewhere and may not be moved.
        """
        interface = eni or instance.nics[0]
        before: NetworkInterface | None = self._address(address, allocation_id).eni
        moved = super().associate_address(interface.instance, interface, address, allocation_id, reassociate)
        if before is not None and before is not interface:
            before.public_ip = None
        for other in self.addresses:
            if other.eni is interface and other is not moved:
                other.eni = other.instance = other.association_id = None
        return moved

    def release_address(self, address: str | None = None, allocation_id: str | None = None) -> None:
        """Give an address back.

        Raises:
            EC2ClientError: InvalidIPAddress.InUse, while it is associated.
        """
        held = self._address(address, allocation_id)
        if held.association_id is not None:
            raise EC2ClientError("InvalidIPAddress.InUse", f"Address {held.public_ip} is in use.")
        super().release_address(address, allocation_id)

    def check_free(self, allocation_id: str) -> None:
        """Hold an Elastic IP address against what has it.

        Raises:
            EC2ClientError: Resource.AlreadyAssociated, when something does.
        """
        for held in self.addresses:
            if held.allocation_id == allocation_id and held.association_id is not None:
                raise EC2ClientError(
                    "Resource.AlreadyAssociated",
                    f"Elastic IP address [{allocation_id}] is already associated",
                )

    def restore_public_addresses(self, interfaces: list[Any]) -> None:
        """Let interfaces show their Elastic IP addresses again."""
        for held in self.addresses:
            interface: NetworkInterface | None = held.eni
            if interface is not None and interface in interfaces:
                interface.public_ip = held.public_ip

    def leave(self, interfaces: list[Any]) -> None:
        """Take the Elastic IP addresses off interfaces that go away."""
        for held in self.addresses:
            if held.eni in interfaces:
                self.disassociate_address(association_id=held.association_id)

    def _address(self, address: str | None, allocation_id: str | None) -> ElasticAddress:
        if address:
            return self.address_by_ip([address])[0]
        return self.address_by_allocation([allocation_id or ""])[0]


class AddressResponse(EC2Response):
    """Descriptions that say nothing of an instance, interface or public address where there is none."""

    RESPONSE_KEY_PATH_TO_TRANSFORMER = {  # noqa: RUF012  moto's own form
        **EC2Response.RESPONSE_KEY_PATH_TO_TRANSFORMER,
        "Address.InstanceId": return_if_not_empty,
        "Address.NetworkInterfaceId": return_if_not_empty,
        "Instance.NetworkInterfaces.InstanceNetworkInterface.Association": return_if_not_empty,
    }

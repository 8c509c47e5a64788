"""Network interfaces that have an address of their subnet and go when what they were made for goes.

Rules: CreateNetworkInterface, RunInstances (an interface made at launch ends with the instance) and
DeleteNatGateway ("disassociates its Elastic IP address") in the EC2 API reference.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import Any, cast

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ec2.models.instances import Instance
from moto.ec2.models.nat_gateways import NatGateway

from sandbox.moto_server.ec2.elastic_ips import AddressBackend

_NOBODY = cast("Instance", None)
"""Who holds an address that no instance does: moto keeps the holder and never asks it."""


class NetworkInterfaceBackend(AddressBackend):
    """Interfaces, and the NAT gateways that have one each."""

    def create_network_interface(
        self,
        subnet: Any,
        private_ip_address: str | list[str],
        private_ip_addresses: list[dict[str, Any]] | None = None,
        *arguments: Any,
        **options: Any,
    ) -> NetworkInterface:
        """An interface; one made at launch (it has a device index) ends with its instance."""
        if "device_index" in options:
            options["delete_on_termination"] = True
        if not private_ip_address and not private_ip_addresses:
            home = self.get_subnet(subnet) if isinstance(subnet, str) else subnet
            private_ip_address = home.get_available_subnet_ip(_NOBODY)
        return super().create_network_interface(
            subnet, private_ip_address, private_ip_addresses, *arguments, **options
        )

    def check_private_address(self, subnet_id: str, address: str) -> None:
        """Hold an address against its subnet.

        Raises:
            EC2ClientError: it is not the subnet's to give, or is in use.
        """
        block = IPv4Network(self.get_subnet(subnet_id).cidr_block)
        reserved = (*(block[i] for i in range(4)), block[-1])
        if IPv4Address(address) not in block or IPv4Address(address) in reserved:
            raise EC2ClientError(
                "InvalidParameterValue",
                f"Address {address} does not fall within the subnet's address range",
            )
        for interface in self.enis.values():
            if interface.subnet.id == subnet_id and interface.private_ip_address == address:
                raise EC2ClientError("InvalidIPAddress.InUse", f"Address {address} is in use.")

    def create_nat_gateway(
        self,
        subnet_id: str,
        allocation_id: str,
        tags: dict[str, str] | None = None,
        connectivity_type: str = "public",
    ) -> NatGateway:
        """A NAT gateway with an address of its subnet.

        Raises:
            EC2ClientError: Resource.AlreadyAssociated, while something else has the Elastic IP address. AWS
                lists the gateway as failed with this code ("Troubleshoot NAT gateways").
        """
        self.check_free(allocation_id)
        gateway = super().create_nat_gateway(subnet_id, allocation_id, tags, connectivity_type)
        interface = self.get_network_interface(gateway.address_set[0]["networkInterfaceId"])
        address = interface.subnet.get_available_subnet_ip(_NOBODY)
        interface.description = f"Interface for NAT Gateway {gateway.id}"
        interface.private_ip_address = gateway.private_ip = address
        interface.private_ip_addresses = [{"Primary": True, "PrivateIpAddress": address}]
        gateway.address_set[0]["privateIp"] = address
        return gateway

    def delete_nat_gateway(self, nat_gateway_id: str) -> NatGateway:
        """Delete a NAT gateway and its interface; its Elastic IP address is free. It shows as `deleted`.

        Raises:
            EC2ClientError: NatGatewayNotFound, when there is none.
        """
        gateway = self.nat_gateways.get(nat_gateway_id)
        if gateway is None or gateway.state == "deleted":
            raise EC2ClientError("NatGatewayNotFound", f"The Nat Gateway {nat_gateway_id} was not found")
        interface = self.get_network_interface(gateway.address_set[0]["networkInterfaceId"])
        self.leave([interface])
        interface.delete()
        return super().delete_nat_gateway(nat_gateway_id)

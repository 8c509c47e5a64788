"""Customer gateways with device name, certificate and 4-byte ASN, kept while a VPN connection uses them.

Rules: CreateCustomerGateway and DeleteCustomerGateway in the EC2 API reference.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError, InvalidCustomerGatewayIdError
from moto.ec2.models import EC2Backend
from moto.ec2.models.customer_gateways import CustomerGateway as MotoCustomerGateway
from moto.ec2.responses import EC2Response
from moto.ec2.utils import random_customer_gateway_id

DEFAULT_ASN = 65000
LARGEST_PLAIN_ASN = 2147483647
"""Beyond this AWS takes and shows an ASN as BgpAsnExtended."""


@dataclass(frozen=True)
class Device:
    """What tells one customer gateway from another. A device has an address, a certificate, or both."""

    type: str
    ip_address: str | None
    asn: int
    certificate_arn: str | None
    device_name: str | None


class CustomerGateway(MotoCustomerGateway):
    """A customer gateway as AWS describes it."""

    def __init__(self, ec2_backend: Any, device: Device, tags: dict[str, str]) -> None:
        super().__init__(
            ec2_backend,
            random_customer_gateway_id(),
            device.type,
            device.ip_address,  # pyright: ignore[reportArgumentType]  moto knows none without one
            str(device.asn),
            tags=tags,
        )
        self.device = device
        self.device_name = device.device_name
        self.certificate_arn = device.certificate_arn
        self.customer_gateway_id = self.id
        extended = device.asn > LARGEST_PLAIN_ASN
        self.bgp_asn = None if extended else str(device.asn)  # pyright: ignore[reportAttributeAccessIssue]
        self.bgp_asn_extended = str(device.asn) if extended else None


class CustomerGatewayBackend(EC2Backend):
    """An identical request gets the existing gateway; one in use stays; a deleted one still shows."""

    def create_device(self, device: Device, tags: dict[str, str]) -> MotoCustomerGateway:
        """The customer gateway of a device, made when there is none.

        Raises:
            EC2ClientError: the device has neither address nor certificate, or an ASN out of range.
        """
        _check(device)
        for existing in self.customer_gateways.values():
            known = isinstance(existing, CustomerGateway) and existing.device == device
            if known and existing.state == "available":
                return existing
        gateway = cast("CustomerGateway", CustomerGateway(self, device, tags))
        self.customer_gateways[gateway.id] = gateway
        return gateway

    def get_customer_gateway(self, customer_gateway_id: str) -> MotoCustomerGateway:
        """The customer gateway of an id that is not deleted.

        Raises:
            InvalidCustomerGatewayIdError: there is none.
        """
        gateway = super().get_customer_gateway(customer_gateway_id)
        if gateway.state == "deleted":
            raise InvalidCustomerGatewayIdError(customer_gateway_id)
        return gateway

    def describe_customer_gateways(
        self, filters: Any = None, customer_gateway_ids: list[str] | None = None
    ) -> list[MotoCustomerGateway]:
        """The customer gateways asked for.

        Raises:
            InvalidCustomerGatewayIdError: one of the ids is of no customer gateway.
        """
        for gateway_id in customer_gateway_ids or []:
            super().get_customer_gateway(gateway_id)
        return super().describe_customer_gateways(filters, customer_gateway_ids)

    def delete_customer_gateway(self, customer_gateway_id: str) -> None:
        """Delete a customer gateway.

        Raises:
            EC2ClientError: IncorrectState, while a VPN connection uses it.
        """
        self.get_customer_gateway(customer_gateway_id)
        for connection in self.vpn_connections.values():
            if connection.customer_gateway_id == customer_gateway_id and connection.state != "deleted":
                raise EC2ClientError("IncorrectState", "The customer gateway is in use.")
        super().delete_customer_gateway(customer_gateway_id)


def _check(device: Device) -> None:
    if device.ip_address is None and device.certificate_arn is None:
        raise EC2ClientError(
            "MissingParameter", "The request must contain the parameter IpAddress or CertificateArn"
        )
    if not 1 <= device.asn <= 4294967294:
        raise EC2ClientError(
            "InvalidParameterValue", f"Value ({device.asn}) for parameter bgpAsn is invalid. Invalid BGP ASN."
        )


class CustomerGatewayResponse(EC2Response):
    """CreateCustomerGateway with all of its parameters."""

    def create_customer_gateway(self) -> ActionResult:
        """CreateCustomerGateway."""
        device = Device(
            type=self._get_param("Type"),
            ip_address=self._get_param("IpAddress") or self._get_param("PublicIp"),
            asn=int(self._get_param("BgpAsnExtended") or self._get_param("BgpAsn") or DEFAULT_ASN),
            certificate_arn=self._get_param("CertificateArn"),
            device_name=self._get_param("DeviceName"),
        )
        tags = self._parse_tag_specification().get("customer-gateway", {})
        return ActionResult({"CustomerGateway": self.ec2_backend.create_device(device, tags)})

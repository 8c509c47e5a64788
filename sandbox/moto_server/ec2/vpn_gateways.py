"""One VPG a VPC, and no VPG deleted while it is in use.

Rules: AttachVpnGateway ("You can attach one virtual private gateway to one VPC at a time"), DeleteVpnGateway
and "Error codes" in the EC2 API reference.
"""

from __future__ import annotations

from typing import Any

from moto.ec2.exceptions import EC2ClientError, InvalidVpnGatewayIdError
from moto.ec2.models import EC2Backend
from moto.ec2.models.vpn_gateway import VPCGatewayAttachment, VpnGateway


class VpnGatewayBackend(EC2Backend):
    """VPGs with AWS's limits."""

    def create_vpn_gateway(
        self,
        gateway_type: str = "ipsec.1",
        amazon_side_asn: str | None = None,
        availability_zone: str | None = None,
        tags: dict[str, str] | None = None,
    ) -> VpnGateway:
        """A VPG with the ASN asked for, or AWS's own 64512.

        Raises:
            EC2ClientError: InvalidParameterValue, when the ASN is not private.
        """
        asn = int(amazon_side_asn or 64512)
        if not (64512 <= asn <= 65534 or 4200000000 <= asn <= 4294967294):
            raise EC2ClientError(
                "InvalidParameterValue",
                f"Value ({asn}) for parameter amazonSideAsn is invalid. It must be a private ASN.",
            )
        return super().create_vpn_gateway(gateway_type, str(asn), availability_zone, tags)

    def get_vpn_gateway(self, vpn_gateway_id: str) -> VpnGateway:
        """The VPG of an id that is not deleted.

        Raises:
            InvalidVpnGatewayIdError: there is none.
        """
        gateway = super().get_vpn_gateway(vpn_gateway_id)
        if gateway.state == "deleted":
            raise InvalidVpnGatewayIdError(vpn_gateway_id)
        return gateway

    def describe_vpn_gateways(
        self, filters: Any = None, vpn_gw_ids: list[str] | None = None
    ) -> list[VpnGateway]:
        """The VPGs asked for.

        Raises:
            InvalidVpnGatewayIdError: one of the ids is of no VPG.
        """
        for gateway_id in vpn_gw_ids or []:
            super().get_vpn_gateway(gateway_id)
        return super().describe_vpn_gateways(filters, vpn_gw_ids)

    def attach_vpn_gateway(self, vpn_gateway_id: str, vpc_id: str) -> VPCGatewayAttachment:
        """Attach a VPG to a VPC; again is no error.

        Raises:
            EC2ClientError: the VPC has another VPG, or the VPG is on another VPC.
        """
        gateway = self.get_vpn_gateway(vpn_gateway_id)
        vpc = self.get_vpc(vpc_id)
        attached_to = self.vpc_of(gateway)
        if attached_to == vpc.id:
            return gateway.attachments[vpc.id]
        if attached_to is not None:
            raise EC2ClientError(
                "VpnGatewayAttachmentLimitExceeded",
                "The maximum number of virtual private gateway attachments has been reached.",
            )
        holder = self.vpn_gateway_of(vpc.id)
        if holder is not None:
            raise EC2ClientError(
                "InvalidVpcState",
                f"VPC {vpc.id} is currently attached to the Virtual Private Gateway {holder.id}",
            )
        return super().attach_vpn_gateway(vpn_gateway_id, vpc_id)

    def detach_vpn_gateway(self, vpn_gateway_id: str, vpc_id: str) -> VPCGatewayAttachment:
        """Detach a VPG; its routes leave the VPC's route tables with it.

        Raises:
            EC2ClientError: InvalidVpnGatewayAttachment.NotFound, when it is not attached there.
        """
        gateway = self.get_vpn_gateway(vpn_gateway_id)
        if self.vpc_of(gateway) != vpc_id:
            gateway.attachments.pop(vpc_id, None)
        return super().detach_vpn_gateway(vpn_gateway_id, vpc_id)

    def delete_vpn_gateway(self, vpn_gateway_id: str) -> VpnGateway:
        """Delete a VPG.

        Raises:
            EC2ClientError: IncorrectState, while it is attached or has VPN connections.
        """
        gateway = self.get_vpn_gateway(vpn_gateway_id)
        in_use = self.vpc_of(gateway) is not None or any(
            connection.vpn_gateway_id == vpn_gateway_id and connection.state != "deleted"
            for connection in self.vpn_connections.values()
        )
        if in_use:
            raise EC2ClientError("IncorrectState", "The virtual private gateway is in use.")
        return super().delete_vpn_gateway(vpn_gateway_id)

    def vpc_of(self, gateway: VpnGateway) -> str | None:
        """The VPC that a VPG is attached to."""
        return next(
            (
                attachment.vpc_id
                for attachment in gateway.attachments.values()
                if attachment.state == "attached"
            ),
            None,
        )

    def vpn_gateway_of(self, vpc_id: str) -> VpnGateway | None:
        """The VPG attached to a VPC."""
        return next(
            (
                gateway
                for gateway in self.vpn_gateways.values()
                if gateway.state != "deleted" and self.vpc_of(gateway) == vpc_id
            ),
            None,
        )

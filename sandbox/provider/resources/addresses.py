"""Elastic IPs and who holds them, NAT gateways, network interfaces."""

from __future__ import annotations

from collections.abc import Iterator

from botocore.exceptions import ClientError

from sandbox.provider.arguments import arguments, given
from sandbox.provider.aws_client import Cloud
from sandbox.provider.constraints import identifier, ipv4_address, one_of
from sandbox.provider.errors import is_gone
from sandbox.provider.resources.ec2 import Ec2Type, first
from sandbox.provider.table import Change, ResourceType, blocks, flag, forcing_new, number, strings, text
from sandbox.provider.values import Values, part, parts


class Eip(Ec2Type):
    """An Elastic IP, associated with an instance or a network interface when one is named."""

    typename = "aws:ec2/eip:Eip"
    creator = "AllocateAddress"
    tag_type = "elastic-ip"
    described = ("describe_addresses", "AllocationIds")
    properties = (
        text("domain", "Domain", computed=True, force_new=True),
        text("address", "Address", force_new=True, rule=ipv4_address),
        text("networkBorderGroup", "NetworkBorderGroup", computed=True, force_new=True),
        text("publicIpv4Pool", "PublicIpv4Pool", computed=True, force_new=True),
        text("instance", computed=True, rule=identifier("i")),
        text("networkInterface", computed=True, rule=identifier("eni")),
        text("associateWithPrivateIp", rule=ipv4_address),
    )
    outputs = (
        "allocationId",
        "arn",
        "associationId",
        "carrierIp",
        "customerOwnedIp",
        "privateDns",
        "privateIp",
        "ptrRecord",
        "publicDns",
        "publicIp",
    )
    renewed = ("associationId", "privateIp", "privateDns")

    def create(self, cloud: Cloud, inputs: Values) -> str:
        """Allocate the address."""
        return cloud.ec2.allocate_address(**{"Domain": "vpc", **self.request(inputs)})["AllocationId"]

    def settle(self, cloud: Cloud, ident: str, inputs: Values) -> None:
        """Associate it, unless the one asked for holds it."""
        found = self.describe(cloud, ident) or {}
        wanted = given(InstanceId=inputs.get("instance"), NetworkInterfaceId=inputs.get("networkInterface"))
        if any(found.get(member) != value for member, value in wanted.items()):
            private = given(PrivateIpAddress=inputs.get("associateWithPrivateIp"))
            cloud.ec2.associate_address(AllocationId=ident, AllowReassociation=True, **wanted, **private)

    def read(self, cloud: Cloud, ident: str, known: Values) -> Values | None:
        """The address and who holds it now, whoever gave it to him."""
        found = self.describe(cloud, ident)
        if found is None:
            return None
        public = found["PublicIp"]
        private = found.get("PrivateIpAddress", "")
        return {
            **self.tags_of(found),
            "allocationId": ident,
            "arn": cloud.arn("ec2", f"elastic-ip/{ident}"),
            "associationId": found.get("AssociationId") or "",
            "domain": found["Domain"],
            "instance": found.get("InstanceId") or "",
            "networkInterface": found.get("NetworkInterfaceId") or "",
            "networkBorderGroup": found.get("NetworkBorderGroup") or cloud.region,
            "privateIp": private,
            "privateDns": _dns("ip", private, f"{cloud.region}.compute.internal") if private else "",
            "publicIp": public,
            "publicDns": _dns("ec2", public, f"{cloud.region}.compute.amazonaws.com"),
            "publicIpv4Pool": found.get("PublicIpv4Pool", "amazon"),
            "carrierIp": found.get("CarrierIp", ""),
            "customerOwnedIp": found.get("CustomerOwnedIp", ""),
            "ptrRecord": "",
        }

    def update(self, cloud: Cloud, ident: str, change: Change) -> None:
        """Give it to another holder, in one step."""
        self.settle(cloud, ident, change.new)

    def delete(self, cloud: Cloud, ident: str, state: Values) -> None:
        """Undo the association that the state recorded, and release the address.

        An association that was made since is not the provider's: AWS refuses to release the address then.
        """
        if state.get("associationId"):
            _disassociate(cloud, state["associationId"])
        cloud.ec2.release_address(AllocationId=ident)


def _disassociate(cloud: Cloud, association: str) -> None:
    """Undo an association, if it still is one."""
    try:
        cloud.ec2.disassociate_address(AssociationId=association)
    except ClientError as error:
        if not is_gone(error):
            raise


def _dns(prefix: str, address: str, domain: str) -> str:
    return f"{prefix}-{address.replace('.', '-')}.{domain}"


class EipAssociation(ResourceType):
    """Who holds an Elastic IP."""

    typename = "aws:ec2/eipAssociation:EipAssociation"
    creator = "AssociateAddress"
    tagged = False
    properties = forcing_new(
        text("allocationId", "AllocationId", computed=True, rule=identifier("eipalloc")),
        flag("allowReassociation", "AllowReassociation"),
        text("instanceId", "InstanceId", computed=True, rule=identifier("i")),
        text("networkInterfaceId", "NetworkInterfaceId", computed=True, rule=identifier("eni")),
        text("privateIpAddress", "PrivateIpAddress", computed=True, rule=ipv4_address),
        text("publicIp", "PublicIp", computed=True, rule=ipv4_address),
    )

    def problems(self, inputs: Values) -> Iterator[tuple[str, str]]:
        """An address and a holder."""
        if not ("allocationId" in inputs or "publicIp" in inputs):
            yield "allocationId", "must be set, or publicIp"
        if not ("instanceId" in inputs or "networkInterfaceId" in inputs):
            yield "instanceId", "must be set, or networkInterfaceId"

    def create(self, cloud: Cloud, inputs: Values) -> str:
        """Associate the address."""
        return cloud.ec2.associate_address(**arguments(self.properties, inputs))["AssociationId"]

    def read(self, cloud: Cloud, ident: str, known: Values) -> Values | None:
        """The association; gone when the address was given to another."""
        found = first(cloud, "describe_addresses", Filters=[{"Name": "association-id", "Values": [ident]}])
        if found is None:
            return None
        return {
            "allocationId": found["AllocationId"],
            "instanceId": found.get("InstanceId") or "",
            "networkInterfaceId": found.get("NetworkInterfaceId") or "",
            "privateIpAddress": found.get("PrivateIpAddress") or "",
            "publicIp": found["PublicIp"],
        }

    def delete(self, cloud: Cloud, ident: str, state: Values) -> None:
        """Undo this association; another one, made since, stays."""
        _disassociate(cloud, ident)


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


class NetworkInterface(Ec2Type):
    """A network interface, attached to instances when they are named."""

    typename = "aws:ec2/networkInterface:NetworkInterface"
    creator = "CreateNetworkInterface"
    tag_type = "network-interface"
    described = ("describe_network_interfaces", "NetworkInterfaceIds")
    properties = (
        text("subnetId", "SubnetId", required=True, force_new=True, rule=identifier("subnet")),
        text("description", "Description"),
        text("privateIp", computed=True, rule=ipv4_address),
        strings("privateIps", computed=True, rule=ipv4_address),
        strings("securityGroups", "Groups", computed=True, rule=identifier("sg")),
        flag("sourceDestCheck", default=True),
        text(
            "interfaceType", "InterfaceType", computed=True, force_new=True, rule=one_of("interface", "efa")
        ),
        blocks(
            "attachments",
            text("instance", required=True, rule=identifier("i")),
            number("deviceIndex", required=True),
            computed=True,
        ),
    )
    outputs = ("arn", "macAddress", "ownerId", "privateDnsName", "outpostArn")

    def create(self, cloud: Cloud, inputs: Values) -> str:
        """Make the interface."""
        request = self.request(inputs)
        addresses = list(
            dict.fromkeys(filter(None, [inputs.get("privateIp"), *(inputs.get("privateIps") or ())]))
        )
        if addresses:
            request["PrivateIpAddresses"] = [
                {"PrivateIpAddress": address, "Primary": i == 0} for i, address in enumerate(addresses)
            ]
        return cloud.ec2.create_network_interface(**request)["NetworkInterface"]["NetworkInterfaceId"]

    def settle(self, cloud: Cloud, ident: str, inputs: Values) -> None:
        """Set what a new interface has otherwise, and attach it."""
        if inputs.get("sourceDestCheck") is False:
            self._modify(cloud, ident, SourceDestCheck={"Value": False})
        if inputs.get("attachments"):
            self._attach(cloud, ident, inputs)

    def read(self, cloud: Cloud, ident: str, known: Values) -> Values | None:
        """The interface."""
        found = self.describe(cloud, ident)
        if found is None:
            return None
        attachment: Values = part(found, "Attachment")
        attached = bool(attachment.get("InstanceId"))
        return {
            **self.tags_of(found),
            "arn": cloud.arn("ec2", f"network-interface/{ident}"),
            "subnetId": found["SubnetId"],
            "description": found.get("Description", ""),
            "privateIp": found["PrivateIpAddress"],
            "privateIps": [one["PrivateIpAddress"] for one in parts(found, "PrivateIpAddresses")],
            "securityGroups": [group["GroupId"] for group in parts(found, "Groups")],
            "sourceDestCheck": found["SourceDestCheck"],
            "interfaceType": found["InterfaceType"],
            "macAddress": found.get("MacAddress", ""),
            "ownerId": found.get("OwnerId", ""),
            "privateDnsName": found.get("PrivateDnsName", ""),
            "attachments": [_attachment(attachment)] if attached else [],
        }

    def update(self, cloud: Cloud, ident: str, change: Change) -> None:
        """Change groups, check, description, addresses and attachment."""
        new = change.new
        if "securityGroups" in change.names:
            self._modify(cloud, ident, Groups=new.get("securityGroups"))
        if "sourceDestCheck" in change.names:
            self._modify(cloud, ident, SourceDestCheck={"Value": bool(new.get("sourceDestCheck"))})
        if "description" in change.names:
            self._modify(cloud, ident, Description={"Value": new.get("description", "")})
        if "privateIps" in change.names:
            self._readdress(cloud, ident, change)
        if "attachments" in change.names:
            self._detach(cloud, ident)
            self._attach(cloud, ident, new)

    def delete(self, cloud: Cloud, ident: str, state: Values) -> None:
        """Detach it, and delete it."""
        self._detach(cloud, ident)
        cloud.ec2.delete_network_interface(NetworkInterfaceId=ident)

    @staticmethod
    def _modify(cloud: Cloud, ident: str, **attribute: object) -> None:
        cloud.ec2.modify_network_interface_attribute(NetworkInterfaceId=ident, **attribute)

    @staticmethod
    def _readdress(cloud: Cloud, ident: str, change: Change) -> None:
        old, new = set(change.old.get("privateIps") or ()), set(change.new.get("privateIps") or ())
        surplus = sorted(old - new - {change.old.get("privateIp")})
        if surplus:
            cloud.ec2.unassign_private_ip_addresses(NetworkInterfaceId=ident, PrivateIpAddresses=surplus)
        if new - old:
            cloud.ec2.assign_private_ip_addresses(
                NetworkInterfaceId=ident, PrivateIpAddresses=sorted(new - old)
            )

    @staticmethod
    def _attach(cloud: Cloud, ident: str, inputs: Values) -> None:
        attached = first(cloud, "describe_network_interfaces", NetworkInterfaceIds=[ident]) or {}
        for one in parts(inputs, "attachments"):
            if part(attached, "Attachment").get("InstanceId") != one["instance"]:
                cloud.ec2.attach_network_interface(
                    NetworkInterfaceId=ident, InstanceId=one["instance"], DeviceIndex=one["deviceIndex"]
                )

    def _detach(self, cloud: Cloud, ident: str) -> None:
        attachment: Values = (self.describe(cloud, ident) or {}).get("Attachment") or {}
        if attachment.get("InstanceId"):
            cloud.ec2.detach_network_interface(AttachmentId=attachment["AttachmentId"], Force=True)


def _attachment(attachment: Values) -> Values:
    return {
        "attachmentId": attachment["AttachmentId"],
        "deviceIndex": attachment["DeviceIndex"],
        "instance": attachment["InstanceId"],
    }

"""Elastic IP addresses and what they belong to."""

from __future__ import annotations

from collections.abc import Iterator

from botocore.exceptions import ClientError

from sandbox.provider.arguments import arguments, given
from sandbox.provider.aws_client import Cloud
from sandbox.provider.constraints import identifier, ipv4_address
from sandbox.provider.errors import is_gone
from sandbox.provider.resources.ec2 import Ec2Type, first
from sandbox.provider.table import Change, ResourceType, flag, forcing_new, text
from sandbox.provider.values import Values


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

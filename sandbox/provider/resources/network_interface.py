"""Network interfaces."""

from __future__ import annotations

from sandbox.provider.aws_client import Cloud
from sandbox.provider.constraints import identifier, ipv4_address, one_of
from sandbox.provider.resources.ec2 import Ec2Type, first
from sandbox.provider.table import Change, blocks, flag, number, strings, text
from sandbox.provider.values import Values, part, parts


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

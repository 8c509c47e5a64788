"""An instance's network interfaces: what EC2 is asked for, and what it says."""

from __future__ import annotations

from sandbox.provider.arguments import given
from sandbox.provider.values import Values, parts


def primary_interface(instance: Values) -> Values:
    """The first interface; nothing while the instance has none."""
    interfaces = parts(instance, "NetworkInterfaces")
    return next((one for one in interfaces if one["Attachment"]["DeviceIndex"] == 0), Values())


def security_groups(instance: Values, primary: Values) -> list[Values]:
    """The security groups, which are those of the first interface."""
    return primary.get("Groups") or instance.get("SecurityGroups") or []


def network_request(inputs: Values) -> Values:
    """The interfaces: given, or one made with the instance where a public address is asked for or not."""
    own: list[Values] = list(inputs.get("networkInterfaces") or ())
    if inputs.get("primaryNetworkInterface"):
        own = [{"deviceIndex": 0, **inputs["primaryNetworkInterface"]}, *own]
    if own:
        return {
            "NetworkInterfaces": [
                {"DeviceIndex": one["deviceIndex"], "NetworkInterfaceId": one["networkInterfaceId"]}
                for one in own
            ]
        }
    groups = inputs.get("vpcSecurityGroupIds") or None
    subnet, private = inputs.get("subnetId"), inputs.get("privateIp")
    if inputs.get("associatePublicIpAddress") is None:
        return given(SubnetId=subnet, PrivateIpAddress=private, SecurityGroupIds=groups)
    return {
        "NetworkInterfaces": [
            given(
                DeviceIndex=0,
                AssociatePublicIpAddress=inputs["associatePublicIpAddress"],
                SubnetId=subnet,
                PrivateIpAddress=private,
                Groups=groups,
                DeleteOnTermination=True,
            )
        ]
    }

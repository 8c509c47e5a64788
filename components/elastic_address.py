"""The Elastic IP of a pair of servers, which exists before them and outlives them."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from components.labels import Labels


def elastic_address(name: str, labels: Labels, parent: pulumi.Resource, parent_type: str) -> aws.ec2.Eip:
    """An address that no server is named for.

    The failover monitor gives it to main first, and later to whichever server is healthy. If the program
    named a holder, the provider would record that association's id, which a move makes stale: deleting the
    address would disassociate what is gone, and AWS refuse to release what is still associated
    (ReleaseAddress, InvalidIPAddress.InUse). Servers depend on the address instead: they go first, and with
    them whatever association there is by then.
    """
    before = f"urn:pulumi:{pulumi.get_stack()}::{pulumi.get_project()}::{parent_type}"
    return aws.ec2.Eip(
        name,
        domain="vpc",
        tags=labels.tagged(name),
        opts=pulumi.ResourceOptions(
            parent=parent,
            aliases=[pulumi.Alias(parent=f"{before}$aws-vpn:failover:FloatingIp::{name}")],
        ),
    )

"""The table of resource types, one module a service family."""

from __future__ import annotations

from sandbox.provider.resources import vpc
from sandbox.provider.table import ResourceType

RESOURCE_TYPES: dict[str, ResourceType] = {
    one.typename: one
    for one in (
        vpc.Vpc(),
        vpc.VpcIpv4CidrBlockAssociation(),
        vpc.Subnet(),
        vpc.InternetGateway(),
        vpc.FlowLog(),
    )
}
"""Every type that the sandbox knows, by its token."""

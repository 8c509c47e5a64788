"""A VPC that somebody else made, as the stack's other components use it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network

import pulumi

from components.vpc import Vpc
from model.arns import Place


@dataclass(frozen=True, kw_only=True)
class FoundTable:
    """A route table by its id."""

    id: pulumi.Output[str]
    arn: pulumi.Output[str]


@dataclass(frozen=True, kw_only=True)
class ExistingNetworkArgs:
    """Ids: subnets by zone, tables as lists. `cidrs` are all of the VPC's blocks, the primary one first."""

    place: Place
    vpc_id: str
    cidrs: tuple[IPv4Network, ...]
    public_subnets: Mapping[str, str]
    private_subnets: Mapping[str, str]
    site_tables: Sequence[str]
    client_tables: Sequence[str]
    private_tables: Sequence[str]


class ExistingNetwork(pulumi.ComponentResource):
    """Makes nothing: it says of the VPC what policies need to know, as they see no resource of it."""

    vpc: Vpc

    def __init__(
        self, name: str, args: ExistingNetworkArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        known = {
            "vpcId": args.vpc_id,
            "cidrs": [str(cidr) for cidr in args.cidrs],
            "subnetZones": {
                subnet: zone
                for subnets in (args.public_subnets, args.private_subnets)
                for zone, subnet in subnets.items()
            },
        }
        super().__init__("aws-vpn:network:ExistingNetwork", name, known, opts)
        self._place = args.place
        self.vpc = Vpc(
            id=pulumi.Output.from_input(args.vpc_id),
            cidrs=args.cidrs,
            public_subnet_ids=_outputs(args.public_subnets),
            private_subnet_ids=_outputs(args.private_subnets),
            site_tables=self._tables(args.site_tables),
            client_tables=self._tables(args.client_tables),
            private_tables=self._tables(args.private_tables),
        )
        self.register_outputs(known)

    def _tables(self, ids: Sequence[str]) -> dict[str, FoundTable]:
        return {
            id_: FoundTable(
                id=pulumi.Output.from_input(id_),
                arn=pulumi.Output.from_input(self._place.arn("ec2", f"route-table/{id_}")),
            )
            for id_ in ids
        }


def _outputs(ids: Mapping[str, str]) -> dict[str, pulumi.Output[str]]:
    return {zone: pulumi.Output.from_input(id_) for zone, id_ in ids.items()}

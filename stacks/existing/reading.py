"""Reads a VPC through the provider, which has the account's credentials at a preview, too."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv4Network
from typing import TypeVar

import pulumi_aws as aws
from pulumi_aws.ec2.outputs import GetRouteTableRouteResult

from components.labels import Labels
from model.names import PROJECT
from stacks.existing.facts import Route, Subnet, Table, VpcFacts
from stacks.sections.network import ExistingVpc, NetworkSettings
from stacks.sections.section import Problem
from stacks.stack_file import SettingsError

VPC_KEY = f"{PROJECT}:network.existing.vpcId"

ALIVE = ("pending", "running", "stopping", "stopped")
"""States of an instance that is there ("Instance lifecycle")."""

_REFUSED = re.compile(r"UnauthorizedOperation|AccessDenied")
_OPERATION = re.compile(r"\b(?:Describe|Get)[A-Z]\w+")

Answer = TypeVar("Answer")


VpcReader = Callable[[str, NetworkSettings, ExistingVpc, Labels], VpcFacts]


def read_vpc(source: str, network: NetworkSettings, existing: ExistingVpc, labels: Labels) -> VpcFacts:
    """What there is in the VPC, of subnets those in the zones.

    Raises:
        SettingsError: there is no such VPC in this account and region, or something may not be read.
    """
    return _Reading(source, existing.vpc_id, labels).facts(network.availability_zones)


class _Reading:
    def __init__(self, source: str, vpc_id: str, labels: Labels) -> None:
        self._source, self._vpc_id = source, vpc_id
        self._own = {key: labels.tagged("")[key] for key in ("Project", "Environment")}

    def facts(self, zones: Sequence[str]) -> VpcFacts:
        vpc = self._if_any(lambda: aws.ec2.get_vpc(id=self._vpc_id))
        if vpc is None:
            raise self._error("a VPC that is there, in the stack's account and region")
        tables = self._tables()
        blocks = [
            IPv4Network(one.cidr_block)
            for one in vpc.cidr_block_associations
            if one.state.startswith("associat")
        ]
        primary = IPv4Network(vpc.cidr_block)
        vpg = self._if_any(lambda: aws.ec2.get_vpn_gateway(attached_vpc_id=self._vpc_id))
        gateway = self._if_any(
            lambda: aws.ec2.get_internet_gateway(
                filters=[
                    aws.ec2.GetInternetGatewayFilterArgs(name="attachment.vpc-id", values=[self._vpc_id])
                ]
            )
        )
        own_vpg = {vpg.id} if vpg and self._own.items() <= (vpg.tags or {}).items() else set[str]()
        return VpcFacts(
            id=self._vpc_id,
            owner=vpc.owner_id,
            cidrs=(primary, *(block for block in blocks if block != primary)),
            resolves_names=vpc.enable_dns_support,
            subnets=tuple(self._subnets(zones, tables)),
            tables=tables,
            vpg=vpg.id if vpg else None,
            internet_gateway=gateway.internet_gateway_id if gateway else None,
            own=frozenset({*self._instances(), *own_vpg}),
        )

    def _tables(self) -> tuple[Table, ...]:
        found = self._asked(lambda: aws.ec2.get_route_tables(vpc_id=self._vpc_id))
        return tuple(self._table(id_) for id_ in sorted(found.ids))

    def _table(self, id_: str) -> Table:
        found = self._asked(lambda: aws.ec2.get_route_table(route_table_id=id_))
        return Table(
            id=id_,
            subnets=frozenset(one.subnet_id for one in found.associations if one.subnet_id),
            is_main=any(one.main for one in found.associations),
            routes=tuple(_route(one) for one in found.routes if one.cidr_block),
        )

    def _subnets(self, zones: Sequence[str], tables: Sequence[Table]) -> Iterator[Subnet]:
        by_subnet = {subnet: table for table in tables for subnet in table.subnets}
        main = next((table for table in tables if table.is_main), None)
        filters = [
            aws.ec2.GetSubnetsFilterArgs(name="vpc-id", values=[self._vpc_id]),
            aws.ec2.GetSubnetsFilterArgs(name="availability-zone", values=sorted(zones)),
        ]
        found = self._asked(lambda: aws.ec2.get_subnets(filters=filters))
        for id_ in sorted(found.ids):
            subnet = self._asked(partial(aws.ec2.get_subnet, id=id_))
            table = by_subnet.get(id_, main)
            if table is None or not subnet.cidr_block:
                continue
            tags = subnet.tags or {}
            yield Subnet(
                id=id_,
                zone=subnet.availability_zone,
                cidr=IPv4Network(subnet.cidr_block),
                name=tags.get("Name", ""),
                tagged_tier=tags.get("Tier", "").lower(),
                table=table,
            )

    def _instances(self) -> Sequence[str]:
        found = self._asked(
            lambda: aws.ec2.get_instances(instance_tags=self._own, instance_state_names=list(ALIVE))
        )
        return found.ids

    def _asked(self, question: Callable[[], Answer]) -> Answer:
        """The provider's answer."""
        answer = _tried(question)
        if isinstance(answer, _Failure):
            raise self._error(answer.right())
        return answer

    def _if_any(self, question: Callable[[], Answer]) -> Answer | None:
        """The provider's answer, or None when it finds nothing of the kind."""
        answer = _tried(question)
        if isinstance(answer, _Failure):
            if "no matching" in answer.text:
                return None
            raise self._error(answer.right())
        return answer

    def _error(self, right: str) -> SettingsError:
        return SettingsError(self._source, [Problem(VPC_KEY, self._vpc_id, right)])


@dataclass(frozen=True, slots=True)
class _Failure:
    """What the provider said instead of an answer."""

    text: str

    def right(self) -> str:
        """What would be right instead."""
        operation = _OPERATION.search(self.text)
        if operation and _REFUSED.search(self.text):
            return f"readable: the credentials are not allowed ec2:{operation.group()}"
        return f"readable, but AWS says: {self.text}"


def _tried(question: Callable[[], Answer]) -> Answer | _Failure:
    try:
        return question()
    except Exception as error:  # noqa: BLE001 - the SDK raises no narrower one
        return _Failure(" ".join(str(error).split()))


def _route(route: GetRouteTableRouteResult) -> Route:
    targets = (
        route.gateway_id,
        route.nat_gateway_id,
        route.network_interface_id,
        route.transit_gateway_id,
        route.vpc_peering_connection_id,
        route.vpc_endpoint_id,
        route.instance_id,
        route.carrier_gateway_id,
        route.local_gateway_id,
        route.core_network_arn,
    )
    return Route(
        destination=IPv4Network(route.cidr_block),
        target=next(filter(None, targets), "a target that is gone"),
        instance=route.instance_id or "",
    )

"""Rules about what the internet can reach."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from ipaddress import ip_network
from typing import Annotated, Any, cast

from pulumi_policy import Severity
from pydantic import Field

from policy.facts import aws_types as aws
from policy.facts.claims import listening_ports
from policy.facts.graph import Found, Graph, Resource, Unresolved
from policy.facts.interfaces import groups_of, templates_of
from policy.facts.pairs import PAIR_TAG, forwards_in_pair
from policy.facts.prefix_lists import listed_networks
from policy.facts.references import CIS_VERSION, config_rule, security_hub
from policy.facts.values import UNKNOWN, part
from policy.rules.rule import Finding, Level, Parameters, ResourceParameters, ResourceRule, Rule, StackRule

WORLD_PREFIX = 8
"""Public blocks wider than this are a good part of the internet, such as 0.0.0.0/1."""

ALL_PORTS = (0, 65535)

PROTOCOLS = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "all": "-1"}
"""IANA's numbers of protocols by the names that AWS gives them; others have no ports."""

WITH_PORTS = frozenset({"tcp", "udp", "-1"})


@dataclass(frozen=True, slots=True)
class Opening:
    """A way into a security group. Ports and sources are `UNKNOWN` where they cannot be known yet.

    `prefix_lists` are the ids of lists of networks; what is on a list is stated elsewhere.
    """

    stated_by: Resource
    where: str
    protocol: Any
    first_port: Any
    last_port: Any
    sources: tuple[Any, ...]
    prefix_lists: tuple[Any, ...] = ()

    @property
    def kind(self) -> Any:
        """The protocol's name: tcp, udp, icmp, icmpv6, -1 for all, or the number of another."""
        if self.protocol is UNKNOWN:
            return UNKNOWN
        name = str(self.protocol).lower()
        return PROTOCOLS.get(name, name)

    @property
    def has_ports(self) -> bool:
        """Whether ports are opened: ICMP and ESP have none."""
        return self.kind is UNKNOWN or self.kind in WITH_PORTS

    @property
    def is_world(self) -> bool:
        """Whether a good part of the internet may come in."""
        return any(_is_world(source) for source in self.sources)

    @property
    def may_be_world(self) -> bool:
        """Whether that cannot be ruled out."""
        return self.is_world or UNKNOWN in self.sources

    @property
    def ports(self) -> tuple[int, int] | None:
        """The first and the last port; None when they cannot be known yet."""
        if self.kind == "-1" or not self.has_ports:
            return ALL_PORTS
        if UNKNOWN in (self.kind, self.first_port, self.last_port):
            return None
        first, last = _port(self.first_port), _port(self.last_port)
        return ALL_PORTS if first == -1 or last == -1 else (first, last)

    @property
    def shown(self) -> str:
        """The opening in a message."""
        ports = self.ports
        if not self.has_ports:
            return f"{self.where} (protocol {self.kind})"
        if ports is None:
            return f"{self.where} (ports not known yet)"
        span = (
            "all ports"
            if ports == ALL_PORTS
            else f"port {ports[0]}" + (f"-{ports[1]}" if ports[0] != ports[1] else "")
        )
        return f"{self.where} ({self.kind} {span})" if ports != ALL_PORTS else f"{self.where} ({span})"


class ManagementParameters(ResourceParameters):
    """Ports that nobody on the internet has any business with."""

    ports: Annotated[tuple[int, ...], Field(min_length=1, description="management and databases")] = (
        20, 21, 22, 23, 25, 110, 135, 143, 445, 1433, 1434, 3000, 3306, 3389, 4333, 5000, 5432, 5500, 5601,
        5985, 5986, 7505, 8080, 8088, 8888, 9200, 9300,
    )  # fmt: skip


class VpnPortParameters(Parameters):
    """What a VPN host may offer the world."""

    ports: Annotated[
        tuple[str, ...],
        Field(min_length=1, description="protocol and port that may be open, such as udp/1194"),
    ] = ("udp/1194", "tcp/443")
    pair_tag: Annotated[str, Field(description="the tag that joins two instances to a pair")] = PAIR_TAG


def openings(group: Resource) -> Iterator[Opening]:
    """Every way in that one resource declares."""
    if group.type in (aws.SECURITY_GROUP, aws.DEFAULT_SECURITY_GROUP):
        for i, item in enumerate(group.items("ingress")):
            yield _inline(group, f"ingress[{i}]", item)
        if group.get("ingress") is UNKNOWN and not group.is_computed("ingress"):
            yield _inline(group, "ingress", UNKNOWN)
    elif group.type == aws.SECURITY_GROUP_RULE:
        if group.get("type") != "egress":
            yield _inline(group, "this rule", group.properties_plain)
    else:
        sources = tuple(group.get(key) for key in ("cidrIpv4", "cidrIpv6") if group.get(key) is not None)
        lists = tuple(value for value in [group.get("prefixListId")] if value)
        yield Opening(
            group,
            "this rule",
            group.get("ipProtocol"),
            group.get("fromPort"),
            group.get("toPort"),
            sources,
            lists,
        )


def _inline(group: Resource, where: str, rule: Any) -> Opening:
    sources = (*_listed(rule, "cidrBlocks"), *_listed(rule, "ipv6CidrBlocks"))
    lists = () if rule is UNKNOWN else _listed(rule, "prefixListIds")
    protocol, first, last = (part(rule, key) for key in ("protocol", "fromPort", "toPort"))
    return Opening(group, where, protocol, first, last, sources, lists)


def _listed(rule: Any, key: str) -> tuple[Any, ...]:
    value = part(rule, key)
    return tuple(cast("list[Any]", value)) if isinstance(value, list) else (value,) if value else ()


def _port(value: Any) -> int:
    return -1 if value is None else int(value)


def _is_world(source: Any) -> bool:
    try:
        network = ip_network(str(source), strict=False)
    except ValueError:
        return False
    return network.prefixlen < WORLD_PREFIX and not network.is_private


def with_lists(graph: Graph, opening: Opening) -> Opening:
    """The opening with the networks of its prefix lists; those of a list made elsewhere are unknown."""
    if not opening.prefix_lists:
        return opening
    return replace(opening, sources=(*opening.sources, *listed_networks(graph, opening.stated_by)))


def _check_management(group: Resource, parameters: ManagementParameters) -> Iterator[Finding]:
    for opening in openings(group):
        ports = opening.ports
        hit = [port for port in parameters.ports if ports is None or ports[0] <= port <= ports[1]]
        if not hit or not opening.has_ports:
            continue
        if opening.is_world and ports is not None:
            message = (
                f"{opening.shown} is open to the world, {_some(hit)} with it; name the networks that need it"
            )
            yield Finding(message=message, resource=group)
        elif opening.may_be_world:
            message = f"{opening.where}: its ports or sources are not known yet"
            yield Finding(message=message, resource=group, undecided=True)
        elif opening.prefix_lists:
            message = f"{opening.shown} is open to a prefix list, which says elsewhere which networks it has"
            yield Finding(message=message, resource=group, undecided=True)


def _some(ports: list[int]) -> str:
    return f"port {', '.join(map(str, ports[:3]))}" + (
        f" and {len(ports) - 3} more" if len(ports) > 3 else ""
    )


_GROUPS = (aws.SECURITY_GROUP, aws.DEFAULT_SECURITY_GROUP)
GROUP_KEYS = ("vpcSecurityGroupIds", "securityGroups", "securityGroupNames")
"""Where an instance, a launch template or an interface names its groups."""

_SEPARATE_RULES = (aws.SECURITY_GROUP_RULE, aws.SECURITY_GROUP_INGRESS_RULE)


def _check_vpn_ports(graph: Graph, parameters: VpnPortParameters) -> Iterator[Finding]:
    allowed = {*parameters.ports, *listening_ports(graph.stacks)}
    on_hosts = _groups_of_forwarders(graph, parameters.pair_tag)
    yield from _unseen_groups(graph, parameters.pair_tag)
    for group in graph.of(*_GROUPS):
        if group.identity in on_hosts:
            yield from _other_ports(graph, openings(group), on_hosts[group.identity], allowed)
    for rule in graph.of(*_SEPARATE_RULES):
        group = graph.target(rule, "securityGroupId", *_GROUPS)
        if isinstance(group, Found) and group.identity in on_hosts:
            yield from _other_ports(graph, openings(rule), on_hosts[group.identity], allowed)
        elif isinstance(group, Unresolved) and on_hosts:
            yield Finding(
                message=f"which security group {rule} is of cannot be known yet ({group.why}), so it may be "
                "that of a VPN host. Pass the group's own id instead.",
                resource=rule,
                undecided=True,
            )


def _forwarders(graph: Graph, tag: str) -> Iterator[Resource]:
    """Instances and interfaces that forward traffic."""
    paired = forwards_in_pair(graph, tag)
    for host in graph.of(aws.INSTANCE, aws.NETWORK_INTERFACE):
        if host.get("sourceDestCheck") is False or host.identity in paired:
            yield host


def _unseen_groups(graph: Graph, tag: str) -> Iterator[Finding]:
    """Groups of VPN hosts whose rules are not in the stack, so that nobody here can read them."""
    for host in _forwarders(graph, tag):
        for group in groups_of(graph, host):
            why = group.why if isinstance(group, Unresolved) else f"{group} is made elsewhere"
            if not isinstance(group, Resource):
                yield Finding(
                    message=f"what a security group lets into the VPN host {host} cannot be seen ({why}); "
                    "make the group in this stack, or look it up with aws.ec2.SecurityGroup.get.",
                    resource=host,
                    undecided=True,
                )


def _groups_of_forwarders(graph: Graph, tag: str) -> dict[str, Resource]:
    """Security groups of what forwards traffic, by identity, each with one such host."""
    found: dict[str, Resource] = {}
    for host in _forwarders(graph, tag):
        for group in groups_of(graph, host):
            if isinstance(group, Found):
                found.setdefault(group.identity, host)
    return found


def _other_ports(
    graph: Graph, every: Iterator[Opening], host: Resource, allowed: set[str]
) -> Iterator[Finding]:
    for opening in (with_lists(graph, opening) for opening in every):
        ports = opening.ports
        if not opening.may_be_world:
            continue
        if ports is None or not opening.is_world:
            yield Finding(
                message=f"what {opening.stated_by} lets into the VPN host {host} is not known yet; give "
                "ports and sources as plain values, and prefix lists that are in this stack.",
                resource=opening.stated_by,
                undecided=True,
            )
        elif ports[0] != ports[1] or f"{opening.kind}/{ports[0]}" not in allowed:
            yield Finding(
                message=f"{opening.shown} of {opening.stated_by} opens the VPN host {host} to the world; "
                "only "
                f"{', '.join(sorted(allowed))} may be.",
                resource=opening.stated_by,
            )


def _check_default_group(graph: Graph, _parameters: Parameters) -> Iterator[Finding]:
    for group in graph.of(aws.DEFAULT_SECURITY_GROUP):
        for key in ("ingress", "egress"):
            value = group.get(key)
            if group.items(key):
                yield Finding(
                    message=f"{group} has {key} rules; leave them out, so that it allows nothing.",
                    resource=group,
                )
            elif value is UNKNOWN and not group.is_computed(key):
                message = f"the {key} rules of {group} are not known yet; leave them out."
                yield Finding(message=message, resource=group, undecided=True)
    for host in graph.of(aws.INSTANCE, aws.NETWORK_INTERFACE, aws.AUTO_SCALING_GROUP):
        yield from _default_group_in_use(graph, host)
    for rule in graph.of(*_SEPARATE_RULES, aws.SECURITY_GROUP_EGRESS_RULE):
        vpc = _default_group_of(graph, rule, "securityGroupId")
        if vpc is not None:
            message = f"{rule} opens the default group of {vpc}; leave that one empty, and use another."
            yield Finding(message=message, resource=rule)


def _default_group_in_use(graph: Graph, host: Resource) -> Iterator[Finding]:
    stating = [host, *templates_of(graph, host)]
    named = [(each, key) for each in stating for key in GROUP_KEYS if _is_given(each, key)]
    if not named and not _gets_groups_elsewhere(stating):
        silent = " nor ".join(map(str, stating))
        message = f"no security group is named by {silent}, so {host} gets the VPC's default one; name one."
        yield Finding(message=message, resource=host)
    for each, key in named:
        for group in [*graph.targets(each, key, *_GROUPS), _default_group_of(graph, each, key)]:
            if isinstance(group, Resource) and group.type != aws.SECURITY_GROUP:
                message = f"{each} is in the VPC's default group, {group}; give it a group of its own."
                yield Finding(message=message, resource=each)


def _gets_groups_elsewhere(stating: list[Resource]) -> bool:
    """Whether interfaces, or a template made elsewhere, give the host its security groups."""
    if any(each.get("networkInterfaces") or each.get("primaryNetworkInterface") for each in stating):
        return True
    return len(stating) == 1 and (
        stating[0].type == aws.AUTO_SCALING_GROUP or stating[0].get("launchTemplate") is not None
    )


def _is_given(host: Resource, key: str) -> bool:
    value = host.get(key)
    return bool(value) and not (value is UNKNOWN and host.is_computed(key))


def _default_group_of(graph: Graph, resource: Resource, key: str) -> Resource | None:
    """The VPC whose default group the property names: a VPC has no other group to give."""
    value = resource.get(key)
    values = resource.items(key) if isinstance(value, list) else [value]
    if UNKNOWN in values:
        return graph.made_of(resource, key, aws.VPC, aws.DEFAULT_VPC)
    vpcs = (graph.holding("defaultSecurityGroupId", item, aws.VPC, aws.DEFAULT_VPC) for item in values)
    return next(filter(None, vpcs), None)


def _check_public_subnet(subnet: Resource, _parameters: Any) -> Iterator[Finding]:
    value = subnet.get("mapPublicIpOnLaunch")
    if value is UNKNOWN:
        yield Finding(message="mapPublicIpOnLaunch is not known yet", resource=subnet, undecided=True)
    elif value:
        message = "mapPublicIpOnLaunch gives every instance a public address; ask for one where it is needed"
        yield Finding(message=message, resource=subnet)


_OPEN_GROUP = """
            group:
              type: aws:ec2:SecurityGroup
              properties:
                vpcId: vpc-0a1b2c3d
                ingress: [{{protocol: tcp, fromPort: {port}, toPort: {port}, cidrBlocks: ["{source}"]}}]
        """

_VPN_HOST = """
            group: {{type: aws:ec2:SecurityGroup, properties: {{vpcId: vpc-0a1b2c3d}}}}
            open:
              type: aws:vpc:SecurityGroupIngressRule
              properties:
                securityGroupId: "${{group.id}}"
                ipProtocol: udp
                fromPort: {port}
                toPort: {port}
                cidrIpv4: 0.0.0.0/0
            server:
              type: aws:ec2:Instance
              properties:
                ami: ami-0a1b2c3d
                sourceDestCheck: false
                vpcSecurityGroupIds: ["${{group.id}}"]
        """

RULES: tuple[Rule, ...] = (
    ResourceRule(
        name="no-world-open-management",
        title="No management port open to the world",
        description="SSH, RDP, databases and other management ports are not open to the whole internet.",
        level=Level.MANDATORY,
        severity=Severity.CRITICAL,
        references=(
            security_hub("EC2.13", CIS_VERSION),
            security_hub("EC2.14", CIS_VERSION),
            security_hub("EC2.19"),
            config_rule("vpc-sg-open-only-to-authorized-ports"),
        ),
        tags=("network", "exposure"),
        remediation="Name the networks that need the port, or use Session Manager and open nothing.",
        types=frozenset({*_GROUPS, *_SEPARATE_RULES}),
        parameters=ManagementParameters,
        check=_check_management,
        bad=_OPEN_GROUP.format(port=22, source="0.0.0.0/0"),
        good=_OPEN_GROUP.format(port=22, source="10.50.0.0/16"),
    ),
    StackRule(
        name="only-vpn-port-open",
        title="Only the VPN port open on VPN hosts",
        description="Hosts that forward traffic offer the world their VPN port and nothing else.",
        level=Level.MANDATORY,
        severity=Severity.HIGH,
        references=(security_hub("EC2.18"), config_rule("vpc-sg-open-only-to-authorized-ports")),
        tags=("vpn", "exposure"),
        remediation="Open the tunnel's protocol and port alone; add it to the rule's ports if it is an "
        "unusual one.",
        parameters=VpnPortParameters,
        check=_check_vpn_ports,
        bad=_VPN_HOST.format(port=1195),
        good=_VPN_HOST.format(port=1194),
    ),
    StackRule(
        name="default-group-unused",
        title="Default security group unused",
        description="The default security group allows nothing, and no instance is in it.",
        level=Level.MANDATORY,
        severity=Severity.HIGH,
        references=(security_hub("EC2.2"), config_rule("vpc-default-security-group-closed")),
        tags=("network", "exposure"),
        remediation="Adopt it with aws.ec2.DefaultSecurityGroup without rules; give instances groups of "
        "their own.",
        check=_check_default_group,
        bad="""
            default:
              type: aws:ec2:DefaultSecurityGroup
              properties: {vpcId: vpc-0a1b2c3d, egress: [{protocol: "-1", fromPort: 0, toPort: 0}]}
        """,
        good="""
            default: {type: aws:ec2:DefaultSecurityGroup, properties: {vpcId: vpc-0a1b2c3d}}
        """,
    ),
    ResourceRule(
        name="no-public-ip-by-default",
        title="No public addresses by default",
        description="Subnets do not give every instance a public address.",
        level=Level.ADVISORY,
        severity=Severity.MEDIUM,
        references=(security_hub("EC2.15"), config_rule("subnet-auto-assign-public-ip-disabled")),
        tags=("network", "exposure"),
        remediation="Leave mapPublicIpOnLaunch out.",
        types=frozenset({aws.SUBNET}),
        check=_check_public_subnet,
        bad="""
            subnet:
              type: aws:ec2:Subnet
              properties: {vpcId: vpc-0a1b2c3d, cidrBlock: 10.50.0.0/24, mapPublicIpOnLaunch: true}
        """,
        good="""
            subnet:
              type: aws:ec2:Subnet
              properties: {vpcId: vpc-0a1b2c3d, cidrBlock: 10.50.0.0/24}
        """,
    ),
)

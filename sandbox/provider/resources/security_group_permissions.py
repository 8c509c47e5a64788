"""EC2's permissions and the rules that a program writes: one means several sources, the other one or many."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.provider.arguments import given
from sandbox.provider.constraints import matching
from sandbox.provider.values import Values

PROTOCOL = matching(r"-1|\d{1,3}|all|tcp|udp|icmp|icmpv6", "tcp, udp, icmp, icmpv6, -1 or a protocol number")
DESCRIPTION = matching(
    r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*']{0,255}", "at most 255 letters, digits and . _-:/()#,@[]+=&;{}!$*'"
)


def permission(rule: Values, group: str) -> Values:
    """A rule of the program as EC2 takes it."""
    note = given(Description=rule.get("description") or None)
    groups = [*(rule.get("securityGroups") or ()), *((group,) if rule.get("self") else ())]
    ports = (
        {} if rule["protocol"] in ("-1", "all") else {"FromPort": rule["fromPort"], "ToPort": rule["toPort"]}
    )
    return {
        "IpProtocol": "-1" if rule["protocol"] == "all" else rule["protocol"],
        **ports,
        "IpRanges": [{"CidrIp": cidr, **note} for cidr in rule.get("cidrBlocks") or ()],
        "Ipv6Ranges": [{"CidrIpv6": cidr, **note} for cidr in rule.get("ipv6CidrBlocks") or ()],
        "PrefixListIds": [{"PrefixListId": one, **note} for one in rule.get("prefixListIds") or ()],
        "UserIdGroupPairs": [{"GroupId": one, **note} for one in groups],
    }


_SOURCES = (
    ("IpRanges", "CidrIp", "cidrBlocks"),
    ("Ipv6Ranges", "CidrIpv6", "ipv6CidrBlocks"),
    ("PrefixListIds", "PrefixListId", "prefixListIds"),
    ("UserIdGroupPairs", "GroupId", "securityGroups"),
)


def single_rules(permissions: list[Values], group: str) -> list[Values]:
    """EC2's permissions as rules of the program: one for each protocol, ports and description."""
    found: dict[tuple[Any, ...], Values] = {}
    for permission in permissions:
        for member, key, name in _SOURCES:
            for source in permission.get(member) or ():
                note = source.get("Description", "")
                ports = permission.get("FromPort", 0), permission.get("ToPort", 0)
                rule = found.setdefault(
                    (permission["IpProtocol"], *ports, note),
                    {
                        "protocol": permission["IpProtocol"],
                        "fromPort": ports[0],
                        "toPort": ports[1],
                        "description": note,
                    },
                )
                if source[key] == group:
                    rule["self"] = True
                else:
                    rule.setdefault(name, []).append(source[key])
    return list(found.values())


def single_sources(rule: Values, group: str) -> Iterator[Values]:
    """A rule's permission for each of its sources alone, which have no order."""
    whole = permission(rule, group)
    plain = {name: value for name, value in whole.items() if not isinstance(value, list)}
    for member, _, _ in _SOURCES:
        for source in whole[member]:
            yield {**plain, member: [source]}


def in_the_order_of(known: list[Values], found: list[Values]) -> list[Values]:
    """Found rules, but as the program knows those that it knows with their sources in another order."""
    by_content = {_unordered(rule): rule for rule in known}
    return [by_content.get(_unordered(rule), rule) for rule in found]


def _unordered(rule: Values) -> str:
    lists: dict[str, list[str]] = {name: sorted(rule.get(name) or ()) for _, _, name in _SOURCES}
    stated = {name: value for name, value in {**rule, **lists}.items() if value}
    return repr(sorted(stated.items()))

"""Network interfaces that a program makes on their own, and the security groups that hosts get them with."""

from __future__ import annotations

from typing import Any, cast

from policy.facts import aws_types as aws
from policy.facts.graph import Graph
from policy.facts.resource import Resource, Target
from policy.facts.values import part

SECURITY_GROUPS = (aws.SECURITY_GROUP, aws.DEFAULT_SECURITY_GROUP)


def interfaces_of(graph: Graph, instance: Resource) -> list[Resource]:
    """The program's own interfaces that the instance starts with, its primary one among them."""
    if instance.type != aws.INSTANCE:
        return []
    found: dict[str, Resource] = {}
    for key in ("primaryNetworkInterface", "networkInterfaces"):
        for item in instance.items(key) or [instance.get(key)]:
            value = part(item, "networkInterfaceId")
            for target in graph.candidates(instance, key, value, (aws.NETWORK_INTERFACE,)):
                if isinstance(target, Resource):
                    found[target.identity] = target
    return list(found.values())


def attached_later(graph: Graph, instance: Resource) -> list[Resource]:
    """Interfaces of the program that the instance gets once it runs."""
    found: dict[str, Resource] = {}
    for attachment in graph.of(aws.INTERFACE_ATTACHMENT):
        interface = graph.target(attachment, "networkInterfaceId", aws.NETWORK_INTERFACE)
        if graph.target(attachment, "instanceId", aws.INSTANCE) is instance and isinstance(
            interface, Resource
        ):
            found[interface.identity] = interface
    for interface in graph.of(aws.NETWORK_INTERFACE):
        for item in interface.items("attachments"):
            value = part(item, "instance")
            if instance in graph.candidates(interface, "attachments", value, (aws.INSTANCE,)):
                found[interface.identity] = interface
    return list(found.values())


def forwards(graph: Graph, host: Resource) -> bool:
    """Whether an instance, or any interface of the program that it has, lets foreign packets through."""
    own = (host, *interfaces_of(graph, host), *attached_later(graph, host))
    return any(each.get("sourceDestCheck") is False for each in own)


def groups_of(graph: Graph, host: Resource) -> list[Target]:
    """The security groups of an instance or an interface, also those that a template or interface gives."""
    groups = [*_named_groups(graph, host)]
    if host.type == aws.INSTANCE:
        for interface in (*interfaces_of(graph, host), *attached_later(graph, host)):
            groups += groups_of(graph, interface)
    if not groups:
        for template in templates_of(graph, host):
            groups += _groups_of_template(graph, template)
    for attachment in graph.of(aws.INTERFACE_GROUP_ATTACHMENT):
        if _is_of(graph, attachment, host):
            groups.append(graph.target(attachment, "securityGroupId", *SECURITY_GROUPS))
    return groups


def _named_groups(graph: Graph, host: Resource) -> list[Target]:
    found: list[Target] = []
    for key in ("vpcSecurityGroupIds", "securityGroups"):
        found += graph.targets(host, key, *SECURITY_GROUPS)
    return found


def templates_of(graph: Graph, host: Resource) -> list[Resource]:
    """The launch templates of the program that an instance or an Auto Scaling group starts from."""
    stated = host.get("launchTemplate")
    values = [part(stated, key) for key in ("id", "name")]
    found = [
        target
        for value in values
        for target in graph.candidates(host, "launchTemplate", value, (aws.LAUNCH_TEMPLATE,))
    ]
    name = values[1] if isinstance(values[1], str) else None
    by_name = [each for each in graph.of(aws.LAUNCH_TEMPLATE) if name and each.get("name") == name]
    return [each for each in (*found, *by_name) if isinstance(each, Resource)][:1]


def _groups_of_template(graph: Graph, template: Resource) -> list[Target]:
    found = graph.targets(template, "vpcSecurityGroupIds", *SECURITY_GROUPS)
    for item in template.items("networkInterfaces"):
        named = part(item, "securityGroups")
        for value in cast("list[Any]", named) if isinstance(named, list) else [named]:
            found += graph.candidates(template, "networkInterfaces", value, SECURITY_GROUPS)
    return found


def _is_of(graph: Graph, attachment: Resource, host: Resource) -> bool:
    target = graph.target(attachment, "networkInterfaceId", aws.INSTANCE, aws.NETWORK_INTERFACE)
    if target is host:
        return True
    value = attachment.get("networkInterfaceId")
    return isinstance(value, str) and value in (host.id, host.get("primaryNetworkInterfaceId"))

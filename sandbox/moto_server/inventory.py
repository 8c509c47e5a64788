"""What is in the cloud that was not there from the start."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from moto.backends import SERVICE_NAMES, get_backend

Collector = Callable[[Any], Iterable[str]]


def _subnets(backend: Any) -> Iterable[str]:
    for zone in backend.subnets.values():
        yield from (subnet.id for subnet in zone.values() if not subnet.default_for_az)


def _internet_gateways(backend: Any) -> Iterable[str]:
    for gateway in backend.internet_gateways.values():
        if gateway.vpc is None or not gateway.vpc.is_default:
            yield gateway.id


def _route_tables(backend: Any) -> Iterable[str]:
    for table in backend.route_tables.values():
        if table.main_association_id is None:
            yield table.id


def _security_groups(backend: Any) -> Iterable[str]:
    for groups in backend.groups.values():
        yield from (group.id for group in groups.values() if group.name != "default")


def _instances(backend: Any) -> Iterable[str]:
    return (instance.id for instance in backend.all_instances() if instance.state != "terminated")


def _not_deleted(collection: str) -> Collector:
    return lambda backend: (
        resource.id for resource in getattr(backend, collection).values() if resource.state != "deleted"
    )


def _keys(collection: str) -> Collector:
    return lambda backend: getattr(backend, collection)


def _parameters(backend: Any) -> Iterable[str]:
    names: Iterable[str] = backend._parameters
    return (name for name in names if not name.startswith("/aws/"))


def _kms_keys(backend: Any) -> Iterable[str]:
    """Keys that users made and have not deleted; those of AWS's own services have aliases in its name."""
    for key in backend.keys.values():
        if key.key_state != "PendingDeletion" and not any(
            name.startswith("alias/aws/") for name in key.aliases
        ):
            yield key.id


_COLLECTORS: dict[SERVICE_NAMES, dict[str, Collector]] = {
    "ec2": {
        "vpc": lambda backend: (vpc.id for vpc in backend.vpcs.values() if not vpc.is_default),
        "subnet": _subnets,
        "internetGateway": _internet_gateways,
        "routeTable": _route_tables,
        "natGateway": _not_deleted("nat_gateways"),
        "elasticIp": lambda backend: (address.allocation_id for address in backend.addresses),
        "networkInterface": _keys("enis"),
        "securityGroup": _security_groups,
        "flowLog": _keys("flow_logs"),
        "vpnGateway": _not_deleted("vpn_gateways"),
        "customerGateway": _not_deleted("customer_gateways"),
        "vpnConnection": _not_deleted("vpn_connections"),
        "instance": _instances,
        "volume": _keys("volumes"),
        "launchTemplate": _keys("launch_templates"),
    },
    "autoscaling": {"autoScalingGroup": _keys("autoscaling_groups")},
    "cloudwatch": {"metricAlarm": _keys("alarms"), "dashboard": _keys("dashboards")},
    "events": {"rule": lambda backend: (rule for bus in backend.event_buses.values() for rule in bus.rules)},
    "iam": {
        "role": _keys("roles"),
        "instanceProfile": _keys("instance_profiles"),
        "policy": lambda backend: (
            policy.arn for policy in backend.managed_policies.values() if ":aws:policy/" not in policy.arn
        ),
        "user": _keys("users"),
    },
    "kms": {"key": _kms_keys},
    "logs": {"logGroup": _keys("groups")},
    "s3": {"bucket": _keys("buckets")},
    "secretsmanager": {
        "secret": lambda backend: (
            secret.arn for secret in backend.secrets.values() if not secret.is_deleted()
        )
    },
    "sns": {"topic": _keys("topics"), "subscription": _keys("subscriptions")},
    "ssm": {"parameter": _parameters},
}


def inventory() -> dict[str, list[str]]:
    """Ids by type, over all regions; a type of which there is none is left out."""
    found: dict[str, list[str]] = {}
    for service, collectors in _COLLECTORS.items():
        for _, _, backend in get_backend(service).iter_backends():
            for kind, collect in collectors.items():
                found.setdefault(kind, []).extend(collect(backend))
    return {kind: sorted(set(ids)) for kind, ids in sorted(found.items()) if ids}

"""Quotas: what is used, what the stack adds, what the account may have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from operations.preflight.account import Account, Line
from operations.preflight.basics import hosts


@dataclass(frozen=True)
class Quota:
    """A quota of Service Quotas, AWS's default for it, and how to count what it limits."""

    name: str
    service: str
    code: str
    default: int
    operation: str
    key: str


QUOTAS = (
    Quota("VPCs", "vpc", "L-F678F1CE", 5, "describe_vpcs", "Vpcs"),
    Quota("internet gateways", "vpc", "L-A4707A72", 5, "describe_internet_gateways", "InternetGateways"),
    Quota("Elastic IPs", "ec2", "L-0263D0A3", 5, "describe_addresses", "Addresses"),
    Quota("VPGs", "ec2", "L-7029FAB6", 5, "describe_vpn_gateways", "VpnGateways"),
    Quota("customer gateways", "ec2", "L-4FB7FF5D", 50, "describe_customer_gateways", "CustomerGateways"),
    Quota("VPN connections", "ec2", "L-3E6EC3A3", 50, "describe_vpn_connections", "VpnConnections"),
)
VCPUS = Quota("vCPUs", "ec2", "L-1216C47A", 5, "", "")
"""Of standard on-demand instances.

Codes and defaults: "Amazon VPC quotas" and "Site-to-Site VPN quotas", whose pages link each quota's own page;
"Amazon EC2 endpoints and quotas".
"""


def quotas(account: Account) -> Iterator[Line]:
    """A line a quota; each asked alone."""
    for quota in QUOTAS:
        found = account.call("ec2", quota.operation)[quota.key]
        there = [one for one in found if one.get("State") not in ("deleted", "deleting")]
        own = sum(account.owns(one) for one in there)
        added = max(0, needed(account)[quota.name] - own)
        yield _judged(account, quota, len(there), added)
    yield _vcpus(account)


def needed(account: Account) -> dict[str, int]:
    """How many of each the settings ask for."""
    settings = account.settings
    made = 0 if settings.network.existing else 1
    sites = len(settings.hardware_vpn.sites) if settings.hardware_vpn else 0
    nat = {"instances": 1, "gateways": len(settings.network.availability_zones)}.get(settings.nat.mode, 0)
    return {
        "VPCs": made,
        "internet gateways": made,
        "Elastic IPs": len(settings.open_vpn) + nat,
        "VPGs": 1 if sites else 0,
        "customer gateways": sites,
        "VPN connections": sites,
    }


def _vcpus(account: Account) -> Line:
    wanted = hosts(account)
    running = [
        instance
        for reservation in account.pages("ec2", "describe_instances", "Reservations")
        for instance in reservation["Instances"]
        if instance["State"]["Name"] in ("pending", "running")
    ]
    kinds = sorted({*wanted, *(instance["InstanceType"] for instance in running)})
    described = (
        account.pages("ec2", "describe_instance_types", "InstanceTypes", InstanceTypes=kinds) if kinds else []
    )
    cores = {one["InstanceType"]: one["VCpuInfo"]["DefaultVCpus"] for one in described}
    used = sum(cores.get(instance["InstanceType"], 0) for instance in running)
    own = sum(cores.get(instance["InstanceType"], 0) for instance in running if account.owns(instance))
    total = sum(cores.get(kind, 0) * count for kind, count in wanted.items())
    return _judged(account, VCPUS, used, max(0, total - own))


def _judged(account: Account, quota: Quota, used: int, added: int) -> Line:
    limit, source = _limit(account, quota)
    found = f"{used} used, {added} added, {limit} allowed{source}"
    if added and used + added > limit:
        mend = f"service-quotas request-service-quota-increase --service-code {quota.service}"
        return Line(
            f"quota of {quota.name}",
            "warning" if source else "fails",
            found,
            f"{mend} --quota-code {quota.code} --desired-value {used + added}",
        )
    return Line(f"quota of {quota.name}", "ok", found)


def _limit(account: Account, quota: Quota) -> tuple[int, str]:
    """The account's own limit; where it cannot be asked, AWS's default, and that it is one."""
    try:
        found: dict[str, Any] = account.call(
            "service-quotas", "get_service_quota", ServiceCode=quota.service, QuotaCode=quota.code
        )
    except (ClientError, BotoCoreError):
        return quota.default, " by default (the account's own could not be asked)"
    return int(found["Quota"]["Value"]), ""

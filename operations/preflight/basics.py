"""Who asks, and whether region, zones, instance types, image and certificates are there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from model.host_image import DEBIAN, image_name
from operations.iam.policies import policies
from operations.iam.subjects import subject_of
from operations.preflight.account import Account, Line

MONITOR_TYPE = "t4g.nano"


def identity(account: Account) -> Iterator[Line]:
    """Whether this is the account that the stack file names."""
    found = account.call("sts", "get_caller_identity")
    expected = account.settings.account
    who = f"{found['Arn']} in {found['Account']}"
    if expected is None:
        yield Line("account", "warning", f"{who}; none is expected", "set aws-vpn:account in the stack file")
    elif expected != found["Account"]:
        yield Line("account", "fails", f"{who}; expected {expected}", f"use credentials of {expected}")
    else:
        yield Line("account", "ok", who)


def region(account: Account) -> Iterator[Line]:
    """Whether the account has the region switched on."""
    wanted = account.settings.region
    regions = account.call("ec2", "describe_regions", AllRegions=True)["Regions"]
    status = {one["RegionName"]: one.get("OptInStatus", "opt-in-not-required") for one in regions}
    if status.get(wanted, "not-opted-in") == "not-opted-in":
        yield Line(
            "region", "fails", f"{wanted} is not enabled", f"account enable-region --region-name {wanted}"
        )
    else:
        yield Line("region", "ok", wanted)


def zones(account: Account) -> Iterator[Line]:
    """Whether the account has the zones."""
    found = account.call("ec2", "describe_availability_zones")["AvailabilityZones"]
    there = sorted(zone["ZoneName"] for zone in found if zone["State"] == "available")
    missing = [zone for zone in account.settings.network.availability_zones if zone not in there]
    for zone in missing:
        yield Line("zones", "fails", f"{zone} is not available", f"availabilityZones of {', '.join(there)}")
    if not missing:
        yield Line("zones", "ok", ", ".join(account.settings.network.availability_zones))


def instance_types(account: Account) -> Iterator[Line]:
    """Whether each zone offers the instance types of the hosts that may start in it."""
    wanted = sorted(hosts(account))
    in_zones = account.settings.network.availability_zones
    filters = [{"Name": "instance-type", "Values": wanted}]
    offered = (
        account.pages(
            "ec2",
            "describe_instance_type_offerings",
            "InstanceTypeOfferings",
            LocationType="availability-zone",
            Filters=filters,
        )
        if wanted
        else []
    )
    there = {(one["InstanceType"], one["Location"]) for one in offered}
    missing = [(kind, zone) for kind in wanted for zone in in_zones if (kind, zone) not in there]
    for kind, zone in missing:
        yield Line("instance types", "fails", f"{zone} does not offer {kind}", "another instanceType or zone")
    if not missing:
        yield Line("instance types", "ok", ", ".join(wanted) or "none needed")


def hosts(account: Account) -> dict[str, int]:
    """How many instances of each type the settings ask for: main and standby, and a monitor, of each pair."""
    settings = account.settings
    pairs = [tunnel.instance_type for tunnel in settings.open_vpn]
    if settings.nat.mode == "instances":
        pairs.append(settings.nat.instance_type)
    counted = {MONITOR_TYPE: len(pairs)} if pairs else {}
    for kind in pairs:
        counted[kind] = counted.get(kind, 0) + 2
    return counted


def image(account: Account) -> Iterator[Line]:
    """Whether Debian's image is there for each architecture."""
    for name in sorted({image_name(kind, account.settings.host_image) for kind in hosts(account)}):
        filters = [{"Name": "name", "Values": [name]}]
        found = account.call("ec2", "describe_images", Owners=[DEBIAN], Filters=filters)["Images"]
        if found:
            yield Line("image", "ok", max(one.get("Name", "") for one in found))
        else:
            yield Line(
                "image", "fails", f"no image {name} of {DEBIAN}", "a hostImage that Debian still offers"
            )


def certificates(account: Account) -> Iterator[Line]:
    """Whether the certificates that sites name exist and are issued."""
    vpn = account.settings.hardware_vpn
    for arn in sorted({site.certificate_arn for site in (vpn.sites if vpn else ()) if site.certificate_arn}):
        acm = account.clients.of("acm")
        try:
            status = acm.describe_certificate(CertificateArn=arn)["Certificate"]["Status"]
        except acm.exceptions.ResourceNotFoundException:
            status = "missing"
        if status == "ISSUED":
            yield Line("certificates", "ok", arn)
        else:
            yield Line(
                "certificates", "fails", f"{arn} is {status}", "issue it, or name another certificateArn"
            )


def trail(account: Account) -> Iterator[Line]:
    """Whether something records the calls that change a connection."""
    trails = account.call("cloudtrail", "describe_trails")["trailList"]
    if trails:
        yield Line("CloudTrail", "ok", ", ".join(sorted(one["Name"] for one in trails)))
    else:
        yield Line("CloudTrail", "warning", "no trail in this region", "create a trail for management events")


def permissions(account: Account) -> Iterator[Line]:
    """Whether the caller may do what `aws-vpn iam deploy` lists, by IAM's own simulation."""
    caller = account.call("sts", "get_caller_identity")
    source = re.sub(r":sts::(\d+):assumed-role/([^/]+)/.*", r":iam::\1:role/\2", caller["Arn"])
    subject = subject_of(account.stack, account.settings, caller["Account"])
    denied: set[str] = set()
    for policy in policies("deploy", subject):
        for statement in policy["Statement"]:
            denied |= set(_denied(account, source, statement))
    if denied:
        shown = f"{len(denied)} actions are not allowed: {', '.join(sorted(denied)[:5])}"
        yield Line("permissions", "fails", shown, f"aws-vpn iam deploy --stack {account.stack}")
    else:
        yield Line("permissions", "ok", source)


def _denied(account: Account, source: str, statement: dict[str, Any]) -> Iterator[str]:
    actions, resources = statement["Action"], statement["Resource"]
    keys: dict[str, Any] = statement.get("Condition", {}).get("StringEquals", {})
    results = account.pages(
        "iam",
        "simulate_principal_policy",
        "EvaluationResults",
        PolicySourceArn=source,
        ActionNames=actions if isinstance(actions, list) else [actions],
        ResourceArns=resources if isinstance(resources, list) else [resources],
        ContextEntries=[
            {
                "ContextKeyName": key,
                "ContextKeyValues": [value] if isinstance(value, str) else list(value),
                "ContextKeyType": "string",
            }
            for key, value in keys.items()
        ],
    )
    for result in results:
        if result["EvalDecision"] != "allowed":
            yield result["EvalActionName"]

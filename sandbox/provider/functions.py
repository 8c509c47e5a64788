"""The functions (invokes) that a program may call: they read the cloud and change nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from sandbox.provider.arguments import tag_map
from sandbox.provider.aws_client import Cloud
from sandbox.provider.function import Function, declare, filters_of, only
from sandbox.provider.network_functions import NETWORK_FUNCTIONS
from sandbox.provider.values import Values


def _get_ami(cloud: Cloud, given: Values) -> Values:
    """The one image, or the newest of those that match."""
    request: Values = {"Owners": given["owners"]} if given.get("owners") else {}
    images: list[Values] = cloud.ec2.describe_images(**request, Filters=filters_of(given))["Images"]
    if given.get("nameRegex"):
        images = [image for image in images if re.search(given["nameRegex"], image.get("Name", ""))]
    if given.get("mostRecent"):
        images = sorted(images, key=lambda image: str(image.get("CreationDate", "")))[-1:]
    image = only(images, "aws:ec2/getAmi:getAmi")
    return {
        "id": image["ImageId"],
        "imageId": image["ImageId"],
        "arn": f"arn:{cloud.partition}:ec2:{cloud.region}::image/{image['ImageId']}",
        "name": image.get("Name", ""),
        "description": image.get("Description", ""),
        "ownerId": image.get("OwnerId", ""),
        "imageOwnerAlias": image.get("ImageOwnerAlias", ""),
        "architecture": image.get("Architecture", ""),
        "creationDate": image.get("CreationDate", ""),
        "hypervisor": image.get("Hypervisor", ""),
        "imageType": image.get("ImageType", ""),
        "platform": image.get("Platform", ""),
        "public": image.get("Public", False),
        "rootDeviceName": image.get("RootDeviceName", ""),
        "rootDeviceType": image.get("RootDeviceType", ""),
        "state": image.get("State", ""),
        "virtualizationType": image.get("VirtualizationType", ""),
        "enaSupport": image.get("EnaSupport", False),
        "tags": tag_map(image.get("Tags")),
    }


def _get_availability_zones(cloud: Cloud, given: Values) -> Values:
    zones: list[Values] = cloud.ec2.describe_availability_zones(Filters=filters_of(given))[
        "AvailabilityZones"
    ]
    excluded = {*(given.get("excludeNames") or ()), *(given.get("excludeZoneIds") or ())}
    zones = [
        zone
        for zone in zones
        if zone["ZoneName"] not in excluded
        and zone["ZoneId"] not in excluded
        and given.get("state") in (None, zone["State"])
    ]
    zones.sort(key=lambda zone: zone["ZoneName"])
    return {
        "id": cloud.region,
        "names": [zone["ZoneName"] for zone in zones],
        "zoneIds": [zone["ZoneId"] for zone in zones],
        "groupNames": sorted({zone.get("GroupName") or cloud.region for zone in zones}),
    }


def _get_caller_identity(cloud: Cloud, given: Values) -> Values:
    found = cloud.client("sts").get_caller_identity()
    return {
        "id": found["Account"],
        "accountId": found["Account"],
        "arn": found["Arn"],
        "userId": found["UserId"],
    }


def _get_region(cloud: Cloud, given: Values) -> Values:
    wanted = given.get("name") or cloud.region
    found: list[Values] = cloud.ec2.describe_regions(RegionNames=[wanted])["Regions"]
    region = only(found, "aws:index/getRegion:getRegion")
    return {
        "id": wanted,
        "name": wanted,
        "endpoint": region["Endpoint"],
        "description": wanted,
        "region": wanted,
    }


def _get_partition(cloud: Cloud, given: Values) -> Values:
    suffix = "amazonaws.com.cn" if cloud.partition == "aws-cn" else "amazonaws.com"
    return {
        "id": cloud.partition,
        "partition": cloud.partition,
        "dnsSuffix": suffix,
        "reverseDnsPrefix": ".".join(reversed(suffix.split("."))),
    }


def _get_parameter(cloud: Cloud, given: Values) -> Values:
    decrypted = given.get("withDecryption", True)
    found = cloud.client("ssm").get_parameter(Name=given["name"], WithDecryption=decrypted)["Parameter"]
    return {
        "id": found["Name"],
        "arn": found.get("ARN", ""),
        "type": found["Type"],
        "value": found["Value"],
        "insecureValue": "" if found["Type"] == "SecureString" else found["Value"],
        "version": found["Version"],
    }


def _get_policy_document(cloud: Cloud, given: Values) -> Values:
    """Statements as a policy document: a pure function (IAM JSON policy reference)."""
    document: Values = {"Version": given.get("version", "2012-10-17")}
    if given.get("policyId"):
        document["Id"] = given["policyId"]
    document["Statement"] = [_statement(one) for one in given.get("statements") or ()]
    text = json.dumps(document, indent=2)
    return {
        "id": str(abs(hash(text))),
        "json": text,
        "minifiedJson": json.dumps(document, separators=(",", ":")),
    }


_STATEMENT = (
    ("actions", "Action"),
    ("notActions", "NotAction"),
    ("resources", "Resource"),
    ("notResources", "NotResource"),
)


def _statement(given: Values) -> Values:
    statement: Values = {"Sid": given["sid"]} if given.get("sid") else {}
    statement["Effect"] = given.get("effect", "Allow")
    for name, member in _STATEMENT:
        if given.get(name):
            statement[member] = _one_or_all(given[name])
    for name, member in (("principals", "Principal"), ("notPrincipals", "NotPrincipal")):
        if given.get(name):
            statement[member] = _principals(given[name])
    if given.get("conditions"):
        conditions: dict[str, Values] = {}
        for one in given["conditions"]:
            conditions.setdefault(one["test"], {})[one["variable"]] = _one_or_all(one["values"])
        statement["Condition"] = conditions
    return statement


def _principals(principals: list[Values]) -> Any:
    if principals == [{"type": "*", "identifiers": ["*"]}]:
        return "*"
    found: dict[str, list[str]] = {}
    for one in principals:
        found.setdefault(one["type"], []).extend(one["identifiers"])
    return {kind: _one_or_all(identifiers) for kind, identifiers in found.items()}


def _one_or_all(values: list[str]) -> Any:
    return values[0] if len(values) == 1 else values


FUNCTIONS: Mapping[str, Function] = dict(
    (
        *NETWORK_FUNCTIONS,
        declare("aws:ec2/getAmi:getAmi", "filters mostRecent nameRegex owners tags", _get_ami),
        declare(
            "aws:index/getAvailabilityZones:getAvailabilityZones",
            "excludeNames excludeZoneIds filters state",
            _get_availability_zones,
        ),
        declare("aws:index/getCallerIdentity:getCallerIdentity", "id", _get_caller_identity),
        declare("aws:index/getRegion:getRegion", "name endpoint", _get_region),
        declare("aws:index/getPartition:getPartition", "id", _get_partition),
        declare("aws:ssm/getParameter:getParameter", "name withDecryption", _get_parameter, "value"),
        declare(
            "aws:iam/getPolicyDocument:getPolicyDocument", "policyId statements version", _get_policy_document
        ),
    )
)
"""Every function that the sandbox knows, by its token."""

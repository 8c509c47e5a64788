"""The functions (invokes) that a program may call: they read the cloud and change nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.provider.arguments import tag_map
from sandbox.provider.aws_client import Cloud, Clouds
from sandbox.provider.errors import ProviderError
from sandbox.provider.values import Values, has_unknown, part


@dataclass(frozen=True)
class Function:
    """A function: what it may be given, what answers it, and which of its results are secret."""

    name: str
    arguments: frozenset[str]
    answer: Callable[[Cloud, Values], Values]
    secrets: frozenset[str] = field(default_factory=frozenset[str])


def call(function: Function, clouds: Clouds, given: Values) -> Values:
    """A function's result. An argument that it does not know is an error."""
    for name in given:
        if name not in function.arguments | {"region"}:
            raise ProviderError(f"{function.name} has no argument {name} in the sandbox")
    if has_unknown(given):
        raise ProviderError(f"{function.name} was given a value that is not known yet")
    cloud = clouds.of(given.get("region"))
    return {**given, "region": cloud.region, **function.answer(cloud, given)}


def _filters(given: Values) -> list[Values]:
    filters = [{"Name": one["name"], "Values": one["values"]} for one in given.get("filters") or ()]
    tags = [{"Name": f"tag:{key}", "Values": [value]} for key, value in part(given, "tags").items()]
    return [*filters, *tags]


def _only(found: list[Values], what: str) -> Values:
    if len(found) != 1:
        raise ProviderError(f"{what}: {len(found)} match, one must; narrow the filters")
    return found[0]


def _get_ami(cloud: Cloud, given: Values) -> Values:
    """The one image, or the newest of those that match."""
    request: Values = {"Owners": given["owners"]} if given.get("owners") else {}
    images: list[Values] = cloud.ec2.describe_images(**request, Filters=_filters(given))["Images"]
    if given.get("nameRegex"):
        images = [image for image in images if re.search(given["nameRegex"], image.get("Name", ""))]
    if given.get("mostRecent"):
        images = sorted(images, key=lambda image: str(image.get("CreationDate", "")))[-1:]
    image = _only(images, "aws:ec2/getAmi:getAmi")
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
    zones: list[Values] = cloud.ec2.describe_availability_zones(Filters=_filters(given))["AvailabilityZones"]
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
    region = _only(found, "aws:index/getRegion:getRegion")
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


def _get_vpc(cloud: Cloud, given: Values) -> Values:
    filters = _filters(given)
    for name, filter_name in (("cidrBlock", "cidr"), ("state", "state")):
        if given.get(name):
            filters.append({"Name": filter_name, "Values": [given[name]]})
    if given.get("default") is not None:
        filters.append({"Name": "is-default", "Values": [str(given["default"]).lower()]})
    request = {"VpcIds": [given["id"]]} if given.get("id") else {}
    vpc = _only(cloud.ec2.describe_vpcs(**request, Filters=filters)["Vpcs"], "aws:ec2/getVpc:getVpc")
    ident, owner = vpc["VpcId"], vpc["OwnerId"]
    attributes = {
        name: cloud.ec2.describe_vpc_attribute(VpcId=ident, Attribute=name)[name[0].upper() + name[1:]][
            "Value"
        ]
        for name in ("enableDnsSupport", "enableDnsHostnames")
    }
    main = cloud.ec2.describe_route_tables(
        Filters=[{"Name": "vpc-id", "Values": [ident]}, {"Name": "association.main", "Values": ["true"]}]
    )["RouteTables"]
    return {
        **attributes,
        "id": ident,
        "arn": cloud.arn("ec2", f"vpc/{ident}", owner=owner),
        "ownerId": owner,
        "cidrBlock": vpc["CidrBlock"],
        "cidrBlockAssociations": [
            {
                "associationId": one["AssociationId"],
                "cidrBlock": one["CidrBlock"],
                "state": one["CidrBlockState"]["State"],
            }
            for one in vpc.get("CidrBlockAssociationSet") or ()
        ],
        "default": vpc.get("IsDefault", False),
        "dhcpOptionsId": vpc.get("DhcpOptionsId", ""),
        "instanceTenancy": vpc.get("InstanceTenancy", "default"),
        "mainRouteTableId": main[0]["RouteTableId"] if main else "",
        "state": vpc.get("State", ""),
        "tags": tag_map(vpc.get("Tags")),
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


def _declare(
    name: str, arguments: str, answer: Callable[[Cloud, Values], Values], *secrets: str
) -> tuple[str, Function]:
    return name, Function(name, frozenset(arguments.split()), answer, frozenset(secrets))


FUNCTIONS: Mapping[str, Function] = dict(
    (
        _declare("aws:ec2/getAmi:getAmi", "filters mostRecent nameRegex owners tags", _get_ami),
        _declare(
            "aws:index/getAvailabilityZones:getAvailabilityZones",
            "excludeNames excludeZoneIds filters state",
            _get_availability_zones,
        ),
        _declare("aws:index/getCallerIdentity:getCallerIdentity", "id", _get_caller_identity),
        _declare("aws:index/getRegion:getRegion", "name endpoint", _get_region),
        _declare("aws:index/getPartition:getPartition", "id", _get_partition),
        _declare("aws:ec2/getVpc:getVpc", "cidrBlock default dhcpOptionsId filters id state tags", _get_vpc),
        _declare("aws:ssm/getParameter:getParameter", "name withDecryption", _get_parameter, "value"),
        _declare(
            "aws:iam/getPolicyDocument:getPolicyDocument", "policyId statements version", _get_policy_document
        ),
    )
)
"""Every function that the sandbox knows, by its token."""

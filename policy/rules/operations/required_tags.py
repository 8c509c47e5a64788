"""Resources say whose they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pulumi_policy import Severity
from pydantic import Field

from policy.facts import aws_types as aws
from policy.facts.finding import Finding
from policy.facts.references import config_rule, well_architected
from policy.facts.resource import Resource
from policy.facts.values import UNKNOWN
from policy.rules.rule import Level, ResourceParameters, ResourceRule

TAGGABLE = frozenset(
    {
        aws.VPC, aws.SUBNET, aws.INTERNET_GATEWAY, aws.ROUTE_TABLE, aws.FLOW_LOG, aws.NAT_GATEWAY,
        aws.VPG, aws.CUSTOMER_GATEWAY, aws.VPN_CONNECTION, aws.INSTANCE, aws.LAUNCH_TEMPLATE,
        aws.NETWORK_INTERFACE, aws.ELASTIC_IP, aws.SECURITY_GROUP, aws.IAM_ROLE, aws.LOG_GROUP,
        aws.METRIC_ALARM, aws.SNS_TOPIC, aws.SECRET, aws.PARAMETER,
    }
)  # fmt: skip


class TagParameters(ResourceParameters):
    """Which tags everything has."""

    required: Annotated[tuple[str, ...], Field(description="tags that every resource needs")] = (
        "Project", "Environment", "Owner", "CostCenter",
    )  # fmt: skip


def _check_tags(resource: Resource, parameters: TagParameters) -> Iterator[Finding]:
    if resource.get("tags") is UNKNOWN:
        yield Finding(message="tags are not known yet", resource=resource, undecided=True)
        return
    tags = resource.tags
    missing = [tag for tag in parameters.required if tags.get(tag) in (None, "")]
    unknown = [tag for tag in parameters.required if tags.get(tag) is UNKNOWN]
    if missing:
        yield Finding(message=f"the tag {', '.join(missing)} is missing", resource=resource)
    if unknown:
        message = f"the tag {', '.join(unknown)} is not known yet"
        yield Finding(message=message, resource=resource, undecided=True)


_TAGS = "tags: {Project: aws-vpn, Environment: dev, Owner: platform"


RULE = ResourceRule(
    name="required-tags",
    title="Required tags",
    description="Resources say what they belong to, who owns them and who pays.",
    level=Level.ADVISORY,
    severity=Severity.LOW,
    references=(
        config_rule("required-tags"),
        well_architected("COST03-BP02", "cost-optimization-pillar/cost_monitor_usage_org_information.html"),
    ),
    tags=("tags", "cost"),
    risk="Nobody knows whom to ask before something is changed or deleted, nor who pays.",
    remediation="Set the tags on the resource, or as the provider's default tags.",
    types=TAGGABLE,
    parameters=TagParameters,
    check=_check_tags,
    bad=f"""
            vpg: {{type: aws:ec2:VpnGateway, properties: {{{_TAGS}}}}}}}
        """,
    good=f"""
            vpg: {{type: aws:ec2:VpnGateway, properties: {{{_TAGS}, CostCenter: "1000"}}}}}}
        """,
)

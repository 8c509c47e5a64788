"""VPCs have a flow log."""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import Severity

from policy.facts import aws_types as aws
from policy.facts.finding import Finding
from policy.facts.graph import Graph
from policy.facts.references import config_rule, security_hub
from policy.facts.resource import Found
from policy.rules.rule import Level, Parameters, StackRule


def _check_flow_logs(graph: Graph, _parameters: Parameters) -> Iterator[Finding]:
    targets = [graph.target(log, "vpcId", aws.VPC, aws.DEFAULT_VPC) for log in graph.of(aws.FLOW_LOG)]
    logged = {target.identity for target in targets if isinstance(target, Found)}
    for vpc in graph.of(aws.VPC, aws.DEFAULT_VPC):
        if vpc.identity not in logged:
            message = f"{vpc} has no flow log; add an aws.ec2.FlowLog with its id."
            unsure = any(target is not None and not isinstance(target, Found) for target in targets)
            yield Finding(message=message, resource=vpc, undecided=unsure)


RULE = StackRule(
    name="vpc-flow-logs",
    title="VPC flow logs",
    description="Every VPC has a flow log.",
    level=Level.ADVISORY,
    severity=Severity.MEDIUM,
    references=(security_hub("EC2.6"), config_rule("vpc-flow-logs-enabled")),
    tags=("network", "logging"),
    risk="After an incident nobody can say who talked to whom.",
    remediation="Add an aws.ec2.FlowLog with the VPC's id.",
    check=_check_flow_logs,
    bad="""
            vpc: {type: aws:ec2:Vpc, properties: {cidrBlock: 10.50.0.0/16}}
        """,
    good="""
            vpc: {type: aws:ec2:Vpc, properties: {cidrBlock: 10.50.0.0/16}}
            log:
              type: aws:ec2:FlowLog
              properties: {vpcId: "${vpc.id}", trafficType: ALL, logDestination: "arn:aws:s3:::flow-logs"}
        """,
)

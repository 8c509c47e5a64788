"""Flow logs."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.provider.aws_client import Cloud
from sandbox.provider.constraints import arn, identifier, one_of
from sandbox.provider.errors import ProviderError
from sandbox.provider.resources.ec2 import Ec2Type, first
from sandbox.provider.table import forcing_new, number, text
from sandbox.provider.values import Values

_LOGGED = {"vpcId": "VPC", "subnetId": "Subnet", "eniId": "NetworkInterface"}


class FlowLog(Ec2Type):
    """A flow log of a VPC, a subnet or a network interface."""

    typename = "aws:ec2/flowLog:FlowLog"
    creator = "CreateFlowLogs"
    tag_type = "vpc-flow-log"
    described = ("describe_flow_logs", "FlowLogIds")
    properties = forcing_new(
        text("vpcId", rule=identifier("vpc")),
        text("subnetId", rule=identifier("subnet")),
        text("eniId", rule=identifier("eni")),
        text("trafficType", "TrafficType"),
        text("logDestinationType", "LogDestinationType", default="cloud-watch-logs"),
        text("logDestination", "LogDestination", computed=True, rule=arn("(logs|s3|firehose)")),
        text("logFormat", "LogFormat", computed=True),
        text("iamRoleArn", "DeliverLogsPermissionArn", rule=arn("iam", "role/.+")),
        number("maxAggregationInterval", "MaxAggregationInterval", default=600, rule=one_of(60, 600)),
    )
    outputs = ("arn",)

    def problems(self, inputs: Values) -> Iterator[tuple[str, str]]:
        """One thing is logged, and what of it is said."""
        if sum(name in inputs for name in _LOGGED) != 1:
            yield "vpcId", f"must be the only one of {', '.join(_LOGGED)} that is set, and one must be"
        if "trafficType" not in inputs:
            yield "trafficType", "must be set: ACCEPT, REJECT or ALL"

    def create(self, cloud: Cloud, inputs: Values) -> str:
        """Make the flow log."""
        logged = next(name for name in _LOGGED if inputs.get(name))
        made = cloud.ec2.create_flow_logs(
            ResourceIds=[inputs[logged]], ResourceType=_LOGGED[logged], **self.request(inputs)
        )
        if made.get("Unsuccessful"):
            problem = made["Unsuccessful"][0]["Error"]
            raise ProviderError(f"CreateFlowLogs: {problem['Code']}: {problem['Message']}")
        return made["FlowLogIds"][0]

    def read(self, cloud: Cloud, ident: str, known: Values) -> Values | None:
        """The flow log."""
        found = first(cloud, "describe_flow_logs", FlowLogIds=[ident])
        if found is None:
            return None
        prefixes = {"vpc-": "vpcId", "subnet-": "subnetId", "eni-": "eniId"}
        logged = next(name for prefix, name in prefixes.items() if found["ResourceId"].startswith(prefix))
        return {
            **self.tags_of(found),
            logged: found["ResourceId"],
            "arn": cloud.arn("ec2", f"vpc-flow-log/{ident}"),
            "trafficType": found["TrafficType"],
            "logDestinationType": found["LogDestinationType"],
            "logDestination": found.get("LogDestination", ""),
            "logFormat": found.get("LogFormat", ""),
            "iamRoleArn": found.get("DeliverLogsPermissionArn", ""),
            "maxAggregationInterval": found["MaxAggregationInterval"],
        }

    def delete(self, cloud: Cloud, ident: str, state: Values) -> None:
        """Delete the flow log."""
        cloud.ec2.delete_flow_logs(FlowLogIds=[ident])

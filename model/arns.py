"""ARNs of things in one region of one account, before they exist."""

from __future__ import annotations

from dataclasses import dataclass

PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
"""Partitions by how their regions' names begin; all others are in `aws` ("IAM ARNs", partition)."""

CONSOLES = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}


@dataclass(frozen=True, slots=True)
class Place:
    """A region of an account (twelve digits)."""

    region: str
    account: str

    @property
    def partition(self) -> str:
        """The part of AWS that the region belongs to, as ARNs say it."""
        return next((name for start, name in PARTITIONS.items() if self.region.startswith(start)), "aws")

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource of the region: `arn:aws:ec2:eu-central-1:123456789012:vpc/vpc-1`."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def global_arn(self, service: str, resource: str) -> str:
        """The ARN of a resource that no region has: `arn:aws:iam::123456789012:role/deploy`."""
        return f"arn:{self.partition}:{service}::{self.account}:{resource}"

    def vpn_console(self) -> str:
        """Where the console shows a VPN connection, short of the connection's id."""
        host = f"{self.region}.{CONSOLES[self.partition]}"
        return f"https://{host}/vpcconsole/home?region={self.region}#VpnConnectionDetails:VpnConnectionId="

"""Names by which programs, hosts and command lines find each other's resources."""

from __future__ import annotations

import re
from dataclasses import dataclass

PROJECT = "aws-vpn"

METRIC_NAMESPACE = PROJECT
"""Where all metrics of all environments are, that hosts send or log groups count (CloudWatch)."""

STACK_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")
"""The stacks whose resources AWS has names for: an SNS topic's takes no other characters (CreateTopic)."""

ROLE_NAME_LIMIT = 64
"""Characters of an IAM role's name ("IAM and AWS STS quotas")."""

SITE_PREFIX = "site-"


def site_name(office: str) -> str:
    """The common name of the certificate that an office's router carries: `site-potsdam`."""
    return f"{SITE_PREFIX}{office}"


@dataclass(frozen=True, slots=True)
class EnvironmentNames:
    """What things of one environment (a stack) are called in AWS."""

    stack: str

    @property
    def environment(self) -> str:
        """What the whole is called: `aws-vpn-dev`."""
        return f"{PROJECT}-{self.stack}"

    def of(self, part: str) -> str:
        """A `Name` tag or resource name: `aws-vpn-dev-staff`."""
        return f"{self.environment}-{part}"

    def path(self, *parts: str) -> str:
        """A log group: `/aws-vpn/dev/openvpn/staff`."""
        return "/".join(("", PROJECT, self.stack, *parts))

    def bucket(self, account: str) -> str:
        """The bucket of host archives: `aws-vpn-dev-123456789012`, told apart worldwide by the account.

        At most 61 characters, of which S3 takes small letters, digits and hyphens ("General purpose bucket
        naming rules").
        """
        return f"{PROJECT}-{self.stack.lower().replace('_', '-')}-{account}"

    def openvpn_address(self, tunnel: str) -> str:
        """The `Name` of an OpenVPN tunnel's Elastic IP: `aws-vpn-dev-openvpn-staff`."""
        return self.of(f"openvpn-{tunnel}")

    def openvpn_secret(self, tunnel: str, kind: str) -> str:
        """A secret of a tunnel, `kind` being server, crl or probe: `aws-vpn/dev/openvpn/staff/server`."""
        return "/".join((PROJECT, self.stack, "openvpn", tunnel, kind))

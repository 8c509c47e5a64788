"""An account before an `up`: what of it is the environment's own, and how results are reported."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from botocore.exceptions import BotoCoreError, ClientError

from model.names import PROJECT, EnvironmentNames
from operations.status.asking import Clients
from stacks.settings import Settings

State = Literal["ok", "warning", "fails", "unknown"]


@dataclass(frozen=True)
class Line:
    """One result. `unknown` could not be asked; only `fails` keeps an `up` from working."""

    check: str
    state: State
    found: str
    mend: str = ""


@dataclass
class Account:
    """The account and region that the environment would be deployed to."""

    stack: str
    settings: Settings
    clients: Clients

    @property
    def names(self) -> EnvironmentNames:
        """What the environment's resources are called."""
        return EnvironmentNames(self.stack)

    def call(self, service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        """The answer to one call."""
        return getattr(self.clients.of(service), operation)(**arguments)

    def pages(self, service: str, operation: str, key: str, **arguments: Any) -> list[dict[str, Any]]:
        """Everything that an operation lists under `key`."""
        paginator = self.clients.of(service).get_paginator(operation)
        return [item for page in paginator.paginate(**arguments) for item in page[key]]

    def owns(self, resource: dict[str, Any]) -> bool:
        """Whether the environment's tags are on it."""
        tags = {tag["Key"]: tag.get("Value") for tag in resource.get("Tags") or ()}
        return (tags.get("Project"), tags.get("Environment")) == (PROJECT, self.stack)

    @cached_property
    def vpcs(self) -> list[dict[str, Any]]:
        """The region's VPCs."""
        return self.pages("ec2", "describe_vpcs", "Vpcs")

    def uses(self, vpc: dict[str, Any]) -> bool:
        """Whether it is the environment's VPC, made for it or there before."""
        existing = self.settings.network.existing
        return vpc["VpcId"] == existing.vpc_id if existing else self.owns(vpc)

    @property
    def deployed(self) -> bool:
        """Whether the environment is there: names that are taken are then its own."""
        if self.settings.network.existing is None:
            return any(self.owns(vpc) for vpc in self.vpcs)
        vpn = self.settings.hardware_vpn
        if vpn and vpn.adopted and "tags" in vpn.adopted.keep:
            # nothing that EC2 lists bears tags of the environment's then, and its log groups are its first
            own = f"/aws/vendedlogs{self.names.path('hardware-vpn')}"
            return bool(self.pages("logs", "describe_log_groups", "logGroups", logGroupNamePrefix=own))
        kinds = (("describe_vpn_gateways", "VpnGateways"), ("describe_security_groups", "SecurityGroups"))
        return any(self.owns(one) for operation, key in kinds for one in self.call("ec2", operation)[key])


Check = Callable[[Account], Iterator[Line]]


def lines(name: str, check: Check, account: Account) -> list[Line]:
    """A check's lines; when AWS refuses or does not answer, the one that says so."""
    found: list[Line] = []
    try:
        found.extend(check(account))
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        what = f"could not be asked: {error.operation_name} answers {code or 'an error'}"
        found.append(Line(name, "unknown", what, f"give the role the right to {error.operation_name}"))
    except (BotoCoreError, ValueError) as error:
        reason = " ".join(str(error).split())[:160]
        found.append(Line(name, "unknown", f"could not be asked: {reason}", "check region and network"))
    return found or [Line(name, "ok", "nothing to ask")]

"""What a deployed stack says of its VPN connections: the outputs that `stacks/environment.py` exports.

The stack file is not looked at: it may have been edited since, and a router has to fit what runs.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from model.addresses import Address, Cidr
from model.deploying import deploy_command
from model.names import STACK_NAME
from model.stack_outputs import NotDeployedError, stack_outputs
from model.tunnel_options import TunnelOptions
from onprem.errors import OnpremError

PULUMI_TIMEOUT = 120
"""Seconds. Reading a stack's outputs is one request to the backend."""


class _Output(BaseModel):
    """A part of the outputs; what else is exported is none of a router's business."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        alias_generator=to_camel,
        populate_by_name=True,
        hide_input_in_errors=True,
    )


class TunnelOutput(_Output):
    """A tunnel as it was deployed. Its inside block tells which tunnel of AWS's document it is."""

    outside_address: Address
    inside_cidr: Cidr
    options: TunnelOptions


class SiteOutput(_Output):
    """A site's VPN connection as it was deployed."""

    vpn_connection_id: str
    has_certificate: bool
    lan_cidrs: tuple[Cidr, ...]
    tunnels: tuple[TunnelOutput, TunnelOutput]


class HardwareVpnOutput(_Output):
    """All sites, and what they reach in AWS."""

    region: str
    vpc_cidrs: tuple[Cidr, ...]
    sites: dict[str, SiteOutput]


class StackOutputs(_Output):
    """What routers need of a stack's outputs. `configurations` are AWS's documents by site."""

    hardware_vpn: HardwareVpnOutput
    configurations: dict[str, str] = Field(repr=False)


def read_outputs(stack: str, root: Path) -> StackOutputs:
    """A stack's outputs, read in the project's folder `root` with the caller's environment.

    Raises:
        OutputsError: pulumi cannot tell them.
        OnpremError: there is no such stack, it is not deployed, or it has no VPN connections.
    """
    if not (root / "Pulumi.yaml").is_file():
        raise OnpremError(f"{root} has no Pulumi.yaml; --stack should be used in the project's folder")
    if not STACK_NAME.fullmatch(stack):
        raise OnpremError(f"no stack {stack!r}; should be a stack's name, such as prod")
    try:
        outputs = stack_outputs(stack, root, secrets=True, timeout=PULUMI_TIMEOUT)
    except NotDeployedError as error:
        raise OnpremError(f"{error} yet; run {deploy_command(stack)}") from None
    if "hardwareVpn" not in outputs:
        raise OnpremError(f"stack {stack} is deployed without hardwareVpn; should be a stack with one")
    try:
        return StackOutputs.model_validate(outputs)
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"]))
        raise OnpremError(
            f"stack {stack}: the output {where} should be as this version exports it;"
            f" run {deploy_command(stack)}"
        ) from None

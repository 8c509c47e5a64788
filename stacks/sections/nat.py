"""The `nat` section: how private subnets reach the internet."""

from __future__ import annotations

from typing import Literal

from stacks.sections.failover import FailoverSettings
from stacks.sections.openvpn import InstanceType
from stacks.sections.section import RetentionDays, Section


class NatSettings(Section):
    """Nothing, a managed NAT gateway a zone, or a main and a standby instance on one Elastic IP."""

    mode: Literal["none", "gateways", "instances"] = "none"
    """`gateways`: a managed NAT gateway a zone. `instances`: main and standby with failover."""
    instance_type: InstanceType = "t4g.nano"
    """The type of `instances`."""
    log_retention_days: RetentionDays = 30
    """Days that the instances' logs are kept (PutRetentionPolicy)."""
    failover: FailoverSettings = FailoverSettings()
    """The failover of `instances`."""

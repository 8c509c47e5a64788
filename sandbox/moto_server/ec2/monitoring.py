"""Detailed monitoring, switched on and off. Rules: MonitorInstances and UnmonitorInstances of EC2's API."""

from __future__ import annotations

from moto.core.responses import ActionResult
from moto.ec2.responses import EC2Response


class MonitoringResponse(EC2Response):
    """The two actions. They answer the state on the way, a description has the one reached."""

    def monitor_instances(self) -> ActionResult:  # pyright: ignore[reportIncompatibleMethodOverride]
        """MonitorInstances."""
        return self._switch("enabled", "pending")

    def unmonitor_instances(self) -> ActionResult:  # pyright: ignore[reportIncompatibleMethodOverride]
        """UnmonitorInstances."""
        return self._switch("disabled", "disabling")

    def _switch(self, state: str, on_the_way: str) -> ActionResult:
        instances = self.ec2_backend.get_multi_instances_by_id(self._get_param("InstanceIds", []))
        for instance in instances:
            instance.monitoring_state = state
        switched = [{"InstanceId": one.id, "Monitoring": {"State": on_the_way}} for one in instances]
        return ActionResult({"InstanceMonitorings": switched})

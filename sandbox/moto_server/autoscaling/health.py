"""Instances that a group replaces although they run: those that are said to be unhealthy, and stopped ones.

Rules: SetInstanceHealth and SuspendProcesses of Auto Scaling's API; "Health checks for instances in an Auto
Scaling group": an instance in another state than running is unhealthy at once, whatever the grace period.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from moto.autoscaling.exceptions import ValidationError
from moto.autoscaling.models import AutoScalingBackend
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow


class HealthBackend(AutoScalingBackend):
    """Groups that act on the health of their instances, at once."""

    def report_health(self, instance_id: str, status: str, *, respects_grace: bool) -> None:
        """Take in what somebody says of an instance's health.

        Raises:
            ValidationError: no group has such an instance.
        """
        of_groups = {
            state.instance.id: (state, group)
            for group in self.autoscaling_groups.values()
            for state in group.instance_states
        }
        if instance_id not in of_groups:
            raise ValidationError(f"Instance Id not found - No managed instance found for {instance_id}")
        state, group = of_groups[instance_id]
        grace = timedelta(seconds=group.health_check_grace_period or 0)
        is_new = utcnow() - state.instance.launch_time < grace
        suspended = [process["ProcessName"] for process in group.suspended_processes]
        is_kept = "ReplaceUnhealthy" in suspended or (respects_grace and is_new)
        if status == "Healthy" or is_kept:
            return
        self.replace_lost([instance_id])

    def replace_lost(self, instance_ids: Sequence[str]) -> None:
        """Terminate those of these instances that groups have, and launch others in their place."""
        lost = [
            state.instance.id
            for group in self.autoscaling_groups.values()
            for state in group.instance_states
            if state.instance.id in instance_ids
        ]
        if lost:
            self.ec2_backend.terminate_instances(lost)
            self.notify_terminate_instances(lost)


class HealthResponse(AutoScalingResponse):
    """The action that tells of an instance's health."""

    def set_instance_health(self) -> ActionResult:
        """SetInstanceHealth."""
        status = self._get_param("HealthStatus")
        if status not in ("Healthy", "Unhealthy"):
            raise ValidationError(f"Valid instance health states are: [Healthy, Unhealthy], not {status}")
        backend = self.autoscaling_backend
        assert isinstance(backend, HealthBackend)
        backend.report_health(
            self._get_param("InstanceId"),
            status,
            respects_grace=bool(self._get_param("ShouldRespectGracePeriod", True)),
        )
        return EmptyResult()

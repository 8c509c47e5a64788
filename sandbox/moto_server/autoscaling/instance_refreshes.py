"""Instance refreshes. One is over at once, so none can be cancelled.

Rules: StartInstanceRefresh, DescribeInstanceRefreshes and CancelInstanceRefresh of Auto Scaling's API.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from moto.autoscaling.exceptions import AutoscalingClientError, ValidationError
from moto.autoscaling.models import AutoScalingBackend
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult
from moto.moto_api._internal import mock_random

from sandbox.moto_server.autoscaling.groups import Group

STRATEGY = "Rolling"


@dataclass(frozen=True)
class InstanceRefresh:
    """A refresh that has replaced a group's instances."""

    auto_scaling_group_name: str
    preferences: Mapping[str, Any]
    desired_configuration: dict[str, Any] | None
    start_time: datetime
    end_time: datetime
    instance_refresh_id: str = field(default_factory=lambda: str(mock_random.uuid4()))
    strategy: str = STRATEGY
    status: str = "Successful"
    percentage_complete: int = 100
    instances_to_update: int = 0


class InstanceRefreshBackend(AutoScalingBackend):
    """The refreshes of a region's groups."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.instance_refreshes: dict[str, list[InstanceRefresh]] = {}

    def start_instance_refresh(
        self,
        group_name: str,
        strategy: str,
        preferences: Mapping[str, Any],
        desired_configuration: dict[str, Any] | None,
    ) -> InstanceRefresh:
        """Replace a group's instances, which then has the desired configuration, if there is one.

        Raises:
            ValidationError: there is no such group, or another strategy is asked for.
        """
        group = self._group(group_name)
        if strategy != STRATEGY:
            raise ValidationError(
                f"Value ({strategy}) for parameter Strategy is invalid: must be {STRATEGY}."
            )
        start = datetime.now(UTC)
        if desired_configuration:
            group.use_template(desired_configuration["LaunchTemplate"])
        group.replace_instances(skip_matching=bool(preferences.get("SkipMatching")))
        refresh = InstanceRefresh(group_name, preferences, desired_configuration, start, datetime.now(UTC))
        self.instance_refreshes.setdefault(group_name, []).insert(0, refresh)
        return refresh

    def describe_instance_refreshes(self, group_name: str, ids: Sequence[str]) -> list[InstanceRefresh]:
        """A group's refreshes, the latest first; those of `ids` alone, if there are any.

        Raises:
            ValidationError: there is no such group.
        """
        self._group(group_name)
        refreshes = self.instance_refreshes.get(group_name, [])
        return [one for one in refreshes if not ids or one.instance_refresh_id in ids]

    def cancel_instance_refresh(self, group_name: str) -> None:
        """Refuse, as no refresh is under way.

        Raises:
            AutoscalingClientError: ActiveInstanceRefreshNotFound, or there is no such group.
        """
        self._group(group_name)
        raise AutoscalingClientError(
            "ActiveInstanceRefreshNotFound",
            f"No in progress or pending Instance Refresh found for Auto Scaling group {group_name}",
        )

    def delete_auto_scaling_group(self, group_name: str) -> None:
        """Delete a group with what is known of its refreshes."""
        super().delete_auto_scaling_group(group_name)
        self.instance_refreshes.pop(group_name, None)

    def _group(self, name: str) -> Group:
        group = self.autoscaling_groups.get(name)
        if not isinstance(group, Group):
            raise ValidationError(f"AutoScalingGroup name not found - AutoScalingGroup '{name}' not found")
        return group


class InstanceRefreshResponse(AutoScalingResponse):
    """The actions about instance refreshes."""

    @property
    def autoscaling_backend(self) -> InstanceRefreshBackend:
        """The backend of the request's account and region."""
        backend = super().autoscaling_backend
        assert isinstance(backend, InstanceRefreshBackend)
        return backend

    def start_instance_refresh(self) -> ActionResult:
        """StartInstanceRefresh."""
        started = self.autoscaling_backend.start_instance_refresh(
            self._get_param("AutoScalingGroupName"),
            self._get_param("Strategy", STRATEGY),
            self._get_param("Preferences", {}),
            self._get_param("DesiredConfiguration"),
        )
        return ActionResult({"InstanceRefreshId": started.instance_refresh_id})

    def describe_instance_refreshes(self) -> ActionResult:
        """DescribeInstanceRefreshes."""
        found = self.autoscaling_backend.describe_instance_refreshes(
            self._get_param("AutoScalingGroupName"), self._get_param("InstanceRefreshIds", [])
        )
        return ActionResult({"InstanceRefreshes": found})

    def cancel_instance_refresh(self) -> ActionResult:
        """CancelInstanceRefresh."""
        self.autoscaling_backend.cancel_instance_refresh(self._get_param("AutoScalingGroupName"))
        return ActionResult({})

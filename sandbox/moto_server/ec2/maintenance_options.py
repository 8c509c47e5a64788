"""What AWS does with an instance whose host fails or is to be maintained.

Rules: InstanceMaintenanceOptions and ModifyInstanceMaintenanceOptions of EC2's API: `default` or `disabled`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import EC2Backend
from moto.ec2.models.instances import Reservation
from moto.ec2.responses import EC2Response

OPTIONS = ("AutoRecovery", "RebootMigration")
VALUES = ("default", "disabled")


def changed(options: Mapping[str, str], asked: Mapping[str, str | None]) -> dict[str, str]:
    """The options with those that are asked for.

    Raises:
        EC2ClientError: InvalidParameterValue, when one is neither `default` nor `disabled`.
    """
    given = {name: value for name in OPTIONS if (value := asked.get(name)) is not None}
    for name, value in given.items():
        if value not in VALUES:
            raise EC2ClientError(
                "InvalidParameterValue",
                f"Value ({value}) for parameter {name} is invalid: must be one of {', '.join(VALUES)}.",
            )
    return {**options, **given}


class MaintenanceBackend(EC2Backend):
    """Instances with maintenance options, `default` unless their launch template says otherwise."""

    def run_instances(self, *args: Any, **options: Any) -> Reservation:
        """Launch instances."""
        launched = super().run_instances(*args, **options)
        reference = options.get("launch_template")
        template: dict[str, Any] = self._get_template_from_args(reference).data if reference else {}
        instances: list[Any] = launched.instances
        for instance in instances:
            instance.maintenance_options = changed(
                dict.fromkeys(OPTIONS, "default"), template.get("MaintenanceOptions", {})
            )
        return launched


class MaintenanceResponse(EC2Response):
    """RunInstances with maintenance options, and the action that changes them."""

    def run_instances(self) -> ActionResult:
        """RunInstances."""
        asked = changed({}, self._get_param("MaintenanceOptions", {}))
        result = super().run_instances()
        launched = result.result
        assert isinstance(launched, Reservation)
        instances: list[Any] = launched.instances
        for instance in instances:
            instance.maintenance_options |= asked
        return result

    def modify_instance_maintenance_options(self) -> ActionResult:
        """ModifyInstanceMaintenanceOptions."""
        instance: Any = self.ec2_backend.get_instance(self._get_param("InstanceId"))
        asked = {name: self._get_param(name) for name in OPTIONS}
        instance.maintenance_options = changed(instance.maintenance_options, asked)
        return ActionResult({"InstanceId": instance.id, **instance.maintenance_options})

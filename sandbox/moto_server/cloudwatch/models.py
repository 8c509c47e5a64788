"""The CloudWatch backend of the sandbox: moto's, with every correction."""

from __future__ import annotations

from moto.cloudwatch.exceptions import DashboardInvalidInputError
from moto.cloudwatch.models import CloudWatchBackend, Dashboard, cloudwatch_backends

from sandbox.moto_server.cloudwatch.dashboards import objections


class SandboxCloudWatchBackend(CloudWatchBackend):
    """One region's CloudWatch. The module's name and place lead moto to `urls` beside it."""

    def delete_alarms(self, alarm_names: list[str]) -> None:
        """Delete alarms with their tags, so that a later one of the same name starts without."""
        for name in alarm_names:
            alarm = self.alarms.get(name)
            if alarm is not None:
                self.tagger.delete_all_tags_for_resource(alarm.alarm_arn)
        super().delete_alarms(alarm_names)

    def put_dashboard(self, name: str, body: str) -> Dashboard:
        """Refuse a body that CloudWatch would not show."""
        found = objections(body)
        if found:
            raise DashboardInvalidInputError("; ".join(found))
        return super().put_dashboard(name, body)


def install() -> None:
    """Let every service of this process see the corrected CloudWatch; before any has been used."""
    cloudwatch_backends.backend = SandboxCloudWatchBackend

"""The CloudWatch Logs backend of the sandbox: moto's, with every correction."""

from __future__ import annotations

from moto.logs.models import logs_backends

from sandbox.moto_server.logs.encryption import EncryptionBackend


class SandboxLogsBackend(EncryptionBackend):
    """One region's CloudWatch Logs. The module's name and place lead moto to `urls` beside it."""

    def put_metric_filter(
        self, filter_name: str, filter_pattern: str, log_group_name: str, metric_transformations: str
    ) -> None:
        """Create a filter, or replace the one of that name (PutMetricFilter)."""
        self.filters.delete_filter(filter_name, log_group_name)
        super().put_metric_filter(filter_name, filter_pattern, log_group_name, metric_transformations)


def install() -> None:
    """Let every service of this process see the corrected logs; to be called before any has been used."""
    logs_backends.backend = SandboxLogsBackend

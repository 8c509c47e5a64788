"""Launch templates with the tags that they have now, and versions with user data as the first one has it.

Rules: DescribeLaunchTemplates and CreateLaunchTemplateVersion of EC2's API.
"""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models import EC2Backend
from moto.ec2.models.launch_templates import LaunchTemplate
from moto.ec2.responses import EC2Response
from moto.ec2.utils import parse_user_data


class LaunchTemplateBackend(EC2Backend):
    """Launch templates. moto keeps the tags of their creation."""

    def describe_launch_templates(
        self,
        template_names: list[str] | None = None,
        template_ids: list[str] | None = None,
        filters: Any = None,
    ) -> list[LaunchTemplate]:
        """The templates asked for."""
        found = super().describe_launch_templates(template_names, template_ids, filters)
        for template in found:
            template.tags = template.get_tags()
        return found

    def modify_launch_template(
        self, default_version: str, template_name: str | None = None, template_id: str | None = None
    ) -> LaunchTemplate:
        """Change the default version."""
        changed = super().modify_launch_template(default_version, template_name, template_id)
        changed.tags = changed.get_tags()
        return changed


class LaunchTemplateResponse(EC2Response):
    """The action that makes a version. moto keeps its user data in a form that no group can launch."""

    def create_launch_template_version(self) -> ActionResult:
        """CreateLaunchTemplateVersion."""
        user_data = parse_user_data(self._get_param("LaunchTemplateData.UserData"))
        result = super().create_launch_template_version()
        made: dict[str, Any] = result.result  # pyright: ignore[reportAssignmentType]
        made["LaunchTemplateVersion"]["LaunchTemplateData"]["UserData"] = user_data
        return result

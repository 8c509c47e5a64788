"""What makes all of an environment wait until a change of what is deployed is known to be one that works."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from components.footprint import Footprint, FootprintArgs
from stacks.footprint import change_problems, change_warnings, footprint
from stacks.settings import Settings
from stacks.stack_file import SettingsError, stack_file_name


def after_verdict(stack: str, settings: Settings) -> pulumi.ResourceOptions:
    """Options of whatever waits until these settings are judged by what the last deployment took."""

    def judge(was: Mapping[str, Any]) -> None:
        problems = [*change_problems(was, settings)]
        if problems:
            raise SettingsError(stack_file_name(stack), problems)
        for warning in change_warnings(was, settings):
            pulumi.log.warn(warning)

    taken = Footprint("footprint", FootprintArgs(environment=stack, taken=footprint(settings), judge=judge))
    # A component alone stands for its children in the SDK, and this one has none.
    return pulumi.ResourceOptions(depends_on=taken.urn.apply(lambda _: [taken]))

"""The Pulumi program: a stack's settings become an environment, and what a user needs next is exported."""

from __future__ import annotations

import pulumi
from pulumi.runtime.config import CONFIG

from stacks.environment import Environment
from stacks.stack_file import SettingsError, read_engine_config

try:
    settings = read_engine_config(pulumi.get_stack(), CONFIG.get())
    environment = Environment(pulumi.get_stack(), settings)
except SettingsError as error:
    raise pulumi.RunError(str(error)) from None

for name, value in environment.exports().items():
    pulumi.export(name, value)

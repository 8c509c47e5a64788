"""The Pulumi program: a stack's settings become an environment, and what a user needs next is exported."""

from __future__ import annotations

import os
from pathlib import Path

import pulumi
from pulumi.runtime.config import CONFIG, is_config_secret

from model.errors import AwsVpnError
from model.tunnel_changes import KEY_VARIABLE, VARIABLE, parse
from stacks.environment import Environment
from stacks.quotas import advice
from stacks.stack_file import read_engine_config, stack_file_name, warnings_of

file = Path(__file__).parent / stack_file_name(pulumi.get_stack())
secret = [key for key in CONFIG.get() if is_config_secret(key)]
try:
    settings = read_engine_config(pulumi.get_stack(), CONFIG.get(), file, secret)
    environment = Environment(
        pulumi.get_stack(), settings, parse(os.environ.get(VARIABLE, ""), os.environ.get(KEY_VARIABLE, ""))
    )
except AwsVpnError as error:
    raise pulumi.RunError(str(error)) from None

for warning in (*warnings_of(file), *advice(settings)):
    pulumi.log.warn(warning)
for name, value in environment.exports().items():
    pulumi.export(name, value)

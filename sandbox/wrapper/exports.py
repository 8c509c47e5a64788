"""`make env`: what a shell evaluates so that `aws` and boto3 see the sandbox."""

from __future__ import annotations

import os
import sys

from sandbox.error import SandboxError, end_with
from sandbox.wrapper import moto_process, variables
from sandbox.wrapper.places import ROOT, places
from sandbox.wrapper.ready import region


def main() -> int:
    """Prints the exports for the stack that the first argument names; starts the cloud if need be.

    Raises:
        SandboxError: there is no such stack, whose region the exports would name.
    """
    stack = sys.argv[1] if len(sys.argv) > 1 else None
    if stack is not None and not (ROOT / "stacks" / f"Pulumi.{stack}.yaml").is_file():
        raise SandboxError(f"no stack {stack!r}: there is no stacks/Pulumi.{stack}.yaml")
    aws = variables.aws(moto_process.ensure(places()).endpoint, region(stack))
    print(variables.exports({**aws, **variables.without_proxy(os.environ)}))
    return 0


if __name__ == "__main__":
    end_with(main)

"""The sandbox's `aws` resource provider: the types that the program uses, against the cloud on loopback.

The engine starts it as it starts the official provider. It speaks for the installed release of pulumi-aws
and reports its version, but implements its own small table of types and is strict: what it does not know is
an error that names it.
"""

import importlib.metadata

VERSION = importlib.metadata.version("pulumi-aws")
"""The pulumi-aws release whose property names this provider uses."""

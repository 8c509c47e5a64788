"""The sandbox's `aws` resource provider: the types that the program uses, against the cloud on loopback.

The engine starts it as it starts the official provider. It speaks for pulumi-aws 7.51.1 and reports that
version, but implements its own small table of types and is strict: what it does not know is an error that
names it.
"""

VERSION = "7.51.1"
"""The pulumi-aws release whose property names this provider uses."""

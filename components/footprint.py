"""What an environment takes that cannot change hands within one deployment, remembered to judge the next."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

Judge = Callable[[Mapping[str, Any]], None]
"""Gets what the last deployment took; raises when this one cannot follow it."""


@dataclass(frozen=True, kw_only=True)
class FootprintArgs:
    """`taken` are plain values, kept in the stack's state; `judge` is asked when they change.

    `environment` is part of the hook's name, which a program has once.
    """

    environment: str
    taken: Mapping[str, Any]
    judge: Judge


class Footprint(pulumi.ComponentResource):
    """Makes nothing. A preview fails at it already, and all that depends on it waits for its verdict.

    Pulumi makes what is new before it deletes what is old, and AWS refuses a second subnet or inside block
    in the place of the first: an update would stop half-way, after a green preview.
    """

    def __init__(self, name: str, args: FootprintArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        async def judge(hook: pulumi.ResourceHookArgs) -> None:
            args.judge(hook.old_inputs or {})

        hook = pulumi.ResourceHook(
            f"{args.environment}-{name}-judge", judge, pulumi.ResourceHookOptions(on_dry_run=True)
        )
        judged = pulumi.ResourceOptions(hooks=pulumi.ResourceHookBinding(before_update=[hook]))
        super().__init__(
            "aws-vpn:environment:Footprint",
            name,
            dict(args.taken),
            pulumi.ResourceOptions.merge(judged, opts),
        )
        self.register_outputs({})

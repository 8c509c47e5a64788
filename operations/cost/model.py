"""A month's cost as `aws-vpn cost --json` prints it and the report embeds it (its form: `cost.schema.json`).

`version` rises when a reader of the old form could not read the new one.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

from model.prices.estimate import Estimate
from model.prices.price_list import PriceList
from operations.status.model import State

VERSION = 1


class CostLine(State):
    """So many of a product in a component. `monthly` is US dollars; null where there is no price."""

    component: str
    product: str
    words: str
    count: float
    monthly: float | None


class Change(State):
    """What a component costs a month now and cost before, in US dollars."""

    component: str
    before: float
    after: float


class Cost(State):
    """A stack's month by AWS's list prices, without taxes, free tiers and discounts."""

    version: Literal[1] = VERSION
    stack: str
    region: str
    prices_of: date
    source: str
    lines: tuple[CostLine, ...]
    total: float
    """US dollars a month, without what has no price."""
    budget: float | None
    """What the stack file allows a month, without traffic."""
    by_use: tuple[str, ...]
    """What is charged by how much it is used, and is not in the total."""
    unpriced: tuple[str, ...]
    """Products and types of resources that have no price, and are not in the total."""
    against: str | None = None
    """What the changes are against; null when nobody asked."""
    changes: tuple[Change, ...] = ()


def cost_of(
    stack: str, made: Estimate, prices: PriceList, budget: float | None, before: tuple[str, Estimate] | None
) -> Cost:
    """The document of an estimate, and of what it is compared with."""
    nameless = [line.key for line in made.lines if line.monthly is None]
    return Cost(
        stack=stack,
        region=prices.region,
        prices_of=prices.date,
        source=prices.source,
        lines=tuple(
            CostLine(
                component=line.component,
                product=line.key,
                words=line.words,
                count=line.count,
                monthly=None if line.monthly is None else round(line.monthly, 2),
            )
            for line in made.lines
        ),
        total=round(made.total, 2),
        budget=budget,
        by_use=made.by_use,
        unpriced=tuple(sorted({*nameless, *made.unpriced})),
        against=None if before is None else before[0],
        changes=() if before is None else tuple(_changes(before[1], made)),
    )


def _changes(before: Estimate, after: Estimate) -> list[Change]:
    old, new = before.by_component, after.by_component
    return [
        Change(component=name, before=round(old.get(name, 0.0), 2), after=round(new.get(name, 0.0), 2))
        for name in sorted({*old, *new})
        if round(old.get(name, 0.0), 2) != round(new.get(name, 0.0), 2)
    ]

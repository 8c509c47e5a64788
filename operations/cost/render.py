"""A month's cost in words: for a terminal, and for a comment on a pull request."""

from __future__ import annotations

from collections.abc import Iterator

from model.prices.estimate import TRAFFIC
from operations.cost.model import Cost


def text(cost: Cost) -> str:
    """For a terminal: each component with what it is made of, then the sum."""
    lines = [f"{cost.stack} in {cost.region}, US dollars a month", ""]
    for component in _components(cost):
        own = [line for line in cost.lines if line.component == component]
        lines.append(f"{component:<58}{sum(line.monthly or 0 for line in own):>10.2f}")
        for line in own:
            amount = "no price" if line.monthly is None else f"{line.monthly:.2f}"
            lines.append(f"    {line.words:<36}{line.count:>8g}{amount:>10}")
    lines.append(f"{'all of it':<58}{cost.total:>10.2f}")
    return "\n".join([*lines, "", *_notes(cost)])


def markdown(cost: Cost) -> str:
    """For a pull request: the sum, what changes in it, and the components in a fold."""
    lines = [f"### Cost: {cost.stack}", ""]
    if cost.against is None:
        lines.append(f"**{_usd(cost.total)}** a month.")
    elif cost.changes:
        difference = sum(change.after - change.before for change in cost.changes)
        lines += [
            f"**{_usd(cost.total)}** a month, **{_signed(difference)}** against {cost.against}.",
            "",
            "| Component | Before | After | Difference |",
            "|---|---:|---:|---:|",
        ]
        lines += [
            f"| {change.component} | {_usd(change.before)} | {_usd(change.after)} "
            f"| {_signed(change.after - change.before)} |"
            for change in cost.changes
        ]
    else:
        lines.append(f"**{_usd(cost.total)}** a month, the same as {cost.against}.")
    if cost.budget is not None and _without_traffic(cost) > cost.budget:
        lines += ["", f"**Over its budget of {_usd(cost.budget)}.**"]
    lines += ["", "<details><summary>By component</summary>", ""]
    lines += ["| Component | What | How many | A month |", "|---|---|---:|---:|"]
    lines += [
        f"| {line.component} | {line.words} | {line.count:g}"
        f" | {'no price' if line.monthly is None else _usd(line.monthly)} |"
        for line in cost.lines
    ]
    return "\n".join([*lines, "", *(f"{note}  " for note in _notes(cost)), "", "</details>", ""])


def _without_traffic(cost: Cost) -> float:
    return sum(line.monthly or 0.0 for line in cost.lines if line.component != TRAFFIC)


def _components(cost: Cost) -> list[str]:
    sums: dict[str, float] = {}
    for line in cost.lines:
        sums[line.component] = sums.get(line.component, 0.0) + (line.monthly or 0.0)
    return sorted(sums, key=lambda name: (-sums[name], name))


def _notes(cost: Cost) -> Iterator[str]:
    if cost.changes:
        for change in cost.changes:
            yield (
                f"{change.component}: {change.after:.2f}, was {change.before:.2f} in {cost.against}"
                f" ({_signed(change.after - change.before)})"
            )
    elif cost.against is not None:
        yield f"no difference to {cost.against}"
    if cost.budget is not None:
        over = _without_traffic(cost) - cost.budget
        told = f", and {_usd(over)} over it" if over > 0 else ""
        yield f"budget: {_usd(cost.budget)} a month, without traffic{told}"
    if cost.unpriced:
        yield f"no price, and not in the sum: {', '.join(cost.unpriced)}"
    if cost.by_use:
        yield f"charged by use, and not in the sum unless guessed: {', '.join(cost.by_use)}"
    yield f"list prices of {cost.prices_of} ({cost.source}), without taxes, free tiers and discounts"


def _usd(amount: float) -> str:
    return f"${amount:,.2f}"


def _signed(amount: float) -> str:
    return f"{'-' if amount < 0 else '+'}${abs(amount):,.2f}"

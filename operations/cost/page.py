"""Makes docs/cost.md: what is typed here is words alone, every figure comes from the price lists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from model.prices.price_list import read_price_list, regions
from model.prices.products import product
from operations.cost.model import Cost

HEAD = """\
# What an environment costs

<!-- aws-vpn cost docs > docs/cost.md -->

```sh
aws-vpn cost --stack prod                              # a month, by component
aws-vpn cost --stack prod --out-gb 500 --logs-gb 20    # with traffic of your own guess
aws-vpn cost --stack prod --against deployed           # what a change makes of it
aws-vpn cost --stack prod --json                       # operations/cost/cost.schema.json
aws-vpn cost refresh --region eu-west-1                # prices from AWS's price list service
```

What is counted is what the stack file becomes: the program runs with every registration written down,
without an engine or an account. `--against deployed` counts the stack's state instead, `--against FILE`
another stack file; a pull request's comment has the difference to main's. Figures are US dollars for a month
of 730 hours at AWS's list prices, without taxes, free tiers, discounts and CPU credits. What has no price in
the file is named, and not guessed. What is charged by how much it is used is not in the sum, unless you
guess it:

| Guess | GB a month |
|---|---|
| `--out-gb` | that leave AWS: to sites through VPN connections, to OpenVPN clients, to the internet |
| `--between-zones-gb` | from one availability zone to another; charged at both ends |
| `--nat-gb` | through NAT gateways |
| `--logs-gb` | that hosts, tunnels and flow logs write to CloudWatch Logs |

An Elastic IP on a server takes the place of the address that the server came with, so that a pair of
servers has two.

`aws-vpn:monthlyBudget` in the stack file says what the environment may cost without traffic; the policy
`monthly-budget` holds it against every preview.
"""


def text(costs: Iterable[Cost]) -> str:
    """The page."""
    counted = list(costs)
    return "\n".join((HEAD, *_stacks(counted), "", *_watching(counted), "", *_prices(), ""))


def _stacks(costs: list[Cost]) -> Iterator[str]:
    yield "## The stacks here\n"
    yield "| Stack | Component | US dollars a month |"
    yield "|---|---|---:|"
    for cost in costs:
        sums: dict[str, float] = {}
        for line in cost.lines:
            sums[line.component] = sums.get(line.component, 0.0) + (line.monthly or 0.0)
        yield from (f"| `{cost.stack}` | {name} | {amount:.2f} |" for name, amount in sums.items())
        yield f"| `{cost.stack}` | **all of it** | **{cost.total:.2f}** |"


def _watching(costs: list[Cost]) -> Iterator[str]:
    """Dashboards, alarms and metrics, which are in the components above."""
    yield "Of these, what watches them ([monitoring](monitoring.md)):\n"
    yield "| Stack | What | Number | US dollars a month |"
    yield "|---|---|---:|---:|"
    for cost in costs:
        for key in ("dashboard", "alarm", "custom-metric"):
            lines = [line for line in cost.lines if line.product == key]
            count, monthly = sum(line.count for line in lines), sum(line.monthly or 0.0 for line in lines)
            yield f"| `{cost.stack}` | {product(key).words} | {count:g} | {monthly:.2f} |"


def _prices() -> Iterator[str]:
    yield "## Prices"
    for region in regions():
        prices = read_price_list(region)
        yield f"\n### {region}, {prices.date}\n"
        yield f"{prices.source}; the file is `model/prices/{region}.json`.\n"
        yield "| Product | US dollars | Published at |"
        yield "|---|---|---|"
        for key, price in sorted(prices.prices.items()):
            about = product(key)
            tiers = ", ".join(
                f"{tier.usd:g}" + (f" from {tier.begins_at:g}" if tier.begins_at else "")
                for tier in price.tiers
            )
            unit = "" if about.unit == "GB" else f" a {about.unit}"
            yield f"| {about.words} | {tiers}{unit} | <{price.source}> |"

"""A stack costs no more than its budget."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pulumi_policy import Severity
from pydantic import Field

from model.prices.charges import Registered
from model.prices.estimate import Estimate, estimate
from model.prices.price_list import NoPricesError, PriceList, read_price_list
from policy.facts.finding import Finding
from policy.facts.graph import Graph
from policy.facts.references import well_architected
from policy.facts.resource import Resource
from policy.facts.stack_files import monthly_budget
from policy.facts.values import decoded, plain
from policy.rules.rule import Level, Parameters, StackRule


class BudgetParameters(Parameters):
    """What a stack may cost whose file does not say so."""

    monthly_budget: Annotated[
        float, Field(gt=0, description="US dollars a month of a stack whose file names no monthlyBudget")
    ] = 1000
    prices_of: Annotated[
        str, Field(description="the region whose prices count where the provider names none")
    ] = "eu-central-1"


def _check_budget(graph: Graph, parameters: BudgetParameters) -> Iterator[Finding]:
    own = next((budget for stack in graph.stacks if (budget := monthly_budget(*stack)) is not None), None)
    budget = parameters.monthly_budget if own is None else own
    try:
        prices = read_price_list(_region(graph) or parameters.prices_of)
    except NoPricesError as error:
        if own is not None:
            yield Finding(message=f"what it costs is not known: {error}", undecided=True)
        return
    made = estimate(map(_registered, graph.resources), prices)
    if made.total > budget:
        yield Finding(message=_dearer(made, prices, budget))
    elif own is not None and (unpriced := _unpriced(made)):
        message = f"it costs ${made.total:,.2f} a month and more: there is no price of {', '.join(unpriced)}"
        yield Finding(message=message, undecided=True)


def _dearer(made: Estimate, prices: PriceList, budget: float) -> str:
    parts = ", ".join(f"{name} ${amount:,.2f}" for name, amount in made.by_component.items() if amount)
    return (
        f"it costs ${made.total:,.2f} a month at the list prices of {prices.date} in {prices.region}, without"
        f" traffic, and its budget is ${budget:,.2f}: {parts}"
    )


def _unpriced(made: Estimate) -> list[str]:
    return sorted({*(line.key for line in made.lines if line.monthly is None), *made.unpriced})


def _region(graph: Graph) -> str | None:
    """The region that the AWS provider of the stack's resources is for, where it is known."""
    for resource in graph.resources:
        if resource.type.startswith("aws:") and resource.provider_struct is not None:
            region = plain(decoded(resource.provider_struct).get("region"))
            if isinstance(region, str):
                return region
    return None


def _registered(resource: Resource) -> Registered:
    return Registered(
        urn=resource.urn,
        type=resource.type,
        name=resource.name,
        parent=resource.parent,
        properties=resource.properties_plain,
        refers_to=resource.property_dependencies,
    )


RULE = StackRule(
    name="monthly-budget",
    title="Within the budget",
    description="What a stack costs a month at list prices, without traffic, is within its budget, which is "
    "aws-vpn:monthlyBudget of its stack file.",
    level=Level.ADVISORY,
    severity=Severity.LOW,
    references=(well_architected("COST02-BP05", "cost-optimization-pillar/cost_govern_usage_controls.html"),),
    tags=("cost",),
    risk="A larger instance, or one site more than was planned, is noticed on the bill.",
    remediation="Take out what is not needed (aws-vpn cost --stack S shows it), or raise the budget.",
    parameters=BudgetParameters,
    check=_check_budget,
    bad="""
            berlin: {type: aws:ec2:VpnConnection, properties: {type: ipsec.1, tunnelBandwidth: large}}
            lisbon: {type: aws:ec2:VpnConnection, properties: {type: ipsec.1, tunnelBandwidth: large}}
            porto: {type: aws:ec2:VpnConnection, properties: {type: ipsec.1, tunnelBandwidth: large}}
        """,
    good="""
            berlin: {type: aws:ec2:VpnConnection, properties: {type: ipsec.1}}
            lisbon: {type: aws:ec2:VpnConnection, properties: {type: ipsec.1}}
            porto: {type: aws:ec2:VpnConnection, properties: {type: ipsec.1}}
        """,
)

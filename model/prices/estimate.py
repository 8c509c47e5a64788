"""What a stack's resources cost in a month, by component."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from model.prices import charges
from model.prices.charges import Charge, Registered
from model.prices.price_list import PriceList
from model.prices.products import INSTANCE, product

STACK_TYPE = "pulumi:pulumi:Stack"
ALONE = "(no component)"
TRAFFIC = "traffic, as guessed"


@dataclass(frozen=True)
class Line:
    """So many of a product in a component. `monthly` is US dollars, None where there is no price."""

    component: str
    key: str
    count: float
    monthly: float | None

    @property
    def words(self) -> str:
        """What the product is."""
        return words(self.key)


@dataclass(frozen=True)
class Estimate:
    """A stack's month. `by_use` is charged by how much it is used; of `unpriced` types nothing is known."""

    lines: tuple[Line, ...]
    by_use: tuple[str, ...]
    unpriced: tuple[str, ...]

    @property
    def total(self) -> float:
        """US dollars a month, without what has no price."""
        return sum(line.monthly or 0.0 for line in self.lines)

    @property
    def by_component(self) -> dict[str, float]:
        """US dollars a month of each component, the dearest first."""
        found: Counter[str] = Counter()
        for line in self.lines:
            found[line.component] += line.monthly or 0.0  # pyright: ignore[reportArgumentType]
        return dict(sorted(cast("Mapping[str, float]", found).items(), key=lambda one: (-one[1], one[0])))


def words(key: str) -> str:
    """What a key stands for; also one that the list of products does not have."""
    try:
        return product(key).words
    except KeyError:
        return key


def estimate(
    resources: Iterable[Registered], prices: PriceList, traffic: Mapping[str, float] | None = None
) -> Estimate:
    """What resources cost a month, and what so many GB of `traffic` (by the keys of products) cost."""
    known = {resource.urn: resource for resource in resources}
    counts: Counter[tuple[str, str]] = Counter()
    for resource in known.values():
        for charge in _charges(resource, known):
            counts[component_of(resource, known), charge.key] += charge.count  # pyright: ignore[reportArgumentType]
    _displace(counts, known)
    lines = [
        Line(component, key, count, prices.monthly(key, count))
        for (component, key), count in sorted(counts.items())
        if count
    ]
    lines += [Line(TRAFFIC, key, gb, prices.monthly(key, gb)) for key, gb in (traffic or {}).items() if gb]
    types = {resource.type for resource in known.values()}
    return Estimate(
        lines=tuple(lines),
        by_use=tuple(sorted({charges.BY_USE[type_] for type_ in types if type_ in charges.BY_USE})),
        unpriced=tuple(sorted(filter(_is_unpriced, types))),
    )


def component_of(resource: Registered, known: Mapping[str, Registered]) -> str:
    """The outermost component that a resource is part of."""
    name, parent = ALONE, known.get(resource.parent)
    while parent is not None and parent.type != STACK_TYPE:
        name, parent = parent.name, known.get(parent.parent)
    return name


def _charges(resource: Registered, known: Mapping[str, Registered]) -> Iterator[Charge]:
    if resource.type == charges.AUTO_SCALING_GROUP:
        yield from _group(resource, known)
    elif resource.type in charges.CHARGES:
        yield from charges.CHARGES[resource.type](resource.properties)


def _group(group: Registered, known: Mapping[str, Registered]) -> Iterator[Charge]:
    """What a group's instances are charged for: those it is meant to have, of its launch template."""
    templates = [known[urn] for urn in group.refers_to.get("launchTemplate", ()) if urn in known]
    template = next((one for one in templates if one.type == charges.LAUNCH_TEMPLATE), None)
    size = group.properties.get("desiredCapacity", group.properties.get("minSize", 1))
    if template is None or not isinstance(size, int | float):
        yield Charge(INSTANCE + charges.NOT_KNOWN)
        return
    for charge in charges.launched(template.properties):
        yield Charge(charge.key, charge.count * size)


def _displace(counts: Counter[tuple[str, str]], known: Mapping[str, Registered]) -> None:
    """An Elastic IP on an instance takes the place of the address that the instance came with.

    AWS releases that one as soon as the Elastic IP is associated (Elastic IP addresses, EC2's user guide),
    so that a pair of servers has two addresses and not three. A NAT gateway's Elastic IP is its only one.
    """
    elastic: Counter[str] = Counter()
    own: Counter[str] = Counter()
    for resource in known.values():
        component = component_of(resource, known)
        if resource.type == charges.ELASTIC_IP:
            elastic[component] += 1
        elif resource.type == charges.NAT_GATEWAY:
            elastic[component] -= 1
        elif resource.type == "aws:ec2/instance:Instance":
            own[component] += resource.properties.get("associatePublicIpAddress") is True
    for component, addresses in elastic.items():
        counts[component, "public-ipv4"] -= max(0, min(addresses, own[component]))


def _is_unpriced(type_: str) -> bool:
    return not (type_ in charges.CHARGES or type_ in charges.BY_USE or charges.is_free(type_))

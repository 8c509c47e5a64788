"""What is different from the last report, in words."""

from __future__ import annotations

from collections.abc import Iterator

from operations.report.model import Environment, Report


def changes(before: Report, after: Report) -> Iterator[str]:
    """One line a difference: environments, then ranges."""
    old = {one.stack: one for one in before.environments}
    new = {one.stack: one for one in after.environments}
    for stack in sorted({*old, *new}):
        if stack not in new:
            yield f"{stack}: not in this report any more"
        elif stack not in old:
            yield f"{stack}: new in this report"
        else:
            yield from (f"{stack}: {line}" for line in differences(old[stack], new[stack]))
    yield from _between(_ranges(before), _ranges(after))


def differences(before: Environment, after: Environment) -> Iterator[str]:
    """What is otherwise in one environment, a line a difference."""
    yield from _between(_facts(before), _facts(after))


def _ranges(report: Report) -> dict[str, str]:
    return {f"range {one.cidr} of {one.owner} in {one.stack}": "" for one in report.ranges}


def _between(old: dict[str, str], new: dict[str, str]) -> Iterator[str]:
    for fact in sorted({*old, *new}):
        if fact not in new:
            yield f"{fact}: gone"
        elif fact not in old:
            yield f"{fact}: new" + (f", {new[fact]}" if new[fact] else "")
        elif old[fact] != new[fact]:
            yield f"{fact}: {new[fact]}, was {old[fact]}"


def _facts(one: Environment) -> dict[str, str]:
    """What of an environment is compared, by what it is called."""
    facts = {"VPC": one.cidr, "region": one.region, "NAT": one.nat}
    facts |= {f"zone {zone.zone}": f"{zone.public} and {zone.private}" for zone in one.zones}
    for site in one.sites:
        routing = "static" if site.bgp_asn is None else f"BGP {site.bgp_asn}"
        facts[f"site {site.name}"] = f"{site.public_ip} {routing} {', '.join(site.lan_cidrs)}"
    for tunnel in one.open_vpn:
        facts[f"OpenVPN {tunnel.name}"] = (
            f"{tunnel.client_pool} {tunnel.protocol}/{tunnel.port} to {', '.join(tunnel.permitted)}"
        )
    if one.cost is not None:
        facts["cost a month"] = f"{one.cost.total:.2f} US dollars"
    for site in one.state.sites if one.state else ():
        for i, tunnel in enumerate(site.tunnels, 1):
            facts[f"{site.name}'s tunnel {i}"] = "up" if tunnel.up else "down"
    for pair in one.state.pairs if one.state else ():
        facts[f"holder of {pair.name}"] = pair.holder or "unknown"
    return facts

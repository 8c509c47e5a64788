"""The topology and what changes in it, as Markdown: GitHub draws the picture in a comment (Mermaid)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from operations.report.changes import differences
from operations.report.model import Environment, Report

STYLES = """\
  classDef added fill:#dafbe1,stroke:#1a7f37,color:#1f2328
  classDef gone fill:#ffebe9,stroke:#cf222e,color:#1f2328,stroke-dasharray:4
  classDef changed fill:#fff8c5,stroke:#9a6700,color:#1f2328"""


def summary(before: Report | None, after: Report) -> str:
    """Each environment's picture, with what is new, gone or otherwise marked, then the changes in words."""
    old = {one.stack: one for one in before.environments} if before else {}
    return "\n".join(line for one in after.environments for line in _environment(old.get(one.stack), one))


def _environment(before: Environment | None, after: Environment) -> Iterator[str]:
    changes = [] if before is None else list(differences(before, after))
    yield f"### Topology: {after.stack}\n"
    if before is None:
        yield "There is nothing to compare it with.\n"
    elif changes:
        yield from (f"- {change}" for change in changes)
        yield ""
    else:
        yield "Nothing changes in it.\n"
    yield "<details><summary>Picture: green is new, red goes, yellow is otherwise</summary>\n"
    yield "```mermaid"
    yield "flowchart LR"
    yield from _nodes(before, after)
    yield STYLES
    yield "```\n"
    yield "</details>\n\n"


def _nodes(before: Environment | None, after: Environment) -> Iterator[str]:
    new, old = _things(after), _things(before) if before else None
    yield f'  vpc["VPC {after.cidr}<br>{after.region}"]{_mark("vpc", new, old)}'
    for name in sorted({*new, *(old or {})} - {"vpc"}):
        text = new.get(name) or (old or {})[name]
        yield f'  {_id(name)}["{_escaped(text)}"]{_mark(name, new, old)} --- vpc'


def _things(one: Environment) -> dict[str, str]:
    """What is drawn, by a name that stays: its text changes when the thing does."""
    things = {"vpc": f"{one.cidr} {one.region}"}
    for site in one.sites:
        routing = "static" if site.bgp_asn is None else f"BGP {site.bgp_asn}"
        lans = ", ".join(site.lan_cidrs)
        things[f"site {site.name}"] = (
            f"site {site.name}<br>{site.public_ip or 'certificate'}, {routing}<br>{lans}"
        )
    for tunnel in one.open_vpn:
        offices = "".join(
            f"<br>office {office.name}: {', '.join(office.lan_cidrs)}" for office in tunnel.offices
        )
        things[f"openvpn {tunnel.name}"] = (
            f"OpenVPN {tunnel.name}<br>{tunnel.client_pool}, {tunnel.protocol}/{tunnel.port}"
            f"<br>to {', '.join(tunnel.permitted)}{offices}"
        )
    for zone in one.zones:
        things[f"zone {zone.zone}"] = f"{zone.zone}<br>{zone.public}<br>{zone.private}"
    if one.nat != "none":
        things["nat"] = f"NAT: {one.nat}"
    return things


def _mark(name: str, new: dict[str, str], old: dict[str, str] | None) -> str:
    if old is None or old.get(name) == new.get(name):
        return ""
    return ":::added" if name not in old else ":::gone" if name not in new else ":::changed"


def _id(name: str) -> str:
    return re.sub(r"\W", "_", name)


def _escaped(text: str) -> str:
    return text.replace('"', "#quot;")

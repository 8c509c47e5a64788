"""Makes the page: one HTML file with everything in it, and the data beside it."""

from __future__ import annotations

from importlib.resources import files
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

from jinja2 import Environment as Templates
from jinja2 import FunctionLoader, StrictUndefined
from markupsafe import Markup

from operations.report.gather import PRIVATE
from operations.report.model import Environment, Report
from operations.report.topology.picture import picture

PAGE, DATA = "index.html", "report.json"


def page(report: Report) -> str:
    """The page's HTML."""
    return _filled(
        "page.html.j2",
        report=report,
        pictures=[(environment, picture(environment)) for environment in report.environments],
        map_data=_map(report),
        style=_own("style.css"),
        script=_own("script.js"),
    )


def topology(environment: Environment) -> str:
    """An environment's picture alone, as a file of its own."""
    return _filled("topology.svg.j2", environment=environment, drawn=picture(environment), standalone=True)


def write(report: Report, folder: Path) -> Path:
    """Write page and data into the folder, which is made if it is missing; returns the page's path."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / DATA).write_text(report.model_dump_json(by_alias=True, indent=1), encoding="utf-8")
    for environment in report.environments:
        (folder / f"{environment.stack}.svg").write_text(topology(environment), encoding="utf-8")
    (folder / PAGE).write_text(page(report), encoding="utf-8")
    return folder / PAGE


def _filled(template: str, **values: object) -> str:
    templates = Templates(
        loader=FunctionLoader(_text), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return templates.get_template(template).render(look=_own("picture.css"), **values)


def _own(name: str) -> Markup:
    """A file of this project, which nothing of a stack gets into: not to be escaped."""
    return Markup(_text(name))  # noqa: S704


def _text(name: str) -> str:
    return files("operations.report").joinpath("page", name).read_text("utf-8")


def _map(report: Report) -> dict[str, Any]:
    """Ranges as numbers, for the map; IPv6 has none."""
    return {
        "blocks": [_span(str(block)) for block in PRIVATE],
        "ranges": [
            {**_span(one.cidr), "owner": one.owner, "stack": one.stack}
            for one in report.ranges
            if ":" not in one.cidr
        ],
    }


def _span(cidr: str) -> dict[str, Any]:
    network = IPv4Network(cidr)
    return {"cidr": cidr, "first": int(network.network_address), "size": network.num_addresses}

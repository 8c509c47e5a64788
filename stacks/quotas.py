"""What AWS limits and settings can exceed, each by the name that Service Quotas has for it.

Limits that no request can raise are problems, and so are those whose default hardly any account has changed;
what an account may well have raised is advice, as only the account knows (`aws-vpn preflight` asks it).
Sources: "Site-to-Site VPN quotas", "Amazon VPC quotas" (routes: 500 by default since June
2025, 1,000 at most).
"""

from __future__ import annotations

from collections.abc import Iterator

from model.dashboard_body import Kind, Shown, ShownSite, dashboard_body, metrics_of
from model.names import PROJECT, ROLE_NAME_LIMIT, STACK_NAME, EnvironmentNames
from stacks.sections.section import Problem
from stacks.settings import Settings

MOST_PROPAGATED_ROUTES = 100
"""Propagated routes in a route table; not adjustable."""

MOST_ROUTES, DEFAULT_ROUTES = 1000, 500
"""Other routes in a route table, and without a request."""

MOST_ROUTE_TABLES = 80
"""Route tables that a failover monitor may be let change routes in: its role names each by its ARN of some 75
characters, and the policies in a role end at 10,240 ("IAM and AWS STS quotas"; not adjustable)."""

MOST_WIDGETS, MOST_DASHBOARD_METRICS = 500, 2500
"""Widgets on a dashboard, and metrics in all of them ("CloudWatch service quotas"; not adjustable)."""

MOST_ALARMS_OF_A_PAIR = 13
"""Alarms of an OpenVPN tunnel; NAT instances have fewer."""

DEFAULT_ELASTIC_IPS = 5
"""Elastic IP addresses in a region, of all stacks of an account together."""


def problems(settings: Settings) -> Iterator[Problem]:
    """What no account can have."""
    propagated = _propagated_routes(settings)
    if propagated > MOST_PROPAGATED_ROUTES:
        yield Problem(
            "hardwareVpn.sites",
            f"{propagated} LANs",
            f"at most {MOST_PROPAGATED_ROUTES} LANs of all sites, as wider blocks if need be: AWS propagates"
            " no more routes into a route table (quota: propagated routes per route table)",
        )
    tables = settings.network.existing.route_tables if settings.network.existing else None
    if settings.open_vpn and tables is not None and len(tables) > MOST_ROUTE_TABLES:
        yield Problem(
            "network.existing.routeTables",
            f"{len(tables)} tables",
            f"at most {MOST_ROUTE_TABLES} beside OpenVPN tunnels: a monitor's role names each, and"
            " an IAM role's policies end at 10,240 characters",
        )
    yield from _dashboard_problems(settings)
    routes = _static_routes(settings)
    if routes > MOST_ROUTES:
        yield Problem(
            "openVpn",
            f"{routes} routes",
            f"at most {MOST_ROUTES} routes to client pools and offices, as wider blocks if need be: a route"
            " table takes no more (quota: routes per route table)",
        )


def _dashboard_problems(settings: Settings) -> Iterator[Problem]:
    widgets, metrics = _on_the_dashboard(settings)
    if widgets > MOST_WIDGETS or metrics > MOST_DASHBOARD_METRICS:
        yield Problem(
            "monitoring.dashboard",
            True,
            f"false: a dashboard has at most {MOST_WIDGETS} widgets and {MOST_DASHBOARD_METRICS} metrics, and"
            f" these sites and tunnels would take {widgets} and {metrics}",
        )


def _on_the_dashboard(settings: Settings) -> tuple[int, int]:
    if not settings.monitoring.dashboard:
        return 0, 0
    sites = settings.hardware_vpn.sites if settings.hardware_vpn else ()
    pairs: dict[str, Kind] = {tunnel.name: "openvpn" for tunnel in settings.open_vpn}
    if settings.nat.mode == "instances":
        pairs["nat"] = "nat"
    gateways = settings.network.availability_zones if settings.nat.mode == "gateways" else ()
    body = dashboard_body(
        Shown(
            environment="",
            region=settings.region,
            sites=[
                ShownSite(name=site.name, vpn_connection_id="", outside_addresses=("", "")) for site in sites
            ],
            pairs=pairs,
            nat_gateways=dict.fromkeys(gateways, ""),
            alarm_arns=[""] * (2 * len(sites) + MOST_ALARMS_OF_A_PAIR * len(pairs)),
        )
    )
    return len(body["widgets"]), len(metrics_of(body))


def advice(settings: Settings) -> Iterator[str]:
    """What an account has only after a request."""
    routes = _static_routes(settings)
    if DEFAULT_ROUTES < routes <= MOST_ROUTES:
        yield (
            f"a route table gets {routes} routes; AWS allows {DEFAULT_ROUTES} unless the quota"
            " 'Routes per route table' was raised"
        )
    addresses = _elastic_ips(settings)
    if addresses > DEFAULT_ELASTIC_IPS:
        yield (
            f"the stack needs {addresses} Elastic IPs; a region has {DEFAULT_ELASTIC_IPS} for all stacks"
            " unless the quota 'EC2-VPC Elastic IPs' was raised"
        )


def _propagated_routes(settings: Settings) -> int:
    sites = settings.hardware_vpn.sites if settings.hardware_vpn else ()
    return len({lan for site in sites for lan in site.lan_cidrs})


def _static_routes(settings: Settings) -> int:
    """Routes of one private table: the VPC's own, the default, and each tunnel's pool and offices."""
    behind = sum(1 + sum(len(office.lan_cidrs) for office in tunnel.offices) for tunnel in settings.open_vpn)
    return 1 + (settings.nat.mode != "none") + behind


def _elastic_ips(settings: Settings) -> int:
    by_mode = {"none": 0, "gateways": len(settings.network.availability_zones), "instances": 1}
    return len(settings.open_vpn) + by_mode[settings.nat.mode]


def name_problems(stack: str, settings: Settings) -> Iterator[Problem]:
    """Names that AWS would refuse when half of the environment stands."""
    if not STACK_NAME.fullmatch(stack):
        yield Problem("stack", stack, "a name of letters, digits, - and _, 40 at most: SNS takes no other")
        return
    names = EnvironmentNames(stack)
    for i, tunnel in enumerate(settings.open_vpn):
        excess = len(names.of(f"openvpn-{tunnel.name}-monitor")) - ROLE_NAME_LIMIT
        if excess > 0:
            yield Problem(
                f"{PROJECT}:openVpn[{i}].name",
                tunnel.name,
                f"shorter by {excess}, as the stack is called {stack}: an IAM role's name ends at"
                f" {ROLE_NAME_LIMIT} characters",
            )

"""What people have who have had a VPN for years: each set-up is made through boto3 alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from labs.vpns_by_hand import Account

OLD_OPTIONS: Mapping[str, Any] = {
    "IKEVersions": [{"Value": "ikev1"}],
    "Phase1EncryptionAlgorithms": [{"Value": "AES128"}],
    "Phase1IntegrityAlgorithms": [{"Value": "SHA1"}],
    "Phase1DHGroupNumbers": [{"Value": 2}],
    "Phase1LifetimeSeconds": 28800,
    "Phase2EncryptionAlgorithms": [{"Value": "AES128"}],
    "Phase2IntegrityAlgorithms": [{"Value": "SHA1"}],
    "Phase2DHGroupNumbers": [{"Value": 2}, {"Value": 5}],
    "Phase2LifetimeSeconds": 3600,
    "DPDTimeoutSeconds": 60,
    "DPDTimeoutAction": "none",
}
"""IKEv1 with what a router of 2012 could do."""

KEY = "Legacy.Key_2012"


def one_site(account: Account) -> str:
    """What the console makes when everything is left as it is offered."""
    vpc = account.vpc()
    table = account.subnet(vpc, "10.60.1.0/24")
    vpg = account.vpg(vpc)
    account.connection(vpg, account.gateway())
    account.propagate(vpg, table)
    return vpc


def ten_sites(account: Account) -> str:
    """As many as a VPG takes."""
    vpc = account.vpc()
    vpg = account.vpg(vpc, 64600)
    account.propagate(vpg, account.subnet(vpc, "10.60.1.0/24"))
    for number in range(10):
        gateway = account.gateway(f"203.0.113.{20 + number}")
        account.connection(vpg, gateway, name=f"branch {number}", routes=[f"192.168.{number}.0/24"])
    return vpc


def bgp_and_static(account: Account) -> str:
    """A router that announces its networks beside one that does not, another one's ASN of four bytes."""
    vpc = account.vpc()
    vpg = account.vpg(vpc, 4200000001)
    account.propagate(vpg, account.subnet(vpc, "10.60.1.0/24"))
    account.connection(vpg, account.gateway("203.0.113.31", 65010), name="Lisbon", routes=None)
    account.connection(vpg, account.gateway("203.0.113.32", 65011), name="Porto", routes=None)
    account.connection(vpg, account.gateway("203.0.113.33", 65123), name="Faro", routes=["192.168.9.0/24"])
    return vpc


def certificate(account: Account) -> str:
    """A router without a fixed address, which proves itself with a certificate."""
    vpc = account.vpc()
    vpg = account.vpg(vpc)
    arn = "arn:aws:acm:eu-central-1:123456789012:certificate/7f0c2d1e-0000-4000-8000-000000000001"
    gateway = account.gateway(None, CertificateArn=arn)
    account.connection(vpg, gateway, name="Roaming")
    return vpc


def old_options(account: Account) -> str:
    """IKEv1, and a key that everybody knows; each tunnel otherwise."""
    vpc = account.vpc()
    vpg = account.vpg(vpc)
    first = {**OLD_OPTIONS, "PreSharedKey": KEY, "TunnelInsideCidr": "169.254.33.0/30"}
    second = {"PreSharedKey": KEY[::-1], "Phase1DHGroupNumbers": [{"Value": 2}], "StartupAction": "start"}
    account.connection(vpg, account.gateway(), tunnels=[first, second])
    return vpc


def shared_gateway(account: Account) -> str:
    """One customer gateway for two VPCs."""
    gateway = account.gateway("203.0.113.41")
    vpcs = [account.vpc("10.61.0.0/16", "first"), account.vpc("10.62.0.0/16", "second")]
    for vpc in vpcs:
        account.connection(account.vpg(vpc), gateway, name="shared")
    return vpcs[0]


def several_vpcs(account: Account) -> str:
    """Three VPCs, a VPG each; it is the second one that is adopted."""
    vpcs = [account.vpc(f"10.{70 + number}.0.0/16", f"team {number}") for number in range(3)]
    for number, vpc in enumerate(vpcs):
        gateway = account.gateway(f"203.0.113.{50 + number}")
        account.connection(account.vpg(vpc), gateway, name=f"team {number}")
    return vpcs[1]


def typed_routes(account: Account) -> str:
    """Nothing is propagated: each route was typed into the table."""
    vpc = account.vpc()
    table = account.subnet(vpc, "10.60.1.0/24")
    vpg = account.vpg(vpc)
    account.connection(vpg, account.gateway())
    account.ec2.create_route(RouteTableId=table, DestinationCidrBlock="192.168.160.0/24", GatewayId=vpg)
    return vpc


def no_propagation(account: Account) -> str:
    """Neither propagated nor typed: somebody has not finished."""
    vpc = account.vpc()
    account.subnet(vpc, "10.60.1.0/24")
    account.connection(account.vpg(vpc), account.gateway())
    return vpc


def secondary_blocks(account: Account) -> str:
    """A VPC that grew, with subnets in two blocks."""
    vpc = account.vpc(more=("10.63.0.0/16", "100.64.0.0/16"))
    account.subnet(vpc, "10.60.1.0/24")
    table = account.subnet(vpc, "10.63.1.0/24", "eu-central-1b")
    vpg = account.vpg(vpc)
    account.propagate(vpg, table)
    account.connection(vpg, account.gateway())
    return vpc


def public_in_one_zone(account: Account) -> str:
    """Three zones, of which one has public subnets, and several private ones."""
    vpc = account.vpc()
    account.subnet(vpc, "10.60.0.0/24", public=True)
    for number, zone in enumerate(("a", "a", "b", "c")):
        account.subnet(vpc, f"10.60.{10 + number}.0/24", f"eu-central-1{zone}")
    account.connection(account.vpg(vpc), account.gateway())
    return vpc


def detached_vpg(account: Account) -> str:
    """A VPG that was taken off a VPC and forgotten, with its connection, beside the one in use."""
    vpc = account.vpc()
    forgotten = account.vpg(None, name="forgotten")
    account.connection(forgotten, account.gateway("203.0.113.61"), name="forgotten")
    account.connection(account.vpg(vpc), account.gateway("203.0.113.62"))
    return vpc


def deleted_but_listed(account: Account) -> str:
    """Connections that AWS shows for an hour after they were deleted."""
    vpc = account.vpc()
    vpg = account.vpg(vpc)
    gone = account.connection(vpg, account.gateway("203.0.113.63"), name="gone")
    account.ec2.delete_vpn_connection(VpnConnectionId=gone)
    account.connection(vpg, account.gateway("203.0.113.64"), name="there")
    return vpc


def odd_tags(account: Account) -> str:
    """Names that are no names here, one of them twice, and another tool's tags."""
    vpc = account.vpc(name="VPC (do not touch!!)")
    vpg = account.vpg(vpc, name="Büro / Zürich")
    account.tag(vpg, None, **{"managed-by": "Terraform v0.12"})
    for number, name in enumerate(
        ("1. HQ -- Zürich (main building), rack 7", "1. HQ -- Zürich (main building)")
    ):
        ident = account.connection(
            vpg, account.gateway(f"203.0.113.{70 + number}"), name=name, routes=[f"192.168.{number}.0/24"]
        )
        account.tag(ident, None, Note="wird 2019 abgelöst", Empty="")
    return vpc


def no_names(account: Account) -> str:
    """Nothing has a name."""
    vpc = account.vpc(name=None)
    vpg = account.vpg(vpc)
    account.connection(vpg, account.gateway("203.0.113.81"), name=None, routes=["192.168.1.0/24"])
    account.connection(vpg, account.gateway("203.0.113.82"), name=None, routes=["192.168.2.0/24"])
    return vpc


def hidden_keys(account: Account) -> str:
    """The keys are in Secrets Manager."""
    vpc = account.vpc()
    more = {"PreSharedKeyStorage": "SecretsManager"}
    account.connection(account.vpg(vpc), account.gateway(), more=more)
    return vpc


def redundant_routers(account: Account) -> str:
    """Two routers in front of one LAN."""
    vpc = account.vpc()
    vpg = account.vpg(vpc)
    for number in (91, 92):
        account.connection(vpg, account.gateway(f"203.0.113.{number}"), name=f"hq router {number}")
    return vpc


def beyond_settings(account: Account) -> str:
    """What no setting has: selectors and a fuzz of nothing; and no route at all."""
    vpc = account.vpc()
    tunnel = {"RekeyFuzzPercentage": 0, "EnableTunnelLifecycleControl": True, "RekeyMarginTimeSeconds": 60}
    options = {"LocalIpv4NetworkCidr": "10.60.0.0/16", "RemoteIpv4NetworkCidr": "192.168.0.0/16"}
    account.connection(account.vpg(vpc), account.gateway(), tunnels=[tunnel, {}], options=options, routes=[])
    return vpc


def logs_and_alarms(account: Account) -> str:
    """Logs into a group of the owner's, a tunnel with BGP's, and an alarm of the owner's."""
    vpc = account.vpc()
    vpg = account.vpg(vpc)
    group = "arn:aws:logs:eu-central-1:123456789012:log-group:vpn-2019"
    logs = {"LogEnabled": True, "LogGroupArn": group, "LogOutputFormat": "text"}
    bgp = {"BgpLogEnabled": True, "BgpLogGroupArn": group, "BgpLogOutputFormat": "json"}
    tunnels = [{"LogOptions": {"CloudWatchLogOptions": one}} for one in (logs, {**logs, **bgp})]
    ident = account.connection(vpg, account.gateway(asn=65020), tunnels=tunnels, routes=None)
    account.alarm(ident, "VPN down!!")
    return vpc


SET_UPS: tuple[Callable[[Account], str], ...] = (
    one_site,
    ten_sites,
    bgp_and_static,
    certificate,
    old_options,
    shared_gateway,
    several_vpcs,
    typed_routes,
    no_propagation,
    secondary_blocks,
    public_in_one_zone,
    detached_vpg,
    deleted_but_listed,
    odd_tags,
    no_names,
    hidden_keys,
    redundant_routers,
    beyond_settings,
    logs_and_alarms,
)
"""Each makes a VPN and tells the VPC to adopt."""

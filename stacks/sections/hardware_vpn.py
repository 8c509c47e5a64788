"""The `hardwareVpn` section: the VPG and the sites that connect to it over IPsec."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from ipaddress import IPv4Network
from typing import Annotated, Literal, cast

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, ValidationInfo
from pydantic_core import PydanticCustomError

from model.addresses import Address, Cidr
from model.constraints import Name, each_once, matching
from model.tunnel_options import InsideCidr, PresharedKey, TunnelOptions
from stacks.sections.adopted import AdoptedConnection, AdoptedVpg
from stacks.sections.section import Problem, RetentionDays, Section

DEFAULT_CONNECTION_QUOTA = 10
"""VPN connections of a VPG; adjustable ("Site-to-Site VPN quotas", L-B91E5754)."""

RESERVED_ASNS = {7224: "every region", 9059: "eu-west-1", 10124: "ap-northeast-1", 17943: "ap-southeast-1"}
"""ASNs that AWS reserves, and where ("Customer gateway options")."""

OLD_AMAZON_ASNS = frozenset((7224, 9059, 10124, 17493))
"""ASNs of VPGs that were made before July 2018; no new one gets them ("Virtual private gateway")."""


def _check_public_address(address: Address) -> Address:
    documentation = any(
        address in IPv4Network(block) for block in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")
    )
    if not (address.is_global or documentation) or address.is_multicast:
        raise PydanticCustomError("public_address", "the public IPv4 address of the site's router")
    return address


def _check_amazon_asn(asn: int) -> int:
    if asn not in OLD_AMAZON_ASNS and not (64512 <= asn <= 65534 or 4200000000 <= asn <= 4294967294):
        raise PydanticCustomError(
            "asn", "a private ASN: 64512 to 65534, or 4200000000 to 4294967294 (RFC 6996)"
        )
    return asn


def _check_site_asn(asn: int) -> int:
    if asn in RESERVED_ASNS:
        raise PydanticCustomError(
            "asn", "an ASN that AWS does not reserve ({where})", {"where": RESERVED_ASNS[asn]}
        )
    return asn


def _check_two(tunnels: object) -> object:
    if isinstance(tunnels, list | tuple) and len(cast("Sequence[object]", tunnels)) != 2:
        raise PydanticCustomError("two", "two tunnels: every VPN connection has them")
    return cast("object", tunnels)


def _check_sites(sites: object, info: ValidationInfo) -> object:
    count = len(cast("Sequence[object]", sites)) if isinstance(sites, list | tuple) else 1
    if not count:
        raise PydanticCustomError("none", "at least one site; without any, leave aws-vpn:hardwareVpn out")
    most = info.data.get("connection_quota", DEFAULT_CONNECTION_QUOTA)
    if count > most:
        raise PydanticCustomError(
            "too_many",
            "at most {most} sites: a VPG has no more VPN connections"
            " (quota: Site-to-Site VPN connections per virtual private gateway);"
            " connectionQuota says what it was raised to",
            {"most": most},
        )
    return cast("object", sites)


PublicAddress = Annotated[Address, AfterValidator(_check_public_address)]
CertificateArn = Annotated[
    str,
    matching(
        r"arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate/.+", "the ARN of a private certificate in ACM"
    ),
]


class Tunnel(TunnelOptions):
    """One tunnel of a site: what differs from the section's `tunnelDefaults`."""

    inside_cidr: InsideCidr | None = None
    """The tunnel's inside addresses: a /30 in 169.254.0.0/16 that AWS does not reserve, unique on the VPG.
    Left out, AWS chooses."""
    preshared_key: PresharedKey | None = None
    """The tunnel's key, 8 to 64 letters, digits, '.' and '_', not beginning with a zero; always encrypted
    (`pulumi config set --secret --path`). Left out, AWS makes one up. Taken out again, the last key stays in
    force: neither Pulumi nor AWS makes another for it."""


class Site(Section):
    """An office or data centre: its router, how routes are learned, and the LANs behind it.

    With `bgpAsn` routes are learned over BGP; without it AWS gets a static route to each of `lanCidrs`.
    Sites at one `location` are redundant routers in front of the same LANs.
    """

    name: Name
    """The site's name. Another name is another site: take the old one out and deploy, then put the new one
    in."""
    location: Name | None = None
    """Where the site is, its name if left out. Sites at one location are redundant routers in front of the
    same LANs."""
    public_ip: PublicAddress | None = None
    """The router's public address; or `certificateArn` for a router without a fixed one."""
    certificate_arn: CertificateArn | None = None
    """A private certificate in ACM, of the same region."""
    device_name: Annotated[str, StringConstraints(min_length=1, max_length=128)] | None = None
    """The router's name in AWS after the environment, as in `aws-vpn-dev-berlin-edge-1`; left out, the site's
    name."""
    bgp_asn: Annotated[int, Field(ge=1, le=4294967294), AfterValidator(_check_site_asn)] | None = None
    """The router's ASN. With it routes are learned over BGP; without it AWS gets a static route to each
    LAN."""
    lan_cidrs: Annotated[tuple[Cidr, ...], AfterValidator(each_once)]
    """The networks behind the router: one at least, unless the site was adopted and they are not known."""
    tunnels: Annotated[tuple[Tunnel, Tunnel], BeforeValidator(_check_two)] = (Tunnel(), Tunnel())
    """Exactly two, each with what differs from `tunnelDefaults`."""
    adopted: AdoptedConnection | None = None
    """The connection and customer gateway, where they were there before the stack. `aws-vpn adopt` writes
    this."""

    @property
    def place(self) -> str:
        """Where the site is: sites at one place share their LANs."""
        return self.location or self.name

    @property
    def is_static(self) -> bool:
        """Whether AWS gets the site's routes from us instead of learning them over BGP."""
        return self.bgp_asn is None

    def problems(self) -> Iterator[Problem]:
        """A router AWS can find, networks behind it, and tunnel starts that AWS can make."""
        if not self.lan_cidrs and self.adopted is None:
            yield Problem("lanCidrs", [], "at least 1 of them: the networks behind the router")
        if self.public_ip is None and self.certificate_arn is None:
            yield Problem(
                "publicIp", None, "the router's public address, or certificateArn for a router without one"
            )
        if self.public_ip is None:
            for i, tunnel in enumerate(self.tunnels):
                if "startup_action" in tunnel.model_fields_set and tunnel.startup_action == "start":
                    yield Problem(
                        f"tunnels[{i}].startupAction",
                        "start",
                        "add: AWS cannot call a router without publicIp",
                    )


class TunnelLogs(Section):
    """The tunnels' logs in CloudWatch: IKE negotiation and DPD messages."""

    output_format: Literal["json", "text"] = "json"
    """The logs' format."""
    retention_days: RetentionDays = 30
    """Days that the logs are kept (PutRetentionPolicy)."""


class HardwareVpnSettings(Section):
    """One VPG on the VPC, and a VPN connection of two tunnels to every site."""

    amazon_side_asn: Annotated[int, AfterValidator(_check_amazon_asn)] = 64512
    """The VPG's ASN, a private one (RFC 6996)."""
    preshared_key_storage: Literal["Standard", "SecretsManager"] = "Standard"
    """Where AWS keeps the pre-shared keys. From `SecretsManager` it shows none, so that a `presharedKey` of
    your own counts when the connection is made; later `aws-vpn roll keys` changes it."""
    critical_locations: tuple[Name, ...] = ()
    """Locations that must have two sites or more."""
    tunnel_logs: TunnelLogs = TunnelLogs()
    """Both tunnels' logs: IKE negotiation and DPD messages."""
    tunnel_defaults: TunnelOptions = TunnelOptions()
    """Options of all tunnels."""
    connection_quota: Annotated[int, Field(ge=DEFAULT_CONNECTION_QUOTA)] = DEFAULT_CONNECTION_QUOTA
    """What the account's quota "Site-to-Site VPN connections per virtual private gateway" was raised to."""
    adopted: AdoptedVpg | None = None
    """The VPG, where it was there before the stack. `aws-vpn adopt` writes this."""
    sites: Annotated[tuple[Site, ...], BeforeValidator(_check_sites)]
    """The sites that connect; no more than `connectionQuota`."""

    def tunnel_options(self, site: Site) -> tuple[TunnelOptions, TunnelOptions]:
        """The options in force for a site's two tunnels.

        AWS can only start the IKE negotiation towards a known address ("VPN tunnel initiation options"), so
        tunnels of a site with a certificate alone wait for the router.
        """
        first, second = (self.tunnel_defaults.overridden_by(tunnel) for tunnel in site.tunnels)
        if site.public_ip is None:
            waiting = {"startup_action": "add"}
            return first.model_copy(update=waiting), second.model_copy(update=waiting)
        return first, second

    def adopted_ids(self) -> tuple[str, ...]:
        """The VPG, connections and customer gateways that are taken over; a shared gateway is referred to."""
        if self.adopted is None:
            return ()
        of_sites = [site.adopted for site in self.sites if site.adopted]
        gateways = [one.customer_gateway_id for one in of_sites if not one.shared_gateway]
        return (self.adopted.vpg_id, *(one.vpn_connection_id for one in of_sites), *gateways)

    def problems(self) -> Iterator[Problem]:
        """Sites told apart, their inside blocks unique on the VPG, critical locations redundant."""
        for i, site in enumerate(self.sites):
            for problem in (*site.problems(), *self._site_problems(site)):
                yield problem.under(f"sites[{i}]")
        yield from self._repeated("name", [site.name for site in self.sites])
        yield from self._repeated("publicIp", [site.public_ip for site in self.sites])
        yield from self._inside_problems()
        yield from self._adoption_problems()
        routers = Counter(site.place for site in self.sites)
        for i, location in enumerate(self.critical_locations):
            if routers[location] < 2:
                yield Problem(
                    f"criticalLocations[{i}]",
                    location,
                    f"a location of two sites or more; it has {routers[location]}",
                )

    def _adoption_problems(self) -> Iterator[Problem]:
        if self.adopted is None and self.amazon_side_asn in OLD_AMAZON_ASNS:
            yield Problem("amazonSideAsn", self.amazon_side_asn, "a private ASN: no new VPG gets this one")
        for i, site in enumerate(self.sites):
            if site.adopted is not None and self.adopted is None:
                yield Problem(
                    f"sites[{i}].adopted",
                    site.adopted.vpn_connection_id,
                    "left out, or beside hardwareVpn.adopted: a connection is adopted with its VPG",
                )

    def _site_problems(self, site: Site) -> Iterator[Problem]:
        if site.bgp_asn == self.amazon_side_asn:
            yield Problem(
                "bgpAsn", site.bgp_asn, "another ASN than amazonSideAsn: BGP with AWS is external BGP"
            )
        for i, options in enumerate(self.tunnel_options(site)):
            if options.rekey_margin_time_seconds > options.phase2_lifetime_seconds // 2:
                yield Problem(
                    f"tunnels[{i}].rekeyMarginTimeSeconds",
                    options.rekey_margin_time_seconds,
                    f"at most half of phase2LifetimeSeconds, {options.phase2_lifetime_seconds // 2}",
                )
            if options.phase2_lifetime_seconds >= options.phase1_lifetime_seconds:
                yield Problem(
                    f"tunnels[{i}].phase2LifetimeSeconds",
                    options.phase2_lifetime_seconds,
                    f"less than phase1LifetimeSeconds, {options.phase1_lifetime_seconds}",
                )
            starts = options.startup_action == "start" and site.adopted is None
            if starts and options.ike_versions != ("ikev2",):
                yield Problem(
                    f"tunnels[{i}].startupAction",
                    "start",
                    "add, or ikeVersions [ikev2]: AWS starts IKEv2 only",
                )

    def _repeated(self, key: str, values: list[object]) -> Iterator[Problem]:
        for i, value in enumerate(values):
            if value is not None and value in values[:i]:
                yield Problem(
                    f"sites[{i}].{key}", value, f"another value than sites[{values.index(value)}] has"
                )

    def _inside_problems(self) -> Iterator[Problem]:
        first_seen: dict[IPv4Network, str] = {}
        for i, site in enumerate(self.sites):
            for j, tunnel in enumerate(site.tunnels):
                key = f"sites[{i}].tunnels[{j}].insideCidr"
                if tunnel.inside_cidr is None:
                    continue
                if tunnel.inside_cidr in first_seen:
                    yield Problem(
                        key,
                        tunnel.inside_cidr,
                        f"a block of its own; {first_seen[tunnel.inside_cidr]} has it",
                    )
                first_seen.setdefault(tunnel.inside_cidr, key)

"""A stack's settings as a whole: its sections, and the rules that hold between them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from model.addresses import StackClaim, overlaps
from model.constraints import each_once, matching
from model.ports import NAT_PROBE_PORT
from stacks.sections.hardware_vpn import HardwareVpnSettings
from stacks.sections.monitoring import MonitoringSettings
from stacks.sections.nat import NatSettings
from stacks.sections.network import NetworkSettings
from stacks.sections.openvpn import OpenVpnSettings
from stacks.sections.section import Problem, Section

Region = Annotated[str, matching(r"[a-z]{2}(-[a-z]+)+-\d", "a region's name, such as eu-central-1")]
TagKey = Annotated[
    str,
    matching(
        r"(?![aA][wW][sS]:)[\w .:/=+@-]{1,128}",
        "a tag key of at most 128 letters, digits, spaces and _ . : / = + - @, not starting with aws:",
    ),
]
TagValue = Annotated[
    str,
    matching(r"[\w .:/=+@-]{0,256}", "at most 256 letters, digits, spaces and _ . : / = + - @"),
]
"""Tags as "Tag your Amazon EC2 resources" restricts them."""

DebianRelease = Annotated[
    str,
    matching(r"\d{8}-\d{4,5}", "a release of Debian's cloud image, such as 20251006-2257"),
]
"""As Debian's images in EC2 end (wiki.debian.org/Cloud/AmazonEC2Image/Trixie)."""

OWN_TAGS = ("Name", "Project", "Environment", "Site", "Location", "Critical", "Tier")
"""Tags that this program sets itself."""

MOST_TAGS = 50 - len(OWN_TAGS)
"""What is left of the 50 tags that AWS allows on a resource."""

AccountId = Annotated[
    str,
    BeforeValidator(lambda given: str(given) if isinstance(given, int) else given),
    matching(r"\d{12}", "an AWS account's number, twelve digits in quotes"),
]
"""The engine hands a number of digits on as a number, if the first is not zero."""

Email = Annotated[str, matching(r"[^@\s]+@[^@\s]+\.[^@\s]+", "an e-mail address")]


class Alerts(Section):
    """Who is notified when a tunnel is down: the subscribers of the stack's SNS topic."""

    emails: Annotated[tuple[Email, ...], AfterValidator(each_once)] = ()
    """Who gets a mail, once each has confirmed the subscription."""
    tunnel_down_minutes: Literal[5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60] = 5
    """Minutes that a tunnel must be down before it is reported."""


class Settings(Section):
    """Everything a stack file says about an environment."""

    region: Region
    """The region (`aws:region`); every zone must be one of its own. Another region for a deployed stack is
    refused: it is another stack."""
    account: AccountId | None = None
    """The account that it belongs to, twelve digits in quotes: `aws-vpn preflight` refuses any other."""
    network: NetworkSettings
    """The VPC. Another `cidr` for a deployed stack is refused, and so are zones and subnets whose blocks are
    taken until the deployment ends."""
    hardware_vpn: HardwareVpnSettings | None = None
    """The VPG and its sites. Left out, there is no VPG."""
    open_vpn: tuple[OpenVpnSettings, ...] = ()
    """OpenVPN tunnels."""
    nat: NatSettings = NatSettings()
    """How private subnets reach the internet."""
    host_image: DebianRelease | None = None
    """A release of Debian's image for all hosts, such as `20251006-2257`: another one replaces them. Left
    out, hosts are made from the newest, and keep theirs."""
    alerts: Alerts = Alerts()
    """Who is notified when a tunnel is down."""
    monitoring: MonitoringSettings = MonitoringSettings()
    """What is shown of it, and to whom."""
    monthly_budget: Annotated[float, Field(gt=0, le=1_000_000, allow_inf_nan=False)] | None = None
    """US dollars a month that it may cost at list prices, without traffic: the policy `monthly-budget`."""
    tags: dict[TagKey, TagValue] = Field(default_factory=dict)
    """Tags of everything, at most 43. `Name`, `Project`, `Environment`, `Site`, `Location`, `Critical` and
    `Tier` are the program's own, in capitals or not."""
    deletion_protection: bool = False
    """Whether the VPG, the VPN connections and OpenVPN's secrets refuse to be deleted or replaced: deploy
    `false` before the change that does."""

    @property
    def has_hosts(self) -> bool:
        """Whether the stack has servers, which need public subnets."""
        return bool(self.open_vpn) or self.nat.mode == "instances"

    def claims(self) -> Iterator[StackClaim]:
        """Every range of addresses that the stack takes, by its key in the stack file."""
        for key, cidr in self.network.blocks():
            yield StackClaim(cidr, f"network.{key}", "", "vpc")
        for i, site in enumerate(self.hardware_vpn.sites if self.hardware_vpn else ()):
            for j, lan in enumerate(site.lan_cidrs):
                yield StackClaim(lan, f"hardwareVpn.sites[{i}].lanCidrs[{j}]", site.place, "site")
        for i, tunnel in enumerate(self.open_vpn):
            yield StackClaim(tunnel.client_pool, f"openVpn[{i}].clientPool", tunnel.name, "pool")
            for j, office in enumerate(tunnel.offices):
                for k, lan in enumerate(office.lan_cidrs):
                    key = f"openVpn[{i}].offices[{j}].lanCidrs[{k}]"
                    yield StackClaim(lan, key, office.name, "office")

    def problems(self) -> Iterator[Problem]:
        """What is wrong in each section, and between them."""
        for key, section in self._sections():
            for problem in section.problems():
                yield problem.under(key)
        yield from self._adoption_problems()
        yield from self._region_problems()
        yield from self._certificate_problems()
        yield from self._range_problems()
        yield from self._overlap_problems()
        yield from self._tunnel_problems()
        yield from self._port_problems()
        yield from self._tag_problems()

    def _sections(self) -> Iterator[tuple[str, Section]]:
        yield "network", self.network
        if self.hardware_vpn:
            yield "hardwareVpn", self.hardware_vpn
        for i, tunnel in enumerate(self.open_vpn):
            yield f"openVpn[{i}]", tunnel

    def _adoption_problems(self) -> Iterator[Problem]:
        adopted = self.hardware_vpn and self.hardware_vpn.adopted
        if adopted and self.network.existing is None:
            yield Problem("hardwareVpn.adopted.vpgId", adopted.vpg_id, "left out, or beside network.existing")

    def _region_problems(self) -> Iterator[Problem]:
        for i, zone in enumerate(self.network.availability_zones):
            if zone[:-1] != self.region:
                yield Problem(f"network.availabilityZones[{i}]", zone, f"a zone of {self.region}")

    def _certificate_problems(self) -> Iterator[Problem]:
        for i, site in enumerate(self.hardware_vpn.sites if self.hardware_vpn else ()):
            if site.certificate_arn and site.certificate_arn.split(":")[3] != self.region:
                yield Problem(
                    f"hardwareVpn.sites[{i}].certificateArn",
                    site.certificate_arn,
                    f"a certificate in {self.region}, where the customer gateway is",
                )

    def _port_problems(self) -> Iterator[Problem]:
        """Where servers listen already, another program cannot."""
        port = self.monitoring.metrics_port
        taken = [tunnel.listening_port for tunnel in self.open_vpn if tunnel.protocol == "tcp"]
        if self.nat.mode == "instances":
            taken.append(NAT_PROBE_PORT)
        if port in taken:
            yield Problem("monitoring.metricsPort", port, "a port where no tunnel and no NAT probe is")

    def _tag_problems(self) -> Iterator[Problem]:
        """Keys are compared as IAM does, which does not tell capitals from small letters (TagRole)."""
        if len(self.tags) > MOST_TAGS:
            yield Problem(
                "tags", f"{len(self.tags)} tags", f"at most {MOST_TAGS}: AWS allows 50 with our own"
            )
        taken = {key.casefold(): "this program sets it" for key in OWN_TAGS}
        for key, value in self.tags.items():
            if key.casefold() in taken:
                yield Problem(f"tags.{key}", value, f"left out: {taken[key.casefold()]}")
            taken.setdefault(key.casefold(), f"{key} is set, and IAM takes both for one")

    def _range_problems(self) -> Iterator[Problem]:
        for claim in self.claims():
            block = claim.network
            if block.is_loopback or block.is_link_local or block.is_multicast or block.is_reserved:
                yield Problem(
                    claim.key,
                    block,
                    "addresses of hosts: not loopback, link-local, multicast or reserved",
                )

    def _overlap_problems(self) -> Iterator[Problem]:
        for wider, narrower in overlaps(self.claims()):
            if not wider.is_shared_with(narrower):
                yield Problem(
                    narrower.key, narrower.network, f"a block that leaves {wider.key} ({wider.network}) alone"
                )

    def _tunnel_problems(self) -> Iterator[Problem]:
        zones = self.network.public_zones()
        for i, tunnel in enumerate(self.open_vpn):
            names = [other.name for other in self.open_vpn]
            if tunnel.name in names[:i]:
                yield Problem(f"openVpn[{i}].name", tunnel.name, "another name than the other tunnels have")
            for j, destination in enumerate(tunnel.permitted):
                known = ("vpc", *self.network.possible_names())
                if destination not in known:
                    yield Problem(f"openVpn[{i}].permitted[{j}]", destination, f"one of {', '.join(known)}")
            for problem in tunnel.failover.zone_problems(zones):
                yield problem.under(f"openVpn[{i}].failover")
        if self.nat.mode == "gateways" and self.network.existing:
            yield Problem(
                "nat.mode", "gateways", "none or instances: gateways in an existing VPC are its owner's"
            )
        if self.nat.mode == "instances":
            for problem in self.nat.failover.zone_problems(zones):
                yield problem.under("nat.failover")

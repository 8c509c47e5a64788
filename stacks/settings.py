"""A stack's settings as a whole: its sections, and the rules that hold between them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from model.addresses import Claim, overlaps
from model.constraints import each_once, matching
from stacks.sections.hardware_vpn import HardwareVpnSettings
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
    matching(r"\d{8}-\d{4,5}", "a release of Debian's cloud image, such as 20250814-2205"),
]
"""As Debian's images in EC2 end (wiki.debian.org/Cloud/AmazonEC2Image/Bookworm)."""

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
    """Who hears of a tunnel that is down: the subscribers of the stack's SNS topic."""

    emails: Annotated[tuple[Email, ...], AfterValidator(each_once)] = ()
    tunnel_down_minutes: Literal[5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60] = 5


class Settings(Section):
    """Everything a stack file says about an environment."""

    region: Region
    account: AccountId | None = None
    network: NetworkSettings
    hardware_vpn: HardwareVpnSettings | None = None
    open_vpn: tuple[OpenVpnSettings, ...] = ()
    nat: NatSettings = NatSettings()
    host_image: DebianRelease | None = None
    alerts: Alerts = Alerts()
    tags: dict[TagKey, TagValue] = Field(default_factory=dict)
    deletion_protection: bool = False

    def claims(self) -> Iterator[Claim]:
        """Every range of addresses that the stack takes, by its key in the stack file."""
        yield Claim(self.network.cidr, "network.cidr", "vpc")
        for i, site in enumerate(self.hardware_vpn.sites if self.hardware_vpn else ()):
            for j, lan in enumerate(site.lan_cidrs):
                yield Claim(lan, f"hardwareVpn.sites[{i}].lanCidrs[{j}]", f"location {site.place}")
        for i, tunnel in enumerate(self.open_vpn):
            yield Claim(tunnel.client_pool, f"openVpn[{i}].clientPool", f"pool {tunnel.name}")
            for j, office in enumerate(tunnel.offices):
                for k, lan in enumerate(office.lan_cidrs):
                    yield Claim(lan, f"openVpn[{i}].offices[{j}].lanCidrs[{k}]", f"office {office.name}")

    def problems(self) -> Iterator[Problem]:
        """What is wrong in each section, and between them."""
        for key, section in self._sections():
            for problem in section.problems():
                yield problem.under(key)
        yield from self._region_problems()
        yield from self._certificate_problems()
        yield from self._range_problems()
        yield from self._overlap_problems()
        yield from self._tunnel_problems()
        yield from self._tag_problems()

    def _sections(self) -> Iterator[tuple[str, Section]]:
        yield "network", self.network
        if self.hardware_vpn:
            yield "hardwareVpn", self.hardware_vpn
        for i, tunnel in enumerate(self.open_vpn):
            yield f"openVpn[{i}]", tunnel

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
            same_place = wider.owner == narrower.owner and wider.owner.startswith("location ")
            if not (same_place and wider.network == narrower.network):
                yield Problem(
                    narrower.key, narrower.network, f"a block that leaves {wider.key} ({wider.network}) alone"
                )

    def _tunnel_problems(self) -> Iterator[Problem]:
        zones = self.network.availability_zones
        for i, tunnel in enumerate(self.open_vpn):
            names = [other.name for other in self.open_vpn]
            if tunnel.name in names[:i]:
                yield Problem(f"openVpn[{i}].name", tunnel.name, "another name than the other tunnels have")
            for j, destination in enumerate(tunnel.permitted):
                known = ("vpc", *self.network.subnet_names())
                if destination not in known:
                    yield Problem(f"openVpn[{i}].permitted[{j}]", destination, f"one of {', '.join(known)}")
            for problem in tunnel.failover.zone_problems(zones):
                yield problem.under(f"openVpn[{i}].failover")
        if self.nat.mode == "instances":
            for problem in self.nat.failover.zone_problems(zones):
                yield problem.under("nat.failover")

"""Valid settings of every shape, drawn at random: what passes the checks must be deployable.

Ranges of addresses come from separate parts of RFC 1918 (the VPC from 10/8, LANs from 192.168/16, offices
from 172.20/14, client pools from 172.24/13), so that no draw is thrown away because two of them overlap.
"""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any

from hypothesis import strategies as st

Config = dict[str, Any]
"""What a stack file has under `config`: plain values by their full keys."""

REGION = "eu-central-1"
"""A region of three zones: one that there is not is for a preflight to find."""
ENCRYPTION = ("AES256", "AES256-GCM-16", "AES128", "AES128-GCM-16")
INTEGRITY = ("SHA2-256", "SHA2-384", "SHA2-512", "SHA1")
GROUPS = tuple(range(14, 25))
RETENTION_DAYS = st.sampled_from([1, 7, 30, 365, 3653])
NAMES = st.from_regex(r"[a-z](-?[a-z0-9]){0,9}", fullmatch=True)
DOMAIN_NAMES = st.sampled_from(["example.internal", "corp.example.com", "lan"])
PRESHARED_KEYS = st.from_regex(r"[1-9A-Za-z._][0-9A-Za-z._]{7,40}", fullmatch=True).filter(
    # A stack file's digits alone would be a number.
    lambda key: any(letter.isalpha() and letter.lower() not in "einfa" for letter in key)
)


@st.composite
def configurations(draw: st.DrawFn, *, most_sites: int = 10, most_tunnels: int = 3) -> Config:
    """A stack's configuration, all of whose settings are valid alone and together."""
    zone_count = draw(st.integers(1, 3))
    zones = [f"{REGION}{letter}" for letter in "abc"[:zone_count]]
    tunnels = draw(st.integers(0, most_tunnels)) if zone_count > 1 else 0
    config: Config = {"aws:region": REGION, "aws-vpn:network": draw(_networks(zones))}
    if draw(st.booleans()):
        config["aws-vpn:hardwareVpn"] = draw(_hardware_vpns(most_sites))
    if tunnels:
        names = draw(st.lists(NAMES, min_size=tunnels, max_size=tunnels, unique=True))
        config["aws-vpn:openVpn"] = [draw(_open_vpns(name, i, zones)) for i, name in enumerate(names)]
    modes = ["none", "gateways", "instances"] if zone_count > 1 else ["none", "gateways"]
    config["aws-vpn:nat"] = {"mode": draw(st.sampled_from(modes)), "logRetentionDays": draw(RETENTION_DAYS)}
    config["aws-vpn:tags"] = draw(
        st.dictionaries(NAMES.map(lambda name: f"x-{name}"), NAMES, min_size=0, max_size=5)
    )
    config["aws-vpn:deletionProtection"] = draw(st.booleans())
    if draw(st.booleans()):
        config["aws-vpn:monitoring"] = {"dashboard": draw(st.booleans()), "metricsPort": 9470}
    if draw(st.booleans()):
        config["aws-vpn:monthlyBudget"] = draw(st.integers(1, 1_000_000))
    return config


@st.composite
def _networks(draw: st.DrawFn, zones: list[str]) -> Config:
    prefix = draw(st.integers(16, 22))
    cidr = IPv4Network((10 << 24 | draw(st.integers(0, 255)) << 16, prefix))
    network: Config = {
        "cidr": str(cidr),
        "availabilityZones": zones,
        "flowLogs": {
            "traffic": draw(st.sampled_from(["ALL", "ACCEPT", "REJECT"])),
            "retentionDays": draw(RETENTION_DAYS),
        },
    }
    if draw(st.booleans()):
        blocks = draw(st.permutations([str(block) for block in cidr.subnets(new_prefix=prefix + 4)]))
        network["subnets"] = {
            zone: {"public": blocks[2 * i], "private": blocks[2 * i + 1]} for i, zone in enumerate(zones)
        }
    return network


@st.composite
def _hardware_vpns(draw: st.DrawFn, most_sites: int) -> Config:
    names = draw(st.lists(NAMES, min_size=1, max_size=most_sites, unique=True))
    sites = [draw(_sites(name, i)) for i, name in enumerate(names)]
    vpn: Config = {
        "amazonSideAsn": draw(st.integers(64512, 64600) | st.integers(4200000000, 4200000100)),
        "tunnelLogs": {
            "outputFormat": draw(st.sampled_from(["json", "text"])),
            "retentionDays": draw(RETENTION_DAYS),
        },
        "tunnelDefaults": draw(_tunnel_options()),
        "sites": sites,
    }
    has_own_key = any("presharedKey" in tunnel for site in sites for tunnel in site.get("tunnels", ()))
    has_certificate = any("publicIp" not in site for site in sites)
    if not has_own_key and not has_certificate:
        vpn["presharedKeyStorage"] = draw(st.sampled_from(["Standard", "SecretsManager"]))
    return vpn


@st.composite
def _sites(draw: st.DrawFn, name: str, number: int) -> Config:
    lans = draw(st.integers(1, 3))
    site: Config = {
        "name": name,
        "lanCidrs": [f"192.168.{number * 4 + lan}.0/24" for lan in range(lans)],
    }
    if draw(st.integers(0, 4)):
        site["publicIp"] = f"203.0.113.{number + 1}"
    else:
        site["certificateArn"] = f"arn:aws:acm:{REGION}:123456789012:certificate/{name}"
    if draw(st.booleans()):
        site["bgpAsn"] = draw(st.integers(65000, 65100))
    if draw(st.booleans()):
        site["deviceName"] = f"{name}-edge"
    if draw(st.booleans()):
        site["tunnels"] = [draw(_tunnels(site, number * 2 + i)) for i in range(2)]
    return site


@st.composite
def _tunnels(draw: st.DrawFn, site: Config, number: int) -> Config:
    tunnel: Config = {"insideCidr": f"169.254.100.{number * 4}/30"}
    if "certificateArn" not in site and draw(st.booleans()):
        tunnel["presharedKey"] = draw(PRESHARED_KEYS)
    if draw(st.booleans()):
        tunnel["dpdTimeoutSeconds"] = draw(st.integers(30, 300))
        tunnel["startupAction"] = "add"
    return tunnel


@st.composite
def _tunnel_options(draw: st.DrawFn) -> Config:
    options: Config = {}
    for phase in (1, 2):
        options[f"phase{phase}EncryptionAlgorithms"] = draw(_some(ENCRYPTION))
        options[f"phase{phase}IntegrityAlgorithms"] = draw(_some(INTEGRITY))
        options[f"phase{phase}DhGroupNumbers"] = draw(_some(GROUPS))
    options["phase1LifetimeSeconds"] = draw(st.integers(3700, 28800))
    options["phase2LifetimeSeconds"] = draw(st.integers(900, 3600))
    options["rekeyMarginTimeSeconds"] = draw(st.integers(60, options["phase2LifetimeSeconds"] // 2))
    options["rekeyFuzzPercentage"] = draw(st.integers(1, 100))
    options["replayWindowSize"] = draw(st.integers(64, 2048))
    return {key: value for key, value in options.items() if "Seconds" in key or draw(st.booleans())}


def _some(values: tuple[Any, ...]) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=3, unique=True)


@st.composite
def _open_vpns(draw: st.DrawFn, name: str, number: int, zones: list[str]) -> Config:
    pool = IPv4Network((172 << 24 | (24 + number) << 16, draw(st.integers(18, 28))))
    subnets = [f"{tier}-{zone[-1]}" for zone in zones for tier in ("public", "private")]
    tunnel: Config = {
        "name": name,
        "clientPool": str(pool),
        "permitted": draw(
            st.just(["vpc"]) | st.lists(st.sampled_from(subnets), min_size=1, max_size=3, unique=True)
        ),
        "protocol": draw(st.sampled_from(["udp", "tcp"])),
        "fullTunnel": draw(st.booleans()),
        "clientToClient": draw(st.booleans()),
        "logRetentionDays": draw(RETENTION_DAYS),
    }
    if draw(st.booleans()):
        tunnel["port"] = draw(st.sampled_from([443, 1194, 4500]))
    if draw(st.booleans()):
        tunnel |= {"dnsServers": ["10.99.0.2"], "dnsDomain": draw(DOMAIN_NAMES)}
    offices = draw(st.lists(NAMES, max_size=3, unique=True))
    tunnel["offices"] = [
        {"name": office, "lanCidrs": [f"172.20.{number * 10 + i}.0/24"]} for i, office in enumerate(offices)
    ]
    if draw(st.booleans()):
        tunnel["fixedAddresses"] = {draw(NAMES): str(pool.network_address + 10)}
    return tunnel

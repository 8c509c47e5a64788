"""Bad settings: each is refused with its stack file, key, value, and what would be right, all at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from model.tunnel_options import TunnelOptions
from stacks.quotas import advice
from stacks.settings import Settings
from stacks.stack_file import SettingsError, parse, read_engine_config, read_stack_file, warnings_of

GOOD: dict[str, Any] = {
    "aws:region": "eu-central-1",
    "aws-vpn:network": {
        "cidr": "10.10.0.0/16",
        "availabilityZones": ["eu-central-1a", "eu-central-1b"],
    },
    "aws-vpn:hardwareVpn": {
        "sites": [
            {
                "name": "berlin",
                "publicIp": "203.0.113.10",
                "lanCidrs": ["192.168.10.0/24"],
                "tunnels": [{"insideCidr": "169.254.10.0/30"}, {}],
            },
        ]
    },
    "aws-vpn:openVpn": [{"name": "staff", "clientPool": "172.27.0.0/24"}],
}

TABLE = "rtb-0a1b2c3d4e5f60718"

Change = Callable[[dict[str, Any]], None]


def changed(change: Change) -> dict[str, Any]:
    config = deepcopy(GOOD)
    change(config)
    return config


def put(value: Any, *place: str | int) -> Change:
    def change(config: dict[str, Any]) -> None:
        at: Any = config
        for step in place[:-1]:
            at = at[step]
        if place[-1] == "+":
            at.append(value)
        else:
            at[place[-1]] = value

    return change


def site(key: str, value: Any) -> Change:
    return put(value, "aws-vpn:hardwareVpn", "sites", 0, key)


def tunnel(key: str, value: Any) -> Change:
    return put(value, "aws-vpn:hardwareVpn", "sites", 0, "tunnels", 0, key)


def openvpn(key: str, value: Any) -> Change:
    return put(value, "aws-vpn:openVpn", 0, key)


def existing(key: str = "", value: Any = None, **own: Any) -> Change:
    """The network as one that is there already, with `key` of the network, or with keys of its own."""

    def change(config: dict[str, Any]) -> None:
        config["aws-vpn:network"]["existing"] = {"vpcId": "vpc-0a1b2c3d4e5f60718", **own}
        if key:
            config["aws-vpn:network"][key] = value

    return change


def addresses(count: int) -> list[str]:
    return [f"172.20.{i // 200}.{i % 200}/32" for i in range(count)]


def lines(config: dict[str, Any]) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        parse("stacks/Pulumi.dev.yaml", config)
    return str(caught.value).splitlines()


BAD: list[tuple[Change, str, str]] = [
    (put("moon-1", "aws:region"), "aws:region = moon-1", "a region's name"),
    (lambda c: c.pop("aws-vpn:network"), "aws-vpn:network is missing", "required"),
    (put("10.0.0.0/8", "aws-vpn:network", "cidr"), "network.cidr = 10.0.0.0/8", "between /16 and /28"),
    (put("10.10.0.1/16", "aws-vpn:network", "cidr"), "network.cidr = 10.10.0.1/16", "10.10.0.0/16"),
    (put("ten", "aws-vpn:network", "cidr"), "network.cidr = ten", "CIDR notation"),
    (put("fd00::/64", "aws-vpn:network", "cidr"), "network.cidr = fd00::/64", "IPv4"),
    (
        put(["eu-central-1a", "eu-west-1b"], "aws-vpn:network", "availabilityZones"),
        "availabilityZones[1] = eu-west-1b",
        "a zone of eu-central-1",
    ),
    (
        put(["eu-central-1a", "eu-central-1a"], "aws-vpn:network", "availabilityZones"),
        "availabilityZones[1] = eu-central-1a",
        "each zone once",
    ),
    (
        put({"retentionDays": 8}, "aws-vpn:network", "flowLogs"),
        "network.flowLogs.retentionDays = 8",
        "1, 3, 5, 7, 14",
    ),
    (
        put(
            {"eu-central-1a": {"public": "10.10.0.0/24", "private": "10.10.0.0/25"}},
            "aws-vpn:network",
            "subnets",
        ),
        "network.subnets.eu-central-1a.private = 10.10.0.0/25",
        "leaves subnets.eu-central-1a.public",
    ),
    (
        put(
            {"eu-central-1a": {"public": "10.11.0.0/24", "private": "10.10.1.0/24"}},
            "aws-vpn:network",
            "subnets",
        ),
        "network.subnets.eu-central-1a.public = 10.11.0.0/24",
        "inside the VPC's 10.10.0.0/16",
    ),
    (
        put(["100.64.0.0/16"], "aws-vpn:network", "secondaryCidrs"),
        "network.secondaryCidrs[0] = 100.64.0.0/16",
        "a VPC that the stack makes has one block",
    ),
    (
        put({"eu-central-1a": {"public": "10.10.0.0/24"}}, "aws-vpn:network", "subnets"),
        "network.subnets.eu-central-1a.private is missing",
        "a block",
    ),
    (existing(vpcId="vpc-1"), "network.existing.vpcId = vpc-1", "a VPC's id"),
    (
        existing(routeTables=[f"rtb-{i:017x}" for i in range(81)]),
        "network.existing.routeTables = 81 tables",
        "an IAM role's policies end at 10,240 characters",
    ),
    (existing(routeTables=["rtb-x"]), "network.existing.routeTables[0] = rtb-x", "a route table's id"),
    (existing(routeTables=[TABLE, TABLE]), "network.existing.routeTables = (list)", "each value once"),
    (
        existing("flowLogs", {"retentionDays": 7}),
        "network.flowLogs = given",
        "an existing VPC's flow logs are its owner's",
    ),
    (
        existing("secondaryCidrs", ["100.64.0.0/15"]),
        "network.secondaryCidrs[0] = 100.64.0.0/15",
        "between /16 and /28",
    ),
    (
        existing("secondaryCidrs", ["192.168.0.0/16"]),
        "hardwareVpn.sites[0].lanCidrs[0] = 192.168.10.0/24",
        "leaves network.secondaryCidrs[0]",
    ),
    (
        existing("subnets", {"eu-central-1a": {"private": "100.65.0.0/24"}}),
        "network.subnets.eu-central-1a.private = 100.65.0.0/24",
        "inside the VPC's 10.10.0.0/16",
    ),
    (put("yes", "aws-vpn:netwrok"), "aws-vpn:netwrok = (not shown)", "network?"),
    (site("publicIp", "10.0.0.1"), "sites[0].publicIp = 10.0.0.1", "public IPv4"),
    (site("publicIp", None), "sites[0].publicIp is missing", "certificateArn"),
    (
        site("certificateArn", "arn:nope"),
        "sites[0].certificateArn = arn:nope",
        "ARN of a private certificate",
    ),
    (
        site("certificateArn", "arn:aws:acm:us-east-1:123456789012:certificate/abc"),
        "sites[0].certificateArn = arn:aws:acm:us-east-1",
        "a certificate in eu-central-1",
    ),
    (site("bgpAsn", 7224), "sites[0].bgpAsn = 7224", "AWS does not reserve"),
    (site("bgpAsn", 64512), "sites[0].bgpAsn = 64512", "another ASN than amazonSideAsn"),
    (site("bgpAsn", 4294967295), "sites[0].bgpAsn = 4294967295", "4294967294 or less"),
    (site("lanCidrs", []), "sites[0].lanCidrs = (list)", "at least 1"),
    (site("lanCidrs", ["10.10.4.0/24"]), "sites[0].lanCidrs[0] = 10.10.4.0/24", "leaves network.cidr"),
    (site("lanCidrs", ["169.254.0.0/16"]), "lanCidrs[0] = 169.254.0.0/16", "addresses of hosts"),
    (put("127.0.0.0/16", "aws-vpn:network", "cidr"), "network.cidr = 127.0.0.0/16", "addresses of hosts"),
    (site("name", "Berlin Office"), "sites[0].name = Berlin Office", "lower-case"),
    (site("tunnels", [{}]), "sites[0].tunnels = (list)", "two tunnels"),
    (site("tunnels", [{}, {}, {}]), "sites[0].tunnels = (list)", "two tunnels"),
    (tunnel("insideCidr", "169.254.0.0/30"), "tunnels[0].insideCidr = 169.254.0.0/30", "does not reserve"),
    (tunnel("insideCidr", "169.254.10.0/29"), "tunnels[0].insideCidr = 169.254.10.0/29", "/30"),
    (tunnel("insideCidr", "10.0.0.0/30"), "tunnels[0].insideCidr = 10.0.0.0/30", "169.254.0.0/16"),
    (tunnel("presharedKey", "0startswithzero"), "tunnels[0].presharedKey = (secret)", "not a zero"),
    (tunnel("presharedKey", "short12"), "tunnels[0].presharedKey = (secret)", "8 to 64"),
    (tunnel("presharedKey", "has-a-hyphen"), "tunnels[0].presharedKey = (secret)", "letters, digits"),
    (tunnel("presharedKey", "x" * 65), "tunnels[0].presharedKey = (secret)", "8 to 64"),
    (tunnel("ikeVersions", ["ikev3"]), "tunnels[0].ikeVersions[0] = ikev3", "'ikev1' or 'ikev2'"),
    (tunnel("phase1DhGroupNumbers", [5]), "tunnels[0].phase1DhGroupNumbers[0] = 5", "2, 14"),
    (tunnel("phase2DhGroupNumbers", [19, 19]), "tunnels[0].phase2DhGroupNumbers", "each value once"),
    (tunnel("phase1EncryptionAlgorithms", ["3DES"]), "phase1EncryptionAlgorithms[0] = 3DES", "AES256-GCM-16"),
    (tunnel("phase1LifetimeSeconds", 899), "phase1LifetimeSeconds = 899", "900 or more"),
    (tunnel("phase1LifetimeSeconds", 28801), "phase1LifetimeSeconds = 28801", "28800 or less"),
    (tunnel("phase2LifetimeSeconds", 3601), "phase2LifetimeSeconds = 3601", "3600 or less"),
    (
        tunnel("phase1LifetimeSeconds", 3600),
        "phase2LifetimeSeconds = 3600",
        "less than phase1LifetimeSeconds",
    ),
    (tunnel("rekeyMarginTimeSeconds", 1801), "rekeyMarginTimeSeconds = 1801", "1800 or less"),
    (
        put(
            {"phase2LifetimeSeconds": 900, "rekeyMarginTimeSeconds": 600},
            "aws-vpn:hardwareVpn",
            "tunnelDefaults",
        ),
        "tunnels[1].rekeyMarginTimeSeconds = 600",
        "at most half of phase2LifetimeSeconds, 450",
    ),
    (tunnel("dpdTimeoutSeconds", 29), "dpdTimeoutSeconds = 29", "30 or more"),
    (tunnel("dpdTimeoutAction", "reboot"), "dpdTimeoutAction = reboot", "'clear', 'none' or 'restart'"),
    (tunnel("startupAction", "wait"), "startupAction = wait", "'add' or 'start'"),
    (
        put(
            {"ikeVersions": ["ikev1", "ikev2"], "startupAction": "start"},
            "aws-vpn:hardwareVpn",
            "tunnelDefaults",
        ),
        "tunnels[0].startupAction = start",
        "AWS starts IKEv2 only",
    ),
    (tunnel("replayWindowSize", 63), "replayWindowSize = 63", "64 or more"),
    (tunnel("rekeyFuzzPercentage", 0), "rekeyFuzzPercentage = 0", "1 or more"),
    (tunnel("rekeyFuzzPercentage", 101), "rekeyFuzzPercentage = 101", "100 or less"),
    (put(64000, "aws-vpn:hardwareVpn", "amazonSideAsn"), "amazonSideAsn = 64000", "64512 to 65534"),
    (put(7224, "aws-vpn:hardwareVpn", "amazonSideAsn"), "amazonSideAsn = 7224", "no new VPG gets this one"),
    (
        put({"vpgId": "vgw-0a1b2c3d"}, "aws-vpn:hardwareVpn", "adopted"),
        "hardwareVpn.adopted.vpgId = vgw-0a1b2c3d",
        "beside network.existing",
    ),
    (
        put({"vpgId": "vgw-0a1b2c3d", "keep": ["routes"]}, "aws-vpn:hardwareVpn", "adopted"),
        "adopted.keep[0] = routes",
        "'alarms', 'logs' or 'tags'",
    ),
    (
        site("adopted", {"vpnConnectionId": "vpn-0a1b2c3d", "customerGatewayId": "cgw-0a1b2c3d"}),
        "hardwareVpn.sites[0].adopted = vpn-0a1b2c3d",
        "a connection is adopted with its VPG",
    ),
    (
        put(["berlin"], "aws-vpn:hardwareVpn", "criticalLocations"),
        "criticalLocations[0] = berlin",
        "two sites",
    ),
    (openvpn("clientPool", "10.10.0.0/24"), "openVpn[0].clientPool = 10.10.0.0/24", "leaves network.cidr"),
    (openvpn("clientPool", "172.27.0.0/30"), "openVpn[0].clientPool = 172.27.0.0/30", "/16 and /29"),
    (openvpn("permitted", ["private-z"]), "openVpn[0].permitted[0] = private-z", "vpc, public-a"),
    (openvpn("protocol", "sctp"), "openVpn[0].protocol = sctp", "'udp' or 'tcp'"),
    (openvpn("port", 0), "openVpn[0].port = 0", "1 or more"),
    (openvpn("fixedAddresses", {"ann": "172.27.1.9"}), "fixedAddresses.ann = 172.27.1.9", "in clientPool"),
    (openvpn("fixedAddresses", {"ann": "172.27.0.1"}), "fixedAddresses.ann = 172.27.0.1", "server's own"),
    (
        openvpn("fixedAddresses", {"ann": "172.27.0.9", "bob": "172.27.0.9"}),
        "fixedAddresses.bob = 172.27.0.9",
        "ann has it",
    ),
    (
        openvpn("keepalive", {"intervalSeconds": 5, "timeoutSeconds": 6}),
        "keepalive.timeoutSeconds = 6",
        "at least twice",
    ),
    (
        openvpn("offices", [{"name": "rome", "lanCidrs": ["192.168.10.0/25"]}]),
        "openVpn[0].offices[0].lanCidrs[0] = 192.168.10.0/25",
        "leaves hardwareVpn.sites[0].lanCidrs[0]",
    ),
    (
        openvpn("failover", {"mainZone": "eu-central-1b", "standbyZone": "eu-central-1b"}),
        "openVpn[0].failover.standbyZone = eu-central-1b",
        "another zone than main's",
    ),
    (
        openvpn("failover", {"monitorZone": "eu-central-1c"}),
        "openVpn[0].failover.monitorZone = eu-central-1c",
        "one of network.availabilityZones that has",
    ),
    (
        put({"name": "staff", "clientPool": "172.27.1.0/24"}, "aws-vpn:openVpn", "+"),
        "openVpn[1].name",
        "another",
    ),
    (put(0, "aws-vpn:monthlyBudget"), "aws-vpn:monthlyBudget = 0", "greater than 0"),
    (put({"metricsPort": 80}, "aws-vpn:monitoring"), "monitoring.metricsPort = 80", "1024 or more"),
    (
        lambda c: c.update(
            {"aws-vpn:monitoring": {"metricsPort": 9443}, "aws-vpn:nat": {"mode": "instances"}}
        ),
        "monitoring.metricsPort = 9443",
        "a port where no tunnel and no NAT probe is",
    ),
    (put("200", "aws-vpn:monthlyBudget"), "aws-vpn:monthlyBudget", "a number, without quotes"),
    (put({"aws:owner": "x"}, "aws-vpn:tags"), "aws-vpn:tags.aws:owner", "not starting with aws:"),
    (put({"Name": "x"}, "aws-vpn:tags"), "aws-vpn:tags.Name = x", "this program sets it"),
    (put({"site": "x"}, "aws-vpn:tags"), "aws-vpn:tags.site = x", "this program sets it"),
    (put({"Team": "x", "team": "y"}, "aws-vpn:tags"), "aws-vpn:tags.team = y", "IAM takes both for one"),
    (put({f"t{i}": "x" for i in range(44)}, "aws-vpn:tags"), "aws-vpn:tags = 44 tags", "at most 43"),
    (put({"emails": ["a@b.cd", "a@b.cd"]}, "aws-vpn:alerts"), "alerts.emails = (list)", "each value once"),
    (put({"emails": ["nobody"]}, "aws-vpn:alerts"), "alerts.emails[0] = nobody", "an e-mail address"),
    (put("newest", "aws-vpn:hostImage"), "aws-vpn:hostImage = newest", "such as 20251006-2257"),
    (put([], "aws-vpn:hardwareVpn", "sites"), "hardwareVpn.sites = (list)", "leave aws-vpn:hardwareVpn out"),
    (
        put([{}] * 11, "aws-vpn:hardwareVpn", "sites"),
        "hardwareVpn.sites = (list)",
        "at most 10 sites: a VPG has no more VPN connections",
    ),
    (
        site("lanCidrs", [f"192.168.{i}.0/24" for i in range(101)]),
        "hardwareVpn.sites = 101 LANs",
        "quota: propagated routes per route table",
    ),
    (
        openvpn(
            "offices",
            [{"name": "o", "lanCidrs": addresses(1000)}],
        ),
        "openVpn = 1002 routes",
        "quota: routes per route table",
    ),
    (put("1e23", "aws-vpn:hardwareVpn", "amazonSideAsn"), "amazonSideAsn = 1e23", "be a whole number"),
    (put(1e23, "aws-vpn:hardwareVpn", "amazonSideAsn"), "amazonSideAsn = 1e+23", "be a whole number"),
    (put("64512", "aws-vpn:hardwareVpn", "amazonSideAsn"), "amazonSideAsn = 64512", "without quotes"),
    (openvpn("logRetentionDays", "30"), "openVpn[0].logRetentionDays = 30", "a number, without quotes"),
    (openvpn("port", "443"), "openVpn[0].port = 443", "a number, without quotes"),
    (openvpn("failover", {"probeIntervalSeconds": "0.3"}), "probeIntervalSeconds = 0.3", "without quotes"),
    (tunnel("dpdTimeoutSeconds", "40"), "dpdTimeoutSeconds = 40", "a number, without quotes"),
    (tunnel("presharedKey", 123456789), "tunnels[0].presharedKey = (secret)", "text, in quotes"),
    (put({"CostCenter": 1000}, "aws-vpn:tags"), "aws-vpn:tags.CostCenter = 1000", "text, in quotes"),
    (site("public_ip", "203.0.113.10"), "sites[0].public_ip = (not shown)", "publicIp?"),
    (tunnel("inside_cidr", "169.254.10.0/30"), "tunnels[0].inside_cidr = (not shown)", "insideCidr?"),
    (put([], "aws-vpn:open_vpn"), "aws-vpn:open_vpn = ", "openVpn?"),
    (put({"mode": "magic"}, "aws-vpn:nat"), "aws-vpn:nat.mode = magic", "'none', 'gateways' or 'instances'"),
]


@pytest.mark.parametrize(("change", "what", "right"), BAD, ids=[what for _, what, _ in BAD])
def test_a_bad_setting_is_refused_by_its_key(change: Change, what: str, right: str) -> None:
    told = lines(changed(change))
    assert any(
        line.startswith("stacks/Pulumi.dev.yaml: aws") and what in line and right in line for line in told
    ), told


def test_good_settings_are_accepted() -> None:
    assert isinstance(parse("stacks/Pulumi.dev.yaml", GOOD), Settings)


def test_every_problem_is_told_at_once() -> None:
    def change(config: dict[str, Any]) -> None:
        tunnel("presharedKey", "0bad")(config)
        site("bgpAsn", 64512)(config)
        put("10.10.0.1/16", "aws-vpn:network", "cidr")(config)
        openvpn("permitted", ["nowhere"])(config)
        put("no", "aws-vpn:deletionProtecton")(config)

    told = "\n".join(lines(changed(change)))
    for key in ("presharedKey", "bgpAsn", "network.cidr", "deletionProtecton"):
        assert key in told


def test_a_secret_is_never_shown() -> None:
    assert "0verysecret" not in "\n".join(lines(changed(tunnel("presharedKey", "0verysecret"))))


@pytest.mark.parametrize(
    "change",
    [
        tunnel("presharedkey", "Very.Secret_1"),
        site("psk", "Very.Secret_1"),
        site("tunnels", ["Very.Secret_1", {}]),
        put("Very.Secret_1", "aws-vpn:hardwareVpn"),
        put("Very.Secret_1", "aws-vpn:presharedKeys"),
    ],
    ids=["misspelt", "unknown", "in place of a tunnel", "in place of a section", "at the top"],
)
def test_a_secret_under_a_wrong_key_is_not_shown_either(change: Change) -> None:
    told = "\n".join(lines(changed(change)))
    assert "(not shown)" in told
    assert "Very.Secret_1" not in told


def test_what_was_refused_is_not_called_missing_as_well() -> None:
    assert len(lines(changed(site("publicIp", "10.0.0.1")))) == 1
    half = {"eu-central-1a": {"public": "10.10.0.0/24"}}
    told = lines(changed(put(half, "aws-vpn:network", "subnets")))
    assert [line.split(": ")[1].split(" ")[0] for line in told] == [
        "aws-vpn:network.subnets.eu-central-1a.private",
        "aws-vpn:network.subnets.eu-central-1b",
    ]


def test_a_good_secret_is_kept_as_one() -> None:
    settings = parse("x", changed(tunnel("presharedKey", "Good.Key_1234")))
    assert settings.hardware_vpn is not None
    key = settings.hardware_vpn.sites[0].tunnels[0].preshared_key
    assert key == SecretStr("Good.Key_1234")
    assert "Good.Key" not in repr(settings)


def test_the_engines_configuration_is_read_like_the_file(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text(json.dumps({"config": GOOD}))
    config = {key: value if isinstance(value, str) else json.dumps(value) for key, value in GOOD.items()}
    assert read_engine_config("dev", config) == read_stack_file(file)


def test_encrypted_values_are_left_out_when_a_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text(json.dumps({"config": changed(tunnel("presharedKey", {"secure": "v1:abc"}))}))
    settings = read_stack_file(file)
    assert settings.hardware_vpn is not None
    assert settings.hardware_vpn.sites[0].tunnels[0].preshared_key is None


@pytest.mark.parametrize("text", ["", "[]", "config: 3", "{", "config: {aws-vpn:network: &a [*a]}"])
def test_a_file_that_is_no_stack_file_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text(text)
    with pytest.raises(SettingsError, match=r"Pulumi\.dev\.yaml: "):
        read_stack_file(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"Pulumi\.none\.yaml: should be a readable file"):
        read_stack_file(tmp_path / "Pulumi.none.yaml")


def test_a_tunnel_overrides_the_defaults_of_the_section() -> None:
    def change(config: dict[str, Any]) -> None:
        put({"dpdTimeoutSeconds": 60, "replayWindowSize": 128}, "aws-vpn:hardwareVpn", "tunnelDefaults")(
            config
        )
        tunnel("replayWindowSize", 256)(config)

    settings = parse("x", changed(change))
    assert settings.hardware_vpn is not None
    first, second = settings.hardware_vpn.tunnel_options(settings.hardware_vpn.sites[0])
    assert (first.dpd_timeout_seconds, first.replay_window_size) == (60, 256)
    assert (second.dpd_timeout_seconds, second.replay_window_size) == (60, 128)


def test_default_tunnel_options_are_strong() -> None:
    options = TunnelOptions()
    assert options.ike_versions == ("ikev2",)
    assert set(options.phase1_encryption_algorithms) <= {"AES256", "AES256-GCM-16"}
    assert all(group >= 19 for group in (*options.phase1_dh_group_numbers, *options.phase2_dh_group_numbers))
    assert all(algorithm.startswith("SHA2-") for algorithm in options.phase2_integrity_algorithms)


def test_a_site_without_an_address_waits_for_its_router() -> None:
    def change(config: dict[str, Any]) -> None:
        arn = "arn:aws:acm:eu-central-1:123456789012:certificate/abc"
        site("publicIp", None)(config)
        site("certificateArn", arn)(config)

    settings = parse("x", changed(change))
    assert settings.hardware_vpn is not None
    options = settings.hardware_vpn.tunnel_options(settings.hardware_vpn.sites[0])
    assert [tunnel.startup_action for tunnel in options] == ["add", "add"]


def test_redundant_routers_of_a_location_share_its_lans_whole_but_not_in_part() -> None:
    second = {
        "name": "berlin-2",
        "location": "berlin",
        "publicIp": "203.0.113.11",
        "lanCidrs": ["192.168.10.0/24"],
    }
    assert parse("x", changed(put(second, "aws-vpn:hardwareVpn", "sites", "+")))
    part = {**second, "lanCidrs": ["192.168.10.0/25"]}
    assert "sites[1].lanCidrs[0]" in lines(changed(put(part, "aws-vpn:hardwareVpn", "sites", "+")))[0]


def test_subnets_keep_their_blocks_when_a_zone_is_added() -> None:
    def change(config: dict[str, Any]) -> None:
        put([f"eu-central-1{zone}" for zone in "abcd"], "aws-vpn:network", "availabilityZones")(config)

    before = parse("x", GOOD).network.subnet_names()
    after = parse("x", changed(change)).network.subnet_names()
    assert before.items() <= after.items()
    assert len(after) == 8


def test_servers_and_monitor_are_spread_over_the_zones() -> None:
    failover = parse("x", GOOD).open_vpn[0].failover
    assert failover.server_zones(("a", "b", "c")) == ("a", "b")
    assert failover.monitor_zones(("a", "b", "c")) == ("c",)
    assert failover.monitor_zones(("a", "b")) == ("a", "b")


def test_a_problem_has_its_place_in_the_text_whatever_was_refused_before_it() -> None:
    def change(config: dict[str, Any]) -> None:
        sites = config["aws-vpn:hardwareVpn"]["sites"]
        good = {"publicIp": "203.0.113.20", "lanCidrs": ["192.168.20.0/24"]}
        sites[0]["tunnels"] = ["nonsense", {}]
        sites.append({"name": "Bad Name", **good})
        sites.append({**good, "name": "lisbon", "bgpAsn": 64512})
        sites.append({**good, "name": "lisbon", "publicIp": "203.0.113.21", "lanCidrs": ["192.168.21.0/24"]})

    told = "\n".join(lines(changed(change)))
    assert "sites[1].name = Bad Name" in told
    assert "sites[2].bgpAsn = 64512" in told
    assert "sites[3].name = lisbon; should be another value than sites[2] has" in told


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text(text)
    return file


SECTIONS = """config:
  aws:region: eu-central-1
  aws-vpn:network:
    cidr: 10.10.0.0/16
    availabilityZones: [eu-central-1a]
"""

TEXTS = [
    (
        f"{SECTIONS}  aws-vpn:network:\n    cidr: 10.11.0.0/16\n",
        "aws-vpn:network = (not shown); should be written once: it is in line 3 and in line 6",
    ),
    (
        f"{SECTIONS}    cidr: 10.11.0.0/16\n",
        "aws-vpn:network.cidr = (not shown); should be written once: it is in line 4 and in line 6",
    ),
    (f"config: {{}}\n{SECTIONS}", "written once: it is in line 1 and in line 2"),
    (f"{SECTIONS}  tags: {{}}\n", "tags = (not shown); should be aws-vpn:tags, with the project's name"),
    (f"{SECTIONS}\taws-vpn:tags: {{}}\n", "indented with spaces: there is a tab in line 6, column 1"),
    (f"{SECTIONS}  aws-vpn:nat: [\n", "should be YAML: "),
]


@pytest.mark.parametrize(("text", "right"), TEXTS, ids=range(len(TEXTS)))
def test_what_the_engine_lets_through_in_a_files_text_is_refused(
    tmp_path: Path, text: str, right: str
) -> None:
    file = written(tmp_path, text)
    with pytest.raises(SettingsError) as read:
        read_stack_file(file)
    assert right in str(read.value)
    config = {key: value if isinstance(value, str) else json.dumps(value) for key, value in GOOD.items()}
    with pytest.raises(SettingsError) as handed:
        read_engine_config("dev", config, file)
    assert str(handed.value) == str(read.value)


@pytest.mark.parametrize("with_file", [True, False])
def test_an_encrypted_value_in_a_wrong_place_is_not_shown(tmp_path: Path, with_file: bool) -> None:
    right = changed(tunnel("insideCidr", "Very.Secret_1"))
    handed = {key: value if isinstance(value, str) else json.dumps(value) for key, value in right.items()}
    file = tmp_path / "Pulumi.dev.yaml"
    if with_file:
        file.write_text(json.dumps({"config": changed(tunnel("insideCidr", {"secure": "v1:x:y"}))}))
    with pytest.raises(SettingsError) as error:
        read_engine_config("dev", handed, file, ["aws-vpn:hardwareVpn"])
    assert "Very.Secret_1" not in str(error.value)
    assert "tunnels[0].insideCidr = (not shown); should be" in str(error.value)
    with pytest.raises(SettingsError, match=r"Very\.Secret_1"):
        read_engine_config("dev", handed)


def test_a_key_in_clear_is_warned_of_with_the_command_that_encrypts_it(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text(json.dumps({"config": changed(tunnel("presharedKey", "Very.Secret_1"))}))
    (warning,) = warnings_of(file)
    assert "--path 'aws-vpn:hardwareVpn.sites[0].tunnels[0].presharedKey'" in warning
    assert "Very.Secret_1" not in warning
    file.write_text(json.dumps({"config": changed(tunnel("presharedKey", {"secure": "v1:abc"}))}))
    assert not warnings_of(file)
    assert not warnings_of(tmp_path / "Pulumi.none.yaml")


def test_what_needs_a_raised_quota_is_advice() -> None:
    def change(config: dict[str, Any]) -> None:
        openvpn(
            "offices",
            [{"name": "o", "lanCidrs": [f"172.20.{i}.{j}/32" for i in range(5) for j in range(100)]}],
        )(config)
        for i in range(5):
            put({"name": f"t{i}", "clientPool": f"172.28.{i}.0/24"}, "aws-vpn:openVpn", "+")(config)

    routes, addresses = advice(parse("x", changed(change)))
    assert "507 routes" in routes
    assert "6 Elastic IPs" in addresses
    assert not [*advice(parse("x", GOOD))]


def test_a_raised_quota_allows_more_sites() -> None:
    sites = [
        {"name": f"site-{i}", "publicIp": f"203.0.113.{i}", "lanCidrs": [f"192.168.{i}.0/24"]}
        for i in range(1, 13)
    ]
    vpn = {"connectionQuota": 12, "sites": sites}
    settings = parse("Pulumi.test.yaml", changed(put(vpn, "aws-vpn:hardwareVpn")))
    assert settings.hardware_vpn
    assert len(settings.hardware_vpn.sites) == 12
    with pytest.raises(SettingsError, match="at most 11 sites"):
        parse("Pulumi.test.yaml", changed(put({**vpn, "connectionQuota": 11}, "aws-vpn:hardwareVpn")))


def test_an_existing_vpc_needs_its_id_and_blocks_alone() -> None:
    network = parse("x", changed(existing("secondaryCidrs", ["100.64.0.0/16"]))).network
    assert list(map(str, network.cidrs)) == ["10.10.0.0/16", "100.64.0.0/16"]
    assert network.subnet_names() == {}
    assert network.possible_names() == ("public-a", "public-b", "private-a", "private-b")


def test_subnets_of_an_existing_vpc_may_be_in_any_of_its_blocks_and_need_no_pair() -> None:
    def change(config: dict[str, Any]) -> None:
        existing("secondaryCidrs", ["100.64.0.0/16"])(config)
        config["aws-vpn:network"]["subnets"] = {"eu-central-1b": {"private": "100.64.7.0/24"}}

    network = parse("x", changed(change)).network
    assert {name: str(cidr) for name, cidr in network.subnet_names().items()} == {
        "private-b": "100.64.7.0/24"
    }


@pytest.mark.parametrize("key", ["aws:accessKey", "aws:secretKey", "aws:token"])
def test_a_key_of_the_provider_in_clear_is_told(tmp_path: Path, key: str) -> None:
    file = tmp_path / "stacks" / "Pulumi.dev.yaml"
    file.parent.mkdir()
    file.write_text(json.dumps({"config": {**GOOD, key: "AKIA-in-clear"}}))
    (warning,) = warnings_of(file)
    assert f"{key} is in clear, and so in git; encrypt it" in warning
    assert "AKIA" not in warning
    file.write_text(json.dumps({"config": {**GOOD, key: {"secure": "v1:x:y"}}}))
    assert warnings_of(file) == []


def test_what_is_encrypted_and_needed_in_clear_is_not_called_missing(tmp_path: Path) -> None:
    file = tmp_path / "stacks" / "Pulumi.dev.yaml"
    file.parent.mkdir()
    network = {**GOOD["aws-vpn:network"], "cidr": {"secure": "v1:x:y"}}
    file.write_text(json.dumps({"config": {**GOOD, "aws-vpn:network": network}}))
    with pytest.raises(SettingsError) as raised:
        read_stack_file(file)
    assert "aws-vpn:network.cidr = (not shown); should be in clear" in str(raised.value)
    assert "missing" not in str(raised.value)


def test_what_stands_under_secure_is_text(tmp_path: Path) -> None:
    file = tmp_path / "stacks" / "Pulumi.dev.yaml"
    file.parent.mkdir()
    file.write_text(json.dumps({"config": changed(tunnel("presharedKey", {"secure": 5}))}))
    with pytest.raises(SettingsError) as raised:
        read_stack_file(file)
    assert "presharedKey = (secret); should be text under secure" in str(raised.value)


def test_a_problem_is_one_line_whatever_was_written() -> None:
    name = "two\nlines\x1b[31m"
    with pytest.raises(SettingsError) as raised:
        parse("Pulumi.dev.yaml", changed(site("name", name)))
    assert len(str(raised.value).splitlines()) == len(raised.value.problems)
    assert "two\\nlines\\x1b[31m" in str(raised.value)

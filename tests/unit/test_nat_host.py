"""What a NAT instance is told at boot."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

import yaml

from hosts.nat import NatHost, ProbeTarget, user_data
from hosts.nat.host import ruleset

HOST = NatHost(
    environment="prod", region="eu-central-1", vpc_cidr=IPv4Network("10.30.0.0/16"), log_group="/vpn/prod/nat"
)


def test_it_is_a_cloud_config_within_the_limit() -> None:
    text = user_data(HOST)
    assert text.startswith("#cloud-config\n")
    assert len(text.encode()) <= 16384
    assert {entry["path"] for entry in yaml.safe_load(text)["write_files"]} == {
        "/etc/nftables.conf",
        "/etc/modules-load.d/nat.conf",
        "/etc/sysctl.d/60-nat.conf",
        "/etc/apt/apt.conf.d/60host",
        "/usr/local/sbin/ship-journal.bz2",
        "/etc/systemd/system/ship-journal.service",
    }


def test_only_the_vpc_is_translated() -> None:
    rules = ruleset(HOST)
    assert "ip saddr 10.30.0.0/16 ip daddr != 10.30.0.0/16 masquerade" in rules
    assert rules.count("policy drop;") == 2


def test_probes_alternate_between_targets_on_the_internet() -> None:
    assert (
        "tcp dport 9443 dnat ip addr . port to numgen inc mod 2 map"
        " { 0 : 1.1.1.1 . 443, 1 : 8.8.8.8 . 443 }" in ruleset(HOST)
    )


def test_probe_port_and_target_can_be_chosen() -> None:
    host = NatHost(
        environment="prod",
        region="eu-central-1",
        vpc_cidr=HOST.vpc_cidr,
        log_group=HOST.log_group,
        probe_port=7000,
        probe_targets=(ProbeTarget(IPv4Address("192.0.2.9"), 8443),),
    )
    assert "tcp dport 7000 dnat ip to 192.0.2.9:8443" in ruleset(host)

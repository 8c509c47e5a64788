"""What a NAT instance is made of."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

from hosts.nat import NatHost, ProbeTarget, content
from hosts.nat.host import ruleset

HOST = NatHost(
    environment="prod",
    region="eu-central-1",
    vpc_cidrs=(IPv4Network("10.30.0.0/16"),),
    log_group="/vpn/prod/nat",
)


def test_its_archive_has_the_packet_filter_settings_and_programs() -> None:
    assert {*content(HOST).files} == {
        "/etc/nftables.conf",
        "/etc/modules-load.d/nat.conf",
        "/etc/sysctl.d/60-nat.conf",
        "/usr/local/sbin/start-host",
        "/usr/local/sbin/ship-journal",
        "/etc/systemd/system/ship-journal.service",
        "/usr/local/sbin/host-metrics",
        "/etc/systemd/system/host-metrics.service",
        "/usr/local/share/ssm-agent-key.base64",
        "/usr/local/sbin/install-ssm-agent",
        "/etc/systemd/system/install-ssm-agent.service",
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
        vpc_cidrs=HOST.vpc_cidrs,
        log_group=HOST.log_group,
        probe_port=7000,
        probe_targets=(ProbeTarget(IPv4Address("192.0.2.9"), 8443),),
    )
    assert "tcp dport 7000 dnat ip to 192.0.2.9:8443" in ruleset(host)

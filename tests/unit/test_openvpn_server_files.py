"""What an OpenVPN server gets: its configuration, packet filter, units and user data."""

from __future__ import annotations

import re
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from hosts.openvpn_server import Office, ServerHost, content
from hosts.openvpn_server.configuration import fixed_addresses, office_configurations, server_configuration
from hosts.openvpn_server.firewall import ruleset
from stacks.hosts import openvpn_server
from stacks.stack_file import read_stack_file

ROOT = Path(__file__).parents[2]

HOST = ServerHost(
    environment="dev",
    tunnel="staff",
    region="eu-central-1",
    vpc_cidrs=(IPv4Network("10.10.0.0/16"),),
    client_pool=IPv4Network("172.27.0.0/24"),
    permitted=(IPv4Network("10.10.128.0/19"), IPv4Network("10.10.160.0/19")),
    server_secret="aws-vpn/dev/openvpn/staff/server",
    crl_secret="aws-vpn/dev/openvpn/staff/crl",
    probe_secret="aws-vpn/dev/openvpn/staff/probe",
    log_group="/aws-vpn/dev/openvpn/staff",
)
OFFICE = Office("potsdam", (IPv4Network("192.168.60.0/24"), IPv4Network("192.168.62.0/23")))
RESOLVER = IPv4Address("10.10.0.2")


def lines(host: ServerHost) -> list[str]:
    return server_configuration(host).splitlines()


def test_settings_become_a_host() -> None:
    settings = read_stack_file(ROOT / "stacks/Pulumi.prod.yaml")
    host = openvpn_server("prod", settings, settings.open_vpn[0])
    assert host.server_secret == "aws-vpn/prod/openvpn/staff/server"
    assert host.log_group == "/aws-vpn/prod/openvpn/staff"
    assert host.permitted == tuple(settings.network.subnet_names()[f"private-{zone}"] for zone in "abc")
    assert host.fixed_addresses == {"auditor": IPv4Address("172.27.8.10")}
    assert (host.protocol, host.port) == ("udp", 1194)
    whole = settings.open_vpn[1].model_copy(update={"permitted": ("vpc",)})
    restricted = openvpn_server("prod", settings, whole)
    assert restricted.permitted == (settings.network.cidr,)
    assert (restricted.protocol, restricted.port) == ("tcp", 443)


def test_the_server_insists_on_strong_cryptography_and_drops_its_privileges() -> None:
    assert {
        "tls-crypt-v2 tls-crypt-v2.key force-cookie",
        "tls-version-min 1.2",
        "tls-cert-profile preferred",
        "data-ciphers AES-256-GCM:CHACHA20-POLY1305",
        "remote-cert-tls client",
        "crl-verify crl.pem",
        "dh none",
        "allow-compression no",
        "topology subnet",
        "user nobody",
        "group nogroup",
        "persist-key",
        "persist-tun",
        "max-clients 4352",
        "keepalive 1 4",
    } <= set(lines(HOST))
    for absent in ("duplicate-cn", "client-to-client", "comp-lzo", "compress", "script-security"):
        assert not any(line.startswith(absent) for line in lines(HOST))


def test_clients_are_told_what_they_may_reach() -> None:
    assert [line for line in lines(HOST) if line.startswith("push")] == [
        'push "route 10.10.128.0 255.255.192.0"'
    ]
    asked = replace(HOST, dns_servers=(RESOLVER, IPv4Address("9.9.9.9")), dns_domain="dev.internal")
    assert [line for line in lines(asked) if line.startswith("push")] == [
        'push "route 10.10.0.2 255.255.255.255"',
        'push "route 10.10.128.0 255.255.192.0"',
        'push "dhcp-option DNS 10.10.0.2"',
        'push "dhcp-option DNS 9.9.9.9"',
        'push "dhcp-option DOMAIN dev.internal"',
    ]
    pushed = [line for line in lines(replace(HOST, full_tunnel=True)) if line.startswith("push")]
    assert pushed[0] == 'push "redirect-gateway def1 ipv6"'
    assert pushed[-1] == 'push "block-ipv6"'


def test_udp_says_goodbye_and_tcp_does_not_wait() -> None:
    assert "explicit-exit-notify 1" in lines(HOST)
    assert "connect-freq-initial 1000000 10" in lines(HOST)
    tcp = lines(replace(HOST, protocol="tcp", port=443))
    assert tcp[:2] == ["proto tcp4-server", "port 443"]
    assert "tcp-nodelay" in tcp
    assert not any(line.startswith(("explicit-exit-notify", "connect-freq-initial")) for line in tcp)


def test_offices_are_routed_to_their_routers() -> None:
    host = replace(HOST, offices=(OFFICE,))
    assert "route 192.168.60.0 255.255.255.0" in lines(host)
    assert "route 192.168.62.0 255.255.254.0" in lines(host)
    assert office_configurations(host) == {
        "site-potsdam": "iroute 192.168.60.0 255.255.255.0\niroute 192.168.62.0 255.255.254.0\n"
    }
    assert 'push "route 192.168.60.0 255.255.255.0"' not in lines(host)
    assert 'push "route 192.168.60.0 255.255.255.0"' in lines(replace(host, client_to_client=True))


def test_an_office_is_told_its_routes_where_laptops_send_everything() -> None:
    host = replace(HOST, offices=(OFFICE,), full_tunnel=True, dns_servers=(RESOLVER,))
    assert office_configurations(host)["site-potsdam"].splitlines()[2:] == [
        "push-remove redirect-gateway",
        "push-remove ifconfig-ipv6",
        "push-remove block-ipv6",
        'push "route 10.10.128.0 255.255.192.0"',
        "push-remove dhcp-option",
    ]


def test_fixed_addresses_are_kept_from_the_pool() -> None:
    assert not any(line.startswith("ifconfig-pool-persist") for line in lines(HOST))
    host = replace(
        HOST, fixed_addresses={"zoe": IPv4Address("172.27.0.9"), "al@x": IPv4Address("172.27.0.8")}
    )
    assert "ifconfig-pool-persist fixed-addresses 0" in lines(host)
    assert fixed_addresses(host) == "al@x,172.27.0.8,\nzoe,172.27.0.9,\n"
    assert content(host).files["/etc/openvpn/server/fixed-addresses"] == fixed_addresses(host)


def test_the_packet_filter_permits_what_is_asked_for_and_no_more() -> None:
    rules = ruleset(replace(HOST, offices=(OFFICE,)))
    assert rules.count("policy drop;") == 2
    assert "set permitted { type ipv4_addr; flags interval; elements = { 10.10.128.0/18 }; }" in rules
    assert 'iifname != "tun0" udp dport 1194 accept' in rules
    assert "reject with icmpx admin-prohibited" in rules
    assert chain(rules, "from_clients") == ["ip saddr != @clients drop", "ip daddr @permitted accept"]
    assert "postrouting" not in rules


def test_the_packet_filter_opens_what_options_need() -> None:
    rules = ruleset(replace(HOST, full_tunnel=True, client_to_client=True, dns_servers=(RESOLVER,)))
    assert chain(rules, "from_clients")[2:] == [
        "ip daddr { 10.10.0.2 } meta l4proto { tcp, udp } th dport 53 accept",
        'oifname "tun0" ip daddr @clients accept',
        "ip daddr != @not_internet accept",
    ]
    assert chain(rules, "postrouting")[1:] == [
        "ip saddr @clients ip daddr 10.10.0.2 th dport 53 masquerade",
        "ip saddr @clients ip daddr != @not_internet masquerade",
    ]
    assert "169.254.0.0/16" in rules


def test_programs_are_carried_as_they_are() -> None:
    sources = ROOT / "hosts/programs"
    for name, source in (("fetch-openvpn-secrets", "fetch_secrets.py"), ("ship-journal", "ship_journal.py")):
        carried = content(HOST).files[f"/usr/local/sbin/{name}"]
        assert carried == (sources / source).read_text(encoding="utf-8")


def test_no_secret_is_in_the_archive_only_its_name() -> None:
    text = "\n".join(content(HOST).files.values())
    assert (
        "--server-secret aws-vpn/dev/openvpn/staff/server --crl-secret aws-vpn/dev/openvpn/staff/crl" in text
    )
    assert not re.search(r"BEGIN [A-Z ]*PRIVATE KEY", text)


def test_500_offices_and_2000_fixed_addresses_fit() -> None:
    pool = IPv4Network("172.16.0.0/16")
    crowded = replace(
        HOST,
        client_pool=pool,
        offices=tuple(
            Office(f"office-{n}", (IPv4Network(f"10.{100 + n // 256}.{n % 256}.0/24"),)) for n in range(500)
        ),
        fixed_addresses={f"client-{n}": pool[n + 2] for n in range(2000)},
    )
    made = content(crowded)
    assert len([path for path in made.files if "/ccd/" in path]) == 500
    assert len(made.files["/etc/openvpn/server/fixed-addresses"].splitlines()) == 2000
    assert len(made.archive) < 5_000_000


def chain(rules: str, name: str) -> list[str]:
    found = re.search(rf"chain {name} {{\n(.*?)\n  }}", rules, re.DOTALL)
    assert found
    return [line.strip() for line in found[1].splitlines()]

"""Every device's output, read by what reads its language; every name that is referred to is set."""

from __future__ import annotations

import re
import shlex
import subprocess
from dataclasses import replace
from typing import Any

import pytest
import yaml
from ciscoconfparse2 import CiscoConfParse
from defusedxml.ElementTree import fromstring

from labs.onprem_connections import BGP, STATIC, connection, suited
from model.tunnel_options import TunnelOptions
from onprem.assembly import TunnelFacts, assemble
from onprem.document import read_document
from onprem.rendering import RenderedFile, devices, forms, render


def _file(device: str, case: Any) -> str:
    return next(file.content for file in render(connection(case), device))


@pytest.mark.parametrize("case", [BGP, STATIC])
def test_ios_configuration_is_a_tree_whose_names_resolve(case: Any) -> None:
    lines = _file("ios-xe", case).splitlines()
    parsed = CiscoConfParse(lines, syntax="ios")
    made = connection(case)
    for tunnel in made.tunnels:
        (interface,) = parsed.find_objects(rf"^interface Tunnel{tunnel.number}$")
        children = {child.text.strip() for child in interface.children}
        assert f"tunnel destination {tunnel.amazon_outside}" in children
        assert f"ip tcp adjust-mss {tunnel.mss}" in children
        assert f"tunnel protection ipsec profile {tunnel.name}" in children
        (profile,) = parsed.find_objects(rf"^crypto ipsec profile {tunnel.name}$")
        sets = next(c.text for c in profile.children if "set transform-set" in c.text).split()[2:]
        assert sets
        for name in sets:
            assert parsed.find_objects(rf"^crypto ipsec transform-set {name} ")
        assert parsed.find_objects(rf"^crypto ikev2 profile {tunnel.name}$")
    (policy,) = parsed.find_objects(r"^crypto ikev2 policy aws-vpn$")
    for name in (child.text.split()[-1] for child in policy.children):
        assert parsed.find_objects(rf"^crypto ikev2 proposal {name}$")
    assert bool(parsed.find_objects(r"^router bgp ")) == (made.bgp is not None)


NAMED = {
    "ios-xe": r"^(ip prefix-list \S+|route-map \S+|track \d+|ip sla \d+|interface \S+|event manager \S+ \S+)",
    "asa": r"^(prefix-list \S+|route-map \S+|track \d+|sla monitor \d+|interface \S+)",
    "vyos": r"^set (policy \S+ \S+|vpn ipsec \S+-group \S+|interfaces vti \S+)",
    "edgeos": r"^set (policy \S+ \S+|vpn ipsec \S+-group \S+|interfaces vti \S+)",
    "junos": r"^set (security address-book global \S+ \S+|policy-options \S+ \S+|services \S+ \S+ \S+"
    r"|security policies from-zone \S+ to-zone \S+ policy \S+)",
    "routeros": r"^(/\S+ \S+ \S* ?add name=\S+)",
    "strongswan": r"^(ip prefix-list \S+|route-map \S+)",
}
"""What a device has by names and numbers, where a second connection would change the first one's."""


@pytest.mark.parametrize("device", NAMED)
def test_two_connections_on_a_router_share_no_names(device: str) -> None:
    text = BGP.text
    for old, new in (
        ("169.254.30.", "169.254.77."),
        ("203.0.113.", "192.0.2."),
        ("198.51.100.", "192.88.99."),
    ):
        text = text.replace(old, new)
    facts = TunnelFacts(TunnelOptions())
    london = assemble(
        read_document(text, "x"),
        replace(BGP.surroundings, name="london-1"),
        (facts, facts),
    )
    named = [
        {
            name
            for file in render(made, device)
            for name in re.findall(NAMED[device], file.content, re.MULTILINE)
        }
        for made in (connection(BGP), london)
    ]
    assert all(named)
    assert not named[0] & named[1]


@pytest.mark.parametrize("case", [BGP, STATIC])
def test_asa_configuration_is_a_tree_whose_names_resolve(case: Any) -> None:
    parsed = CiscoConfParse(_file("asa", case).splitlines(), syntax="asa")
    made = connection(case)
    for tunnel in made.tunnels:
        (interface,) = parsed.find_objects(rf"^interface Tunnel{tunnel.number}$")
        children = {child.text.strip() for child in interface.children}
        assert f"tunnel destination {tunnel.amazon_outside}" in children
        assert f"tunnel protection ipsec profile {tunnel.name}" in children
        (profile,) = parsed.find_objects(rf"^crypto ipsec profile {tunnel.name}$")
        proposals = next(c.text for c in profile.children if "ipsec-proposal" in c.text).split()[3:]
        assert proposals
        for name in proposals:
            assert parsed.find_objects(rf"^crypto ipsec ikev2 ipsec-proposal {name}$")
        assert len(parsed.find_objects(rf"^tunnel-group {tunnel.amazon_outside} ")) == 3
    assert bool(parsed.find_objects(r"^router bgp ")) == (made.bgp is not None)
    tracks = {line.text.split()[1] for line in parsed.find_objects(r"^track ")}
    routes = [line.text.split() for line in parsed.find_objects(r"^route ")]
    assert {words[-1] for words in routes if "track" in words} == tracks
    assert bool(routes) == (made.bgp is None)


@pytest.mark.parametrize("case", [BGP, STATIC])
def test_junos_commands_refer_to_what_is_set(case: Any) -> None:
    commands = [shlex.split(line) for line in _file("junos", case).splitlines() if line.startswith("set ")]
    paths = {" ".join(command[1:]) for command in commands}

    def is_set(prefix: str) -> bool:
        return any(path.startswith(f"{prefix} ") for path in paths)

    for path in paths:
        words = path.split()
        if words[:3] == ["security", "ike", "policy"] and words[4] == "proposals":
            assert all(is_set(f"security ike proposal {name}") for name in words[6:-1])
        if words[:3] == ["security", "ipsec", "policy"] and words[4] == "proposals":
            assert all(is_set(f"security ipsec proposal {name}") for name in words[6:-1])
            assert len(words[6:-1]) <= 4
        if words[-2] in ("import", "export"):
            assert is_set(f"policy-options policy-statement {words[-1]}")
        if words[-2] == "bind-interface":
            assert is_set(f"interfaces st0 unit {words[-1].removeprefix('st0.')}")


@pytest.mark.parametrize("case", [BGP, STATIC])
def test_fortigate_blocks_are_closed_and_names_are_set(case: Any) -> None:
    opened: list[str] = []
    edited: set[str] = set()
    text = re.sub(r'set script "[^"]*"', 'set script ""', _file("fortigate", case))
    for words in map(shlex.split, _without_comments(text)):
        if words[0] in ("config", "edit"):
            opened.append(words[0])
            edited.update(words[1:] if words[0] == "edit" else ())
        elif words[0] in ("next", "end"):
            assert opened.pop() == {"next": "edit", "end": "config"}[words[0]]
        else:
            assert words[0] in ("set", "unset")
            assert opened
        if words[:2] in (["set", name] for name in REFERRING_IN_FORTIOS):
            assert edited >= set(words[2:]) - {"wan1", "internal", "accept", "permit"}, words
    assert not opened


REFERRING_IN_FORTIOS = (
    "interface", "phase1name", "srcintf", "dstintf", "srcaddr", "dstaddr", "device",
    "match-ip-address", "route-map-in", "route-map-out", "trigger", "action",
)  # fmt: skip


def _commands(device: str, case: Any) -> list[str]:
    return _without_comments(_file(device, case))


def _without_comments(text: str) -> list[str]:
    lines = map(str.strip, text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


@pytest.mark.parametrize("case", [BGP, STATIC])
def test_pan_os_commands_refer_to_what_is_set(case: Any) -> None:
    commands = [shlex.split(line) for line in _commands("pan-os", case)]
    paths = [" ".join(words) for words in commands]
    kinds = {
        "ike-gateway": "set network ike gateway",
        "ike-crypto-profile": "set network ike crypto-profiles ike-crypto-profiles",
        "ipsec-crypto-profile": "set network ike crypto-profiles ipsec-crypto-profiles",
        "tunnel-monitor-profile": "set network profiles monitor-profile",
        "tunnel-interface": "set network interface tunnel units",
        "used-by": "set network virtual-router default protocol bgp peer-group",
    }
    found: set[str] = set()
    for words in commands:
        assert words[0] == "set"
        if words[-2] in kinds:
            found.add(words[-2])
            assert any(path.startswith(f"{kinds[words[-2]]} {words[-1]} ") for path in paths), words
    assert set(kinds) - found == (set() if connection(case).bgp else {"used-by"})
    rules = [words for words in commands if words[:4] == ["set", "rulebase", "security", "rules"]]
    assert len({words[4] for words in rules}) == 2
    for name in {word for words in rules for word in words if re.search(r"-(lan|vpc)-\d+$", word)}:
        assert any(path.startswith(f"set address {name} ip-netmask ") for path in paths)


@pytest.mark.parametrize("case", [BGP, STATIC])
def test_vyos_edgeos_and_routeros_commands_can_be_read(case: Any) -> None:
    for device in ("vyos", "edgeos"):
        for line in _commands(device, case):
            assert shlex.split(line)[0] == "set"
    for line in _file("routeros", case).splitlines():
        if not line or line.startswith("#"):
            continue
        words = shlex.split(line)
        assert words[0].startswith("/")
        verb = words.index("add")
        assert all(re.fullmatch(r"[a-z.-]+=.*", word) for word in words[verb + 1 :])


@pytest.mark.parametrize("case", [BGP, STATIC])
def test_pfsense_file_is_xml_with_both_tunnels(case: Any) -> None:
    root = fromstring(_file("pfsense", case))
    made = connection(case)
    gateways = [element.text for element in root.iterfind("ipsec/phase1/remote-gateway")]
    assert gateways == [str(tunnel.amazon_outside) for tunnel in made.tunnels]
    ids = [element.text for element in root.iterfind("ipsec/phase1/ikeid")]
    assert ids == [element.text for element in root.iterfind("ipsec/phase2/ikeid")]
    assert [element.text for element in root.iterfind("ipsec/phase2/mode")] == ["vti", "vti"]


UNDONE = {
    "junos": ("delete", "security ike gateway", "security ipsec vpn", "interfaces st0 unit"),
    "vyos": ("delete", "vpn ipsec site-to-site peer", "vpn ipsec ike-group", "interfaces vti"),
    "edgeos": ("delete", "vpn ipsec site-to-site peer", "vpn ipsec ike-group", "interfaces vti"),
    "pan-os": ("delete", "network ike gateway", "network tunnel ipsec", "network interface tunnel units"),
    "ios-xe": ("no", "crypto ikev2 profile", "crypto ipsec profile", "ip sla"),
    "asa": ("no", "crypto ipsec profile", "group-policy", "sla monitor"),
}
"""What has to be taken off again, by the word that does so and the command's first words."""


@pytest.mark.parametrize("case", [BGP, STATIC])
@pytest.mark.parametrize("device", UNDONE)
def test_what_is_set_is_taken_off_again(device: str, case: Any) -> None:
    word, *kinds = UNDONE[device]
    removed = _text(device, case, "remove")
    for kind in kinds:
        made = set(re.findall(rf"^(?:set )?{kind} (?!schedule)(\S+)", _file(device, case), re.MULTILINE))
        assert made or (device, kind) == ("asa", "sla monitor")
        for name in made:
            assert re.search(rf"^{word} {kind} {name}$", removed, re.MULTILINE), (kind, name)


@pytest.mark.parametrize("case", [BGP, STATIC])
def test_a_fortigate_is_rid_of_what_was_edited(case: Any) -> None:
    removed = _text("fortigate", case, "remove")
    edited = re.findall(r"^    edit (\S+)$", _file("fortigate", case), re.MULTILINE)
    assert edited
    for name in set(edited):
        assert f"delete {name}\n" in removed


def _text(device: str, case: Any, form: str) -> str:
    return "\n".join(file.content for file in render(connection(case), device, form))


def _scripts() -> list[Any]:
    return [
        pytest.param(file, id=f"{device} {form} {file.path}")
        for device in devices()
        for case in (BGP, STATIC)
        for form in forms(device)
        if (made := suited(case, device))
        for file in render(made, device, form)
        if file.executable
    ]


@pytest.mark.parametrize("file", _scripts())
def test_scripts_are_shell(file: RenderedFile) -> None:
    shell = "bash" if file.content.startswith("#!/bin/bash") else "sh"
    done = subprocess.run(
        [shell, "-n"], input=file.content, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("device", [name for name in devices() if "ansible" in forms(name)])
def test_a_playbook_loads_the_file_of_the_configuration(device: str) -> None:
    (playbook,) = render(connection(BGP), device, "ansible")
    (play,) = yaml.safe_load(playbook.content)
    ((module, options),) = (
        (name, value) for name, value in play["tasks"][0].items() if name not in ("name", "no_log")
    )
    assert module.endswith("_config") or options["selector"] == "upload.system.config-script"
    assert play["tasks"][0]["no_log"] is True
    configuration = next(file for file in render(connection(BGP), device))
    assert str(configuration.path) in str(options)

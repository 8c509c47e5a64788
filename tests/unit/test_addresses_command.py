"""`aws-vpn addresses`: what is next, who clashes, what is imported, and what is refused."""

from __future__ import annotations

import json
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from command.root import main
from model.addresses import span
from model.free_blocks import FreeBlocks

SPACE = IPv4Network("10.0.0.0/22")
STACK = Path(__file__).parents[2] / "stacks" / "Pulumi.dev.yaml"
NETBOX = "id,prefix,status,description\n1,10.0.0.0/8,Container,all of it\n2,10.0.0.0/16,Active,Paris\n"


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project's folder with the stack dev, whose VPC is 10.10.0.0/16."""
    (tmp_path / "stacks").mkdir()
    (tmp_path / "Pulumi.yaml").write_text("name: aws-vpn\n")
    (tmp_path / "stacks" / "Pulumi.dev.yaml").write_text(STACK.read_text())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def blocks() -> st.SearchStrategy[IPv4Network]:
    """Blocks in and around the space."""
    return st.builds(
        lambda at, prefix: IPv4Network((int(SPACE.network_address) - 256 + at, prefix), strict=False),
        st.integers(0, 2047),
        st.integers(23, 32),
    )


@given(st.lists(blocks(), max_size=25), st.integers(22, 32))
def test_next_is_the_lowest_block_that_overlaps_nobody(taken: list[IPv4Network], prefix: int) -> None:
    free = (
        block
        for block in SPACE.subnets(new_prefix=prefix)
        if not any(block.overlaps(other) for other in taken)
    )
    assert FreeBlocks(spans=[span(str(block)) for block in taken]).lowest(prefix, SPACE) == next(free, None)


@given(st.integers(0, 2**128 - 1), st.integers(0, 128))
def test_numbers_of_a_block_are_those_of_ipaddress(address: int, prefix: int) -> None:
    six = IPv6Network((address, prefix), strict=False)
    four = IPv4Network((address % 2**32, prefix % 33), strict=False)
    for network in (six, four):
        first, last = int(network.network_address), int(network.broadcast_address)
        assert span(str(network)) == (network.version, first, last)


@pytest.mark.parametrize(
    "text",
    ["", "10.0.0.0", "10.0.0.0/33", "10.0.0/8", "10.0.0.0/-1", "10.0.0.0/ 8", "::/129", "a/8", "1\0/8"],
)
def test_what_is_no_block_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"such as 10\.0\.0\.0/16"):
        span(text)


def test_host_bits_are_refused_with_the_networks_own_address() -> None:
    with pytest.raises(ValueError, match=r"own address: fd00::/64"):
        span("fd00::1/64")


def test_next_leaves_stacks_networks_and_lists_alone(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "list.csv").write_text(NETBOX)
    (project / "policies.json").write_text(
        json.dumps({"networks-do-not-overlap": {"networks": [{"name": "corp", "cidr": "10.1.0.0/16"}]}})
    )
    assert main(["addresses", "import", "list.csv"]) == 0
    assert capsys.readouterr().out == "import list.csv: 1 ranges in .aws-vpn/addresses.json\n"
    assert main(["addresses", "next", "--prefix", "16"]) == 0
    assert main(["addresses", "next", "--prefix", "16", "--policy-pack-config", "policies.json"]) == 0
    assert main(["addresses", "next", "--prefix", "16", "--within", "10.10.0.0/15", "--json"]) == 0
    lines = capsys.readouterr().out.split("\n", 2)
    assert lines[:2] == ["10.1.0.0/16", "10.2.0.0/16"]
    assert json.loads(lines[2]) == {"block": "10.11.0.0/16"}


def test_nothing_free_says_who_takes_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["addresses", "next", "--prefix", "20", "--within", "10.10.0.0/16"]) == 1
    assert capsys.readouterr().err == (
        "no /20 is free in 10.10.0.0/16; "
        "the widest that are taken there: 10.10.0.0/16 (vpc, stack dev: vpc)\n"
    )


def test_check_names_who_clashes_and_what_is_free_instead(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["addresses", "check", "10.10.4.0/22", "--json"]) == 1
    found: Any = json.loads(capsys.readouterr().out)
    assert [one["owner"] for one in found["clashes"]] == ["stack dev: vpc"]
    assert found["nearestFree"] == "10.9.252.0/22"
    assert main(["addresses", "check", "10.11.0.0/16"]) == 0
    assert capsys.readouterr().out.startswith("10.11.0.0/16 is free")


def test_the_list_is_in_the_order_that_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["addresses"]) == 0
    assert capsys.readouterr().out.splitlines()[1].split()[:4] == ["10.10.0.0/16", "65,536", "vpc", "stack"]
    orders: dict[str, list[str]] = {}
    for order in ("owner", "address", "size"):
        assert main(["addresses", "--by", order, "--json"]) == 0
        ranges: Any = json.loads(capsys.readouterr().out)["ranges"]
        orders[order] = [one["owner" if order == "owner" else "cidr"] for one in ranges]
    assert orders["owner"] == sorted(orders["owner"])
    assert orders["address"] == sorted(orders["address"], key=span)
    lengths = [int(cidr.split("/")[1]) for cidr in orders["size"]]
    assert lengths == sorted(lengths)


def test_a_range_is_one_line_however_long_its_names_are(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    owner = "\u5927" * 200
    (project / "long.csv").write_text(f"cidr,name\n10.2.0.0/16,{owner}\n10.3.0.0/16,red \x1b[31m\n")
    assert main(["addresses", "import", "long.csv"]) == 0
    assert main(["addresses", "--by", "address"]) == 0
    told = capsys.readouterr().out.splitlines()
    (long,) = (line for line in told if line.startswith("10.2.0.0/16"))
    (red,) = (line for line in told if line.startswith("10.3.0.0/16"))
    assert long.split()[2:] == ["imported", owner, "long.csv"]
    assert "\x1b" not in red
    assert cell_len(long) == cell_len(red)


def test_a_stack_file_that_is_wrong_is_a_line_in_the_list_and_keeps_next_from_guessing(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = yaml.safe_load(STACK.read_text())
    document["config"]["aws-vpn:network"]["cidr"] = "10.10.0.0/99"
    (project / "stacks" / "Pulumi.bad.yaml").write_text(yaml.safe_dump(document))
    assert main(["addresses"]) == 1
    shown = capsys.readouterr()
    assert "10.10.0.0/16" in shown.out
    assert shown.err.startswith("stacks/Pulumi.bad.yaml: aws-vpn:network.cidr = 10.10.0.0/99; should be")
    assert main(["addresses", "next", "--prefix", "20"]) == 1
    assert main(["addresses", "check", "10.11.0.0/16"]) == 1
    assert capsys.readouterr().out == ""


def test_importing_again_replaces_what_that_list_told_and_no_other(project: Path) -> None:
    for name, text in (
        ("a.csv", "cidr,name\n10.0.0.0/16,one\n10.1.0.0/16,two\n"),
        ("b.json", '{"count": 1, "next": null, "results": [{"prefix": "10.2.0.0/16", "description": "x"}]}'),
        ("a.csv", "\ufeffCIDR,Name\n10.3.0.0/16,\n"),
    ):
        (project / name).write_text(text, encoding="utf-8")
        assert main(["addresses", "import", name]) == 0
    document: Any = json.loads((project / ".aws-vpn" / "addresses.json").read_text())
    told = {name: [one["cidr"] for one in source["ranges"]] for name, source in document["sources"].items()}
    assert document["version"] == 1
    assert told == {"import a.csv": ["10.3.0.0/16"], "import b.json": ["10.2.0.0/16"]}


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", ["row 1: columns = nothing; should be a header with cidr or prefix"]),
        ("cidr,name\n", ["should have a row for each range; there is none"]),
        ("name,site\na,b\n", ["row 1: columns = name, site; should be a header with cidr or prefix"]),
        (
            'prefix,name\n10.0.0.1/16,a\n10.1.0.0/16\n0.0.0.0/0,all\n"10.2.0',
            [
                "row 2: prefix = 10.0.0.1/16; should be the network's own address: 10.0.0.0/16",
                "row 3: 1 columns (10.1.0.0/16); should be 2, as in the header",
                "row 4: prefix = 0.0.0.0/0; should be a range that somebody uses: this one is all addresses",
                "row 5: should be CSV to its end: unexpected end of data",
            ],
        ),
        ('{"results": 1}', ["results; should be the list of prefixes, as NetBox's API answers it"]),
        (
            '{"count": 9, "next": "http://x", "results": [{"prefix": "10.9"}, 7]}',
            [
                "results = 2 of 9; should be all: ask with ?limit=0",
                (
                    "results[0]: prefix = 10.9; should be an IPv4 or IPv6 block in CIDR notation, "
                    "such as 10.0.0.0/16"
                ),
                "results[1] = 7; should be a prefix, as NetBox's API answers it",
            ],
        ),
    ],
)
def test_a_list_with_wrong_rows_is_refused_as_a_whole_with_all_of_them(
    text: str, lines: list[str], project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "list").write_text(text)
    assert main(["addresses", "import", "list"]) == 1
    assert capsys.readouterr().err.splitlines() == [f"list: {line}" for line in lines]
    assert not (project / ".aws-vpn").exists()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('{"version": 2, "sources": {}}', "version = 2; should be 1, the version that is read here"),
        ('{"version": 1, "sou', "should be the whole of a JSON document"),
        (
            (
                '{"sources": {"x": {"at": "2026-01-01T00:00:00Z", '
                '"ranges": [{"cidr": "10.0.0.1/8", "kind": "", "owner": ""}]}}}'
            ),
            "sources.x.ranges[0].cidr = 10.0.0.1/8; should be the network's own address: 10.0.0.0/8",
        ),
    ],
)
def test_an_address_file_that_is_wrong_is_refused(
    text: str, line: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "file.json").write_text(text)
    assert main(["addresses", "next", "--prefix", "20", "--file", "file.json"]) == 1
    assert capsys.readouterr().err.startswith(f"file.json: {line}")


def test_networks_of_the_policies_that_are_wrong_are_told_all_at_once(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    networks = [{"name": "a", "cidr": "10.0.0.0/99"}, "10.0"]
    (project / "p.json").write_text(json.dumps({"networks-do-not-overlap": {"networks": networks}}))
    assert main(["addresses", "check", "10.11.0.0/16", "--policy-pack-config", "p.json"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(" = ")[0] for line in lines] == [
        "p.json: networks-do-not-overlap.networks[0].cidr",
        "p.json: networks-do-not-overlap.networks[1].cidr",
        "p.json: networks-do-not-overlap.networks[1].name",
    ]


CORP = {"networks": [{"name": "corp", "cidr": "10.1.0.0/16"}]}


@pytest.mark.parametrize(
    ("configuration", "free"),
    [
        ({"no-overlapping-cidrs": CORP}, False),
        ({"no-overlapping-cidrs": CORP, "networks-do-not-overlap": "advisory"}, False),
        ({"no-overlapping-cidrs": CORP, "networks-do-not-overlap": {"networks": []}}, True),
        ({"vpc-in-private-space": "mandatory", "subnets-do-not-overlap": "advisory"}, True),
    ],
)
def test_networks_of_the_family_count_where_the_policy_names_none(
    project: Path, configuration: dict[str, Any], free: bool
) -> None:
    (project / "p.json").write_text(json.dumps(configuration))
    words = ["addresses", "check", "10.1.0.0/16", "--policy-pack-config", "p.json"]
    assert main(words) == (0 if free else 1)


@pytest.mark.parametrize(
    ("configuration", "line"),
    [
        ([], "p.json: should be an object with a key for each policy"),
        ({"no-overlaping-cidrs": CORP}, "p.json: no-overlaping-cidrs; should be no-overlapping-cidrs"),
        ({"no-overlapping-cidrs": [CORP]}, "p.json: no-overlapping-cidrs; should be a level, or an object"),
        ({"no-overlapping-cidrs": {"networks": CORP}}, "p.json: no-overlapping-cidrs.networks; should be a"),
    ],
)
def test_a_malformed_configuration_of_the_policies_is_told(
    project: Path, capsys: pytest.CaptureFixture[str], configuration: object, line: str
) -> None:
    (project / "p.json").write_text(json.dumps(configuration))
    assert main(["addresses", "check", "10.1.0.0/16", "--policy-pack-config", "p.json"]) == 1
    assert line in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["next", "--prefix", "4"], "4; should be 8 to 32"),
        (["next", "--prefix", "15", "--within", "10.0.0.0/16"], "15; should be 16 to 32"),
        (["next", "--prefix", "20", "--within", "10.0.0.1/8"], "should be the network's own address"),
        (["check", "10.0"], "10.0; should be an IPv4 or IPv6 block"),
    ],
)
def test_wrong_use_is_told_before_anything_is_read(
    words: list[str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["addresses", *words]) == 2
    assert line in capsys.readouterr().err


def test_profiles_and_regions_that_are_none_are_refused_at_once(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "aws").write_text("[profile lab]\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(project / "aws"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(project / "none"))
    assert main(["addresses", "scan", "--profile", "lap", "--region", "mars"]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "--profile = lap; should be one of AWS's configuration: lab",
        "--region = mars; should be a region's name, such as eu-central-1",
    ]

"""A VPN that was made by hand, adopted under the printed policies, mended tunnel by tunnel, and let go of."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from labs.isolated_sandbox import Finished, IsolatedSandbox, Program
from labs.moto_server import CloudServer
from labs.tunnel_observer import observed
from labs.vpn_set_ups import KEY, old_options
from labs.vpns_by_hand import Account
from model.arns import Place
from operations.iam.policies import Subject, policies
from operations.iam.subjects import subject_of
from sandbox.wrapper import moto_process
from sandbox.wrapper.places import ROOT
from stacks.stack_file import read_stack_file

REGION, ACCOUNT = "eu-central-1", "123456789012"
CALLER = "sandbox"
"""The key that commands in the sandbox call with."""

pytestmark = pytest.mark.timeout(1500)
"""Seconds: the last test has all of an adopted stack's life, of some twelve deployments and previews."""


@dataclass
class ByHand:
    """A VPC with an old VPN, and a copy of the project whose stack files are its own."""

    sandbox: IsolatedSandbox
    project: Program
    account: Account
    vpc: str
    before: dict[str, Any]

    @property
    def cloud(self) -> CloudServer:
        return CloudServer(0, moto_process.ensure(self.sandbox.places).endpoint)

    @property
    def stack_file(self) -> Path:
        return self.project.folder / "stacks/Pulumi.legacy.yaml"

    def command(self, *arguments: str | Path) -> Finished:
        return self.sandbox.run("aws-vpn", *arguments, cwd=self.project.folder)

    def adopt(self) -> Finished:
        return self.command("adopt", "--vpc", self.vpc, "--stack", "legacy", "--region", REGION)

    def may(self, documents: list[dict[str, Any]]) -> None:
        """Let commands call what the policies allow, and nothing else."""
        self.cloud.control("PUT", "/sandbox/permissions", {CALLER: [json.dumps(one) for one in documents]})

    def asked(self) -> list[dict[str, Any]]:
        """What commands called since, and whether they were allowed to."""
        return self.cloud.control("GET", "/sandbox/permissions")[1]

    def edit(self, change: Any) -> None:
        """Change the stack file's `hardwareVpn`, as its owner does."""
        document = yaml.safe_load(self.stack_file.read_text(encoding="utf-8"))
        change(document["config"]["aws-vpn:hardwareVpn"])
        self.stack_file.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")

    def bring_up(self) -> None:
        """What the routers do."""
        for one in self.account.ec2.describe_vpn_connections()["VpnConnections"]:
            for end in one["VgwTelemetry"]:
                tunnel = {"vpnConnectionId": one["VpnConnectionId"], "outsideIp": end["OutsideIpAddress"]}
                self.cloud.control("POST", "/sandbox/telemetry", {**tunnel, "status": "UP"})


def project_copy(folder: Path) -> Path:
    """The project, by links, with a folder of its own for stack files."""
    folder.mkdir()
    for child in ROOT.iterdir():
        if child.name not in {"stacks", ".git", ".sandbox"}:
            (folder / child.name).symlink_to(child)
    shutil.copytree(
        ROOT / "stacks", folder / "stacks", ignore=shutil.ignore_patterns("Pulumi.*", "__pycache__")
    )
    return folder


@pytest.fixture(scope="module")
def by_hand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ByHand]:
    sandbox = IsolatedSandbox(tmp_path_factory.mktemp("adopt"))
    try:
        # whoever looks on has a key of their own, which no policies limit
        onlooker = CloudServer(0, moto_process.ensure(sandbox.places).endpoint)
        account = Account(onlooker.client("ec2"), onlooker.client("cloudwatch"))
        vpc = old_options(account)
        vpg = account.ec2.describe_vpn_gateways()["VpnGateways"][0]["VpnGatewayId"]
        account.propagate(vpg, account.subnet(vpc, "10.60.1.0/24"))
        routers = account.gateway("203.0.113.8", 65010)
        account.connection(vpg, routers, routes=None, name="Lisbon")
        project = Program(sandbox, project_copy(sandbox.folder / "project"))
        yield ByHand(sandbox, project, account, vpc, account.described())
    finally:
        sandbox.close()


def adopting(*, without: str = "") -> list[dict[str, Any]]:
    """The policies of who adopts, less an action."""
    documents = deepcopy(policies("adopt", Subject("", Place(REGION, ACCOUNT), shows_tunnel_keys=True)))
    for statement in (one for document in documents for one in document["Statement"]):
        statement["Action"] = [action for action in statement["Action"] if action != without] or ["none:None"]
    return documents


def ok(finished: Finished) -> str:
    """What a command that must succeed printed."""
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


def test_a_call_that_is_not_permitted_is_one_line_and_leaves_nothing(by_hand: ByHand) -> None:
    by_hand.may(adopting(without="ec2:DescribeCustomerGateways"))
    refused = by_hand.adopt()
    assert refused.returncode == 1
    assert "AWS answers DescribeCustomerGateways with UnauthorizedOperation" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
    assert not by_hand.stack_file.exists()


def test_it_is_adopted_as_it_is_mended_tunnel_by_tunnel_and_let_go_of(by_hand: ByHand) -> None:
    project = by_hand.project
    by_hand.may(adopting())
    said = ok(by_hand.adopt())
    granted = {action for one in adopting() for part in one["Statement"] for action in part["Action"]}
    # zones are asked of a VPC without subnets alone
    assert granted - {one["action"] for one in by_hand.asked()} == {"ec2:DescribeAvailabilityZones"}
    assert "berlin: phase1EncryptionAlgorithms" in said or "berlin: ikeVersions" in said
    _keeps_keys_secret(by_hand, said)
    subject = subject_of("legacy", read_stack_file(by_hand.stack_file), ACCOUNT)

    by_hand.may(policies("deploy", subject))
    ok(project.up("legacy"))
    assert by_hand.account.described() == by_hand.before
    assert [one for one in by_hand.asked() if one["verdict"] != "allowed"] == []
    ok(project.preview("legacy", "--expect-no-changes"))
    _judged(by_hand)
    imported = {one["id"] for one in project.resources("legacy") if one.get("importID")}
    assert {re.split(r"[-.]", ident)[0] for ident in imported} == {"vgw", "cgw", "vpn", "192"}
    assert len(imported) == 6

    _takes_tags_and_alarms(by_hand)
    assert [one for one in by_hand.asked() if one["verdict"] != "allowed"] == []
    _rolls_berlin(by_hand)
    assert [one for one in by_hand.asked() if one["verdict"] != "allowed"] == []

    mended = by_hand.account.described()
    assert project.destroy("legacy").returncode != 0
    # without a preview before it, it has begun with what the stack made itself
    assert {**by_hand.account.described(), "MetricAlarms": mended["MetricAlarms"]} == mended
    released = ok(by_hand.command("release", "--stack", "legacy"))
    assert all(f"{ident}: let go of" in released for ident in imported)
    ok(project.destroy("legacy"))
    assert by_hand.account.described() == {**mended, "MetricAlarms": by_hand.before["MetricAlarms"]}
    assert project.resources("legacy") == []


def _keeps_keys_secret(by_hand: ByHand, said: str) -> None:
    """Neither key is shown, nor written anywhere in clear."""
    text = by_hand.stack_file.read_text(encoding="utf-8")
    sites = yaml.safe_load(text)["config"]["aws-vpn:hardwareVpn"]["sites"]
    keys = [tunnel["presharedKey"] for site in sites for tunnel in site["tunnels"]]
    assert len(keys) == 4
    assert all(set(key) == {"secure"} for key in keys)
    written = [path for path in by_hand.sandbox.folder.rglob("*") if path.is_file() and not path.is_symlink()]
    ours = [path for path in written if ".venv" not in path.parts and path.suffix in {".yaml", ".json", ""}]
    for key in (KEY, KEY[::-1]):
        assert key not in said
        assert not [path for path in ours if key.encode() in path.read_bytes()]


def _judged(by_hand: ByHand) -> None:
    """The pack refuses the old options, and takes them with the configuration that the page has."""
    pack = ("--policy-pack", ROOT / "policy")
    refused = by_hand.project.preview("legacy", *pack)
    assert refused.returncode != 0
    assert "[mandatory] [severity: high]  vpn-ikev2-only" in refused.stdout
    (config,) = re.findall(
        r"```json\n(.*?)```", (ROOT / "docs/adopt.md").read_text(encoding="utf-8"), re.DOTALL
    )
    file = by_hand.project.folder / "old-options.json"
    file.write_text(config, encoding="utf-8")
    ok(by_hand.project.preview("legacy", *pack, "--policy-pack-config", file))


def _takes_tags_and_alarms(by_hand: ByHand) -> None:
    """The step that interrupts nothing: whatever is told of tunnels stays."""

    def keep_logs(vpn: dict[str, Any]) -> None:
        vpn["adopted"]["keep"] = ["logs"]
        # only the passphrase's owner could read them; without them the keys in force stay
        for tunnel in (tunnel for site in vpn["sites"] for tunnel in site["tunnels"]):
            del tunnel["presharedKey"]

    by_hand.edit(keep_logs)
    ok(by_hand.project.up("legacy"))
    now = by_hand.account.described()
    assert _tunnels(now) == _tunnels(by_hand.before)
    assert {tag["Value"] for one in now["VpnConnections"] for tag in one["Tags"] if tag["Key"] == "Site"} == {
        "berlin",
        "lisbon",
    }
    assert len(now["MetricAlarms"]) > len(by_hand.before["MetricAlarms"])


def _tunnels(described: dict[str, Any]) -> list[Any]:
    return [one["Options"] for one in described["VpnConnections"]]


def _rolls_berlin(by_hand: ByHand) -> None:
    """One site as the program would have it, options and logs, a tunnel at a time; the other site stays."""

    def take_over(vpn: dict[str, Any]) -> None:
        vpn["adopted"]["keep"] = []
        del vpn["tunnelDefaults"]
        (berlin,) = (site for site in vpn["sites"] if site["name"] == "berlin")
        del berlin["adopted"]["keep"]
        berlin["tunnels"] = [{"insideCidr": tunnel["insideCidr"]} for tunnel in berlin["tunnels"]]

    by_hand.edit(take_over)
    by_hand.cloud.control("POST", "/sandbox/tunnel-delays", {"modifying": 0.5, "returning": 1})
    by_hand.bring_up()
    before = _by_site(by_hand)
    words = ("--stack", "legacy", "--site", "berlin", "--policy-config", "old-options.json")
    with observed(by_hand.account.ec2, before["berlin"]["VpnConnectionId"]) as seen:
        rolled = by_hand.command("roll", "tunnels", *words)
    assert "2 tunnels changed" in ok(rolled)
    assert (seen.both_down, seen.one_down > 0) == (0, True), seen
    after = _by_site(by_hand)
    for tunnel in after["berlin"]["Options"]["TunnelOptions"]:
        assert tunnel["IkeVersions"] == [{"Value": "ikev2"}]
        assert tunnel["LogOptions"]["CloudWatchLogOptions"]["LogEnabled"]
    assert after["lisbon"]["Options"] == before["lisbon"]["Options"]


def _by_site(by_hand: ByHand) -> dict[str, Any]:
    """The connections by the site that their tags name."""
    found = by_hand.account.ec2.describe_vpn_connections()["VpnConnections"]
    return {tag["Value"]: one for one in found for tag in one["Tags"] if tag["Key"] == "Site"}

"""A VPN that was made by hand, adopted into a stack, deployed, let go of: nothing of it ever changes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from labs.isolated_sandbox import Finished, IsolatedSandbox, Program
from labs.vpn_set_ups import KEY, old_options
from labs.vpns_by_hand import Account
from sandbox.wrapper.places import ROOT


@dataclass
class ByHand:
    """A VPC with an old VPN, and a copy of the project whose stack files are its own."""

    sandbox: IsolatedSandbox
    project: Program
    account: Account
    vpc: str
    before: dict[str, Any]

    def aws_vpn(self, *arguments: str) -> Finished:
        """An `aws-vpn` command in the project; it must succeed."""
        done = self.sandbox.run("aws-vpn", *arguments, cwd=self.project.folder)
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    @property
    def stack_file(self) -> Path:
        return self.project.folder / "stacks/Pulumi.legacy.yaml"


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
        account = Account(sandbox.client("ec2"), sandbox.client("cloudwatch"))
        vpc = old_options(account)
        vpg = account.ec2.describe_vpn_gateways()["VpnGateways"][0]["VpnGatewayId"]
        account.propagate(vpg, account.subnet(vpc, "10.60.1.0/24"))
        routers = account.gateway("203.0.113.8", 65010)
        account.connection(vpg, routers, routes=None, name="Lisbon")
        project = Program(sandbox, project_copy(sandbox.folder / "project"))
        yield ByHand(sandbox, project, account, vpc, account.described())
    finally:
        sandbox.close()


def test_it_is_adopted_deployed_and_released_without_a_change(by_hand: ByHand) -> None:
    said = by_hand.aws_vpn(
        "adopt", "--vpc", by_hand.vpc, "--stack", "legacy", "--region", "eu-central-1"
    ).stdout
    assert "berlin: phase1EncryptionAlgorithms" in said or "berlin: ikeVersions" in said
    _keeps_keys_secret(by_hand, said)
    project = by_hand.project
    deployed = project.up("legacy")
    assert deployed.returncode == 0, deployed.stdout + deployed.stderr
    assert by_hand.account.described() == by_hand.before
    again = project.preview("legacy", "--expect-no-changes")
    assert again.returncode == 0, again.stdout + again.stderr
    imported = {one["id"] for one in project.resources("legacy") if one.get("importID")}
    assert {ident.split("-")[0] for ident in imported} == {"vgw", "cgw", "vpn"}
    assert len(imported) == 5
    refused = project.destroy("legacy")
    assert refused.returncode != 0
    assert by_hand.account.described() == by_hand.before
    released = by_hand.aws_vpn("release", "--stack", "legacy").stdout
    assert all(f"{ident}: let go of" in released for ident in imported)
    destroyed = project.destroy("legacy")
    assert destroyed.returncode == 0, destroyed.stdout + destroyed.stderr
    assert by_hand.account.described() == by_hand.before
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

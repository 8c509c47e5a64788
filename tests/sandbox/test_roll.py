"""`aws-vpn roll` and the check that leads to it, in the sandbox: who is up, ten times a second."""

from __future__ import annotations

import json
import re
import signal
import time
import urllib.request
from collections.abc import Generator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import pytest
import yaml

from labs.failover.runbooks import blocks
from labs.isolated_sandbox import SAME_PROGRAM, Finished, IsolatedSandbox, Program
from labs.tunnel_observer import Observer, observed
from sandbox.wrapper import moto_process

CONFIG: dict[str, Any] = {
    "aws:region": "eu-central-1",
    "aws-vpn:network": {"cidr": "10.10.0.0/16", "availabilityZones": ["eu-central-1a"]},
    "aws-vpn:hardwareVpn": {
        "sites": [
            {
                "name": "berlin",
                "publicIp": "203.0.113.10",
                "bgpAsn": 65010,
                "lanCidrs": ["192.168.10.0/24"],
            },
            {"name": "lisbon", "publicIp": "203.0.113.11", "lanCidrs": ["192.168.20.0/24"]},
        ]
    },
}

OPTIONS, KEYS, _NIGHTLY, MAINTENANCE, SEEN_TO = range(5)
"""The runbook's blocks."""

GIVES_UP_SECONDS = 120


@dataclass
class Rolled:
    """A deployed stack whose file can be edited."""

    sandbox: IsolatedSandbox
    program: Program

    def edit(self, **changes: Any) -> None:
        """Sets keys of the section `hardwareVpn`."""
        CONFIG["aws-vpn:hardwareVpn"].update(changes)
        file = self.program.folder / "stacks" / "Pulumi.prod.yaml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(yaml.safe_dump({"config": CONFIG}), encoding="utf-8")

    def roll(self, *words: str) -> Finished:
        return self.sandbox.run("aws-vpn", "roll", *words, "--stack", "prod", cwd=self.program.folder)

    def runbook(self, block: int) -> Finished:
        """Runs a block of the runbook as it is written."""
        commands = [*blocks("roll-tunnels")][block][1]
        return self.sandbox.run("bash", "-euo", "pipefail", "-c", commands, cwd=self.program.folder)

    def rendered(self) -> str:
        """What the runbook writes for lisbon's router."""
        files = self.program.folder.glob("routers/lisbon/strongswan/**/conf.d/*.conf")
        return "".join(file.read_text(encoding="utf-8") for file in files)

    def sites(self) -> dict[str, Any]:
        return self.program.outputs("prod")["hardwareVpn"]["sites"]

    def ends(self, site: str) -> tuple[str, list[str]]:
        exported = self.sites()[site]
        return exported["vpnConnectionId"], [tunnel["outsideAddress"] for tunnel in exported["tunnels"]]

    def control(self, path: str, document: object) -> None:
        request = urllib.request.Request(
            moto_process.ensure(self.sandbox.places).endpoint + path,
            method="POST",
            data=json.dumps(document).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30):
            return

    def set_up(self, site: str) -> None:
        connection, addresses = self.ends(site)
        for address in addresses:
            asked = {"vpnConnectionId": connection, "outsideIp": address, "status": "UP"}
            self.control("/sandbox/telemetry", asked)

    def delay(self, returning: float | None) -> None:
        self.control("/sandbox/tunnel-delays", {"modifying": 0.5, "returning": returning})

    def observed(self, site: str) -> AbstractContextManager[Observer]:
        """Looks at a site's tunnels as long as the block lasts."""
        connection, _ = self.ends(site)
        return observed(self.sandbox.client("ec2"), connection)


@pytest.fixture(scope="module")
def rolled(tmp_path_factory: pytest.TempPathFactory) -> Generator[Rolled]:
    sandbox = IsolatedSandbox(tmp_path_factory.mktemp("roll"))
    program = sandbox.program("aws-vpn", SAME_PROGRAM, {})
    (program.folder / "Pulumi.yaml").write_text(
        "name: aws-vpn\nruntime: python\nstackConfigDir: stacks\n", encoding="utf-8"
    )
    made = Rolled(sandbox, program)
    try:
        made.edit()
        up = program.up("prod")
        assert up.returncode == 0, up.stdout + up.stderr
        yield made
    finally:
        sandbox.close()


@pytest.fixture
def both_up(rolled: Rolled) -> Rolled:
    rolled.delay(returning=3)
    for site in ("berlin", "lisbon"):
        rolled.set_up(site)
    return rolled


def timeouts(rolled: Rolled, site: str) -> list[int]:
    return [tunnel["options"]["dpdTimeoutSeconds"] for tunnel in rolled.sites()[site]["tunnels"]]


def keys(rolled: Rolled, site: str) -> list[str]:
    document = rolled.program.outputs("prod")["configurations"][site]
    return re.findall("<pre_shared_key>(.*?)</pre_shared_key>", document)


def test_both_tunnels_at_once_are_refused_before_anything_happens(both_up: Rolled) -> None:
    before = timeouts(both_up, "berlin"), timeouts(both_up, "lisbon")
    both_up.edit(tunnelDefaults={"dpdTimeoutSeconds": 50})
    refused = both_up.program.up("prod")
    told = refused.stdout + refused.stderr
    assert refused.returncode != 0
    assert "berlin: tunnel1DpdTimeoutSeconds, tunnel2DpdTimeoutSeconds would change both tunnels" in told
    assert "run aws-vpn roll tunnels --stack prod --site berlin" in told
    assert "Traceback" not in told
    assert (timeouts(both_up, "berlin"), timeouts(both_up, "lisbon")) == before


def test_a_roll_leaves_no_moment_without_a_tunnel_and_a_plain_up_does(both_up: Rolled) -> None:
    before = timeouts(both_up, "berlin")
    both_up.edit(tunnelDefaults={"dpdTimeoutSeconds": 60})
    with both_up.observed("lisbon") as seen:
        done = both_up.runbook(OPTIONS)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 tunnels changed" in done.stdout
    assert timeouts(both_up, "lisbon") == [60, 60]
    assert timeouts(both_up, "berlin") == before
    assert (seen.both_down, seen.one_down > 0) == (0, True), seen
    assert both_up.rendered().count("remote_addrs") == 2

    both_up.delay(returning=60)
    with both_up.observed("berlin") as plain:
        up = both_up.program.up("prod", env={"AWS_VPN_CHANGE_TUNNELS": "both"})
    assert up.returncode == 0, up.stdout + up.stderr
    assert plain.both_down > 0, plain
    both_up.set_up("berlin")
    seen_to = both_up.runbook(SEEN_TO)
    assert seen_to.returncode == 0, seen_to.stdout + seen_to.stderr


def test_a_roll_that_was_cut_off_goes_on_when_the_tunnel_is_back(both_up: Rolled) -> None:
    before = timeouts(both_up, "lisbon")
    both_up.edit(tunnelDefaults={"dpdTimeoutSeconds": 70})
    both_up.delay(returning=None)
    words = ("aws-vpn", "roll", "tunnels", "--stack", "prod", "--site", "lisbon")
    rolling = both_up.sandbox.start(*words, cwd=both_up.program.folder)
    assert rolling.stdout is not None
    assert any("waiting until AWS reports tunnel 1" in line for line in rolling.stdout)
    rolling.send_signal(signal.SIGKILL)
    rolling.wait(GIVES_UP_SECONDS)
    rolling.stdout.close()
    assert timeouts(both_up, "lisbon") == [70, before[1]]

    again = both_up.roll("tunnels", "--site", "lisbon", "--wait", "0.01")
    assert again.returncode == 1
    assert re.search(
        r"lisbon: tunnel 1 \(.*\) is down since .*, so tunnel 2 \(.*\) stays as it is", again.stderr
    )
    assert timeouts(both_up, "lisbon") == [70, before[1]]

    both_up.set_up("lisbon")
    both_up.delay(returning=1)
    with both_up.observed("lisbon") as seen:
        last = both_up.roll("tunnels", "--site", "lisbon")
    assert last.returncode == 0, last.stdout + last.stderr
    assert "1 tunnels changed" in last.stdout
    assert timeouts(both_up, "lisbon") == [70, 70]
    assert seen.both_down == 0, seen


def test_keys_are_rolled_in_both_storages(both_up: Rolled) -> None:
    before = keys(both_up, "lisbon")
    both_up.delay(returning=None)
    lost = both_up.roll("keys", "--site", "lisbon", "--wait", "0.02")
    assert lost.returncode == 1
    assert "lisbon: tunnel 1" in lost.stderr
    assert "did not come up" in lost.stderr
    halfway = keys(both_up, "lisbon")
    assert len({*before} & {*halfway}) == 1

    both_up.edit(presharedKeyStorage="SecretsManager")
    refused = both_up.program.preview("prod")
    assert refused.returncode != 0
    # The engine may end at the first site that is refused.
    assert re.search("aws-vpn roll keys --stack prod --site (berlin|lisbon)", refused.stdout + refused.stderr)
    both_up.set_up("lisbon")
    both_up.delay(returning=1)
    with both_up.observed("lisbon") as seen:
        moved = both_up.runbook(KEYS)
    assert moved.returncode == 0, moved.stdout + moved.stderr
    assert seen.both_down == 0, seen
    assert keys(both_up, "lisbon") == ["REDACTED", "REDACTED"]
    connection, addresses = both_up.ends("lisbon")
    (found,) = both_up.sandbox.client("ec2").describe_vpn_connections(VpnConnectionIds=[connection])[
        "VpnConnections"
    ]
    secrets = both_up.sandbox.client("secretsmanager")
    stored = json.loads(secrets.get_secret_value(SecretId=found["PreSharedKeyArn"])["SecretString"])
    assert sorted(stored) == sorted(addresses)
    assert not {*stored.values()} & {*before, *halfway}
    rendered = both_up.rendered()
    assert all(key in rendered for key in stored.values())
    for output in (moved.stdout, moved.stderr):
        assert not any(key in output for key in stored.values())


def test_maintenance_is_applied_one_tunnel_at_a_time_in_its_window(both_up: Rolled) -> None:
    connection, addresses = both_up.ends("berlin")
    for address in addresses:
        both_up.control("/sandbox/maintenance", {"vpnConnectionId": connection, "outsideIp": address})
    hour = time.gmtime(time.time() + 7200).tm_hour
    closed = both_up.roll("maintenance", "--window", f"{hour:02}:00-{hour:02}:01")
    assert closed.returncode == 0, closed.stdout + closed.stderr
    assert "waits for the window" in closed.stdout
    assert "0 replacements applied" in closed.stdout
    with both_up.observed("berlin") as seen:
        applied = both_up.runbook(MAINTENANCE)
    assert applied.returncode == 0, applied.stdout + applied.stderr
    assert "2 replacements applied" in applied.stdout
    assert (seen.both_down, seen.one_down > 0) == (0, True), seen
    assert "0 replacements applied" in both_up.roll("maintenance").stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("tunnels", "--site", "porto"), "no site porto in stack prod; should be one of berlin, lisbon"),
        (("tunnels", "--out", "x"), "one of --out and --device without the other"),
        (("maintenance", "--window", "2-4"), "--window '2-4'; should be two times in UTC"),
    ],
)
def test_what_is_wrong_is_said_at_once(rolled: Rolled, words: tuple[str, ...], said: str) -> None:
    refused = rolled.roll(*words)
    assert refused.returncode == 1
    assert said in refused.stderr
    assert len(refused.stderr.splitlines()) == 1

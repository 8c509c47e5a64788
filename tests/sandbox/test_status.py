"""`aws-vpn status` of a stack deployed in the sandbox: causes, partial answers, exit codes, time."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from labs.isolated_sandbox import Finished, IsolatedSandbox
from sandbox.wrapper import moto_process

HANG_SECONDS = 30
"""Far longer than a status takes on the slowest machine."""


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Generator[IsolatedSandbox]:
    sandbox = IsolatedSandbox(tmp_path_factory.mktemp("status"))
    try:
        up = sandbox.project.up("dev")
        assert up.returncode == 0, up.stdout + up.stderr
        give_address_to(sandbox, "main")
        yield sandbox
    finally:
        sandbox.close()


def give_address_to(sandbox: IsolatedSandbox, role: str) -> str:
    """What the monitor does once it has proven a server; the server's id."""
    ec2 = sandbox.client("ec2")
    named = {"Name": "tag:Name", "Values": [f"aws-vpn-dev-openvpn-staff-{role}"]}
    server = ec2.describe_instances(Filters=[named])["Reservations"][0]["Instances"][0]["InstanceId"]
    address = sandbox.project.outputs("dev")["openVpn"]["staff"]["publicIp"]
    (found,) = ec2.describe_addresses(PublicIps=[address])["Addresses"]
    ec2.associate_address(AllocationId=found["AllocationId"], InstanceId=server, AllowReassociation=True)
    return server


def control(sandbox: IsolatedSandbox, method: str, path: str, document: object = None) -> None:
    request = urllib.request.Request(
        moto_process.ensure(sandbox.places).endpoint + path,
        method=method,
        data=json.dumps(document).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30):
        return


def status(sandbox: IsolatedSandbox, *options: str) -> Finished:
    return sandbox.run("aws-vpn", "status", *options)


def environment(done: Finished) -> dict[str, Any]:
    return json.loads(done.stdout)["environments"][0]


def tunnels(sandbox: IsolatedSandbox) -> tuple[str, list[str]]:
    site = sandbox.project.outputs("dev")["hardwareVpn"]["sites"]["berlin"]
    return site["vpnConnectionId"], [tunnel["outsideAddress"] for tunnel in site["tunnels"]]


def set_tunnel(sandbox: IsolatedSandbox, connection: str, address: str, state: str) -> None:
    document = {"vpnConnectionId": connection, "outsideIp": address, "status": state}
    control(sandbox, "POST", "/sandbox/telemetry", document)


def test_a_tunnel_that_is_down_is_told_with_its_cause(deployed: IsolatedSandbox) -> None:
    connection, (first, second) = tunnels(deployed)
    for address in (first, second):
        set_tunnel(deployed, connection, address, "UP")
    well = status(deployed, "--stack", "dev", "--json")
    assert well.returncode == 0, well.stdout + well.stderr
    set_tunnel(deployed, connection, first, "DOWN")
    logs = deployed.client("logs")
    group, stream = "/aws/vendedlogs/aws-vpn/dev/hardware-vpn", f"{connection}_{first}"
    logs.create_log_stream(logGroupName=group, logStreamName=stream)
    line = json.dumps({"details": "AWS tunnel detected a pre-shared key mismatch with cgw: 203.0.113.10"})
    event = {"timestamp": int(time.time() * 1000), "message": line}
    logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[event])
    one_down = status(deployed, "--stack", "dev", "--json")
    assert one_down.returncode == 1
    shown = environment(one_down)["sites"][0]["tunnels"]
    assert [tunnel["up"] for tunnel in shown] == [False, True]
    assert shown[0]["cause"]["id"] == "wrong-key"
    set_tunnel(deployed, connection, second, "DOWN")
    both_down = status(deployed, "--stack", "dev")
    assert both_down.returncode == 2
    assert "the pre-shared keys of the two ends differ" in both_down.stdout


def test_the_holder_of_the_address_is_told(deployed: IsolatedSandbox) -> None:
    ec2 = deployed.client("ec2")
    main = give_address_to(deployed, "main")
    give_address_to(deployed, "standby")
    moved = environment(status(deployed, "--stack", "dev", "--json"))["pairs"][0]
    assert moved["holder"] == "standby"
    ec2.stop_instances(InstanceIds=[main])
    stopped = environment(status(deployed, "--stack", "dev", "--json"))
    assert "staff: main is stopped" in [finding["text"] for finding in stopped["findings"]]
    ec2.start_instances(InstanceIds=[main])
    give_address_to(deployed, "main")


def fully_answered(sandbox: IsolatedSandbox) -> tuple[int, dict[str, Any]]:
    """The exit code and the state of a look at which every question was answered in time."""
    done = status(sandbox, "--stack", "dev", "--json")
    for _ in range(9):
        if not environment(done)["unanswered"]:
            break
        done = status(sandbox, "--stack", "dev", "--json")
    return done.returncode, environment(done)


def test_each_fault_is_told_at_the_next_look(deployed: IsolatedSandbox) -> None:
    """A tunnel is cut, the server with the address dies, and a client is revoked: as AWS would show each."""
    connection, (first, second) = tunnels(deployed)
    for address in (first, second):
        set_tunnel(deployed, connection, address, "UP")
    say_of_servers(deployed, healthy=True)
    peer = "198.51.100.7:50000"
    log_of_servers(deployed, f"openvpn: {peer} [anna] Peer Connection Initiated with [AF_INET]{peer}")
    _, well = fully_answered(deployed)
    assert well["findings"] == []
    assert well["pairs"][0]["sessions"] == ["anna"]

    set_tunnel(deployed, connection, first, "DOWN")
    say_of_servers(deployed, healthy=False)
    log_of_servers(
        deployed,
        "fetch-openvpn-secrets: revocation list 2 installed, 1 revoked",
        f"openvpn: anna/{peer} SIGTERM[soft,remote-exit] received, client-instance exiting",
    )
    code, state = fully_answered(deployed)
    assert code == 2
    told = [(finding["level"], finding["text"]) for finding in state["findings"]]
    assert any(level == 1 and text.startswith(f"berlin: tunnel {first} is down") for level, text in told)
    assert (2, "staff: main does not answer its monitor") in told
    (pair,) = state["pairs"]
    assert (pair["sessions"], pair["revocationList"]) == ([], "revocation list 2 installed, 1 revoked")


def say_of_servers(sandbox: IsolatedSandbox, *, healthy: bool) -> None:
    """What the monitor sends each minute."""
    dimensions = [
        {"Name": "Environment", "Value": "dev"},
        {"Name": "Name", "Value": "openvpn-staff"},
    ]
    values = {"MainHealthy": float(healthy), "StandbyHealthy": 1.0, "AddressOnMain": 1.0}
    sandbox.client("cloudwatch").put_metric_data(
        Namespace="aws-vpn",
        MetricData=[
            {"MetricName": name, "Dimensions": dimensions, "Value": value} for name, value in values.items()
        ],
    )


def log_of_servers(sandbox: IsolatedSandbox, *lines: str) -> None:
    logs, group, stream = sandbox.client("logs"), "/aws-vpn/dev/openvpn/staff", "main"
    if not logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=stream)["logStreams"]:
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
    now = int(time.time() * 1000)
    events = [{"timestamp": now + i, "message": line} for i, line in enumerate(lines)]
    logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)


def fault(sandbox: IsolatedSandbox, action: str, kind: str) -> None:
    document = {"service": "*", "action": action, "kind": kind, "count": -1, "seconds": HANG_SECONDS}
    control(sandbox, "POST", "/sandbox/faults", document)


def test_a_service_that_hangs_is_named_and_the_rest_is_shown_in_time(deployed: IsolatedSandbox) -> None:
    fault(deployed, "DescribeAlarms", "hang")
    fault(deployed, "GetMetricData", "hang")
    try:
        began = time.monotonic()
        done = status(deployed, "--stack", "dev", "--json")
        took = time.monotonic() - began
    finally:
        control(deployed, "DELETE", "/sandbox/faults")
    state = environment(done)
    assert took < HANG_SECONDS
    assert state["unanswered"] == [{"what": "monitors' metrics, alarms", "why": "no answer in time"}]
    assert len(state["sites"][0]["tunnels"]) == 2
    assert state["pairs"][0]["holder"] == "main"


def test_a_call_that_is_refused_is_one_line(deployed: IsolatedSandbox) -> None:
    fault(deployed, "DescribeAddresses", "error")
    try:
        done = status(deployed, "--stack", "dev")
    finally:
        control(deployed, "DELETE", "/sandbox/faults")
    assert "could not be asked: addresses: " in done.stdout
    assert "berlin" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_a_stack_that_is_not_deployed_and_one_that_is_unknown(deployed: IsolatedSandbox) -> None:
    every = status(deployed, "--all", "--json")
    states = {one["stack"]: one for one in json.loads(every.stdout)["environments"]}
    assert states["dev"]["deployed"]
    assert not states["prod"]["deployed"]
    unknown = status(deployed, "--stack", "produktion")
    assert unknown.returncode == 2
    assert unknown.stderr.startswith("no stack 'produktion'; should be one of dev, prod, staging")


def test_without_credentials_every_question_is_in_one_line(deployed: IsolatedSandbox, tmp_path: Path) -> None:
    keys = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    without = [word for key in keys for word in ("-u", key)]
    home = [f"HOME={tmp_path}", "AWS_EC2_METADATA_DISABLED=true"]
    done = deployed.run("env", *without, *home, "aws-vpn", "status", "--stack", "dev")
    assert done.returncode == 1
    assert "Unable to locate credentials" in done.stdout
    assert done.stdout.count("could not be asked") == 1


def test_what_somebody_changed_by_hand_is_told(deployed: IsolatedSandbox) -> None:
    ec2, vpc = deployed.client("ec2"), deployed.project.outputs("dev")["network"]["vpcId"]
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": False})
    try:
        shown = environment(status(deployed, "--stack", "dev", "--drift", "--json"))
    finally:
        ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    assert "network (aws:ec2/vpc:Vpc): update" in shown["drift"]


def test_what_is_deployed_costs_what_its_stack_file_says(deployed: IsolatedSandbox) -> None:
    told = deployed.run("aws-vpn", "cost", "--stack", "dev", "--against", "deployed", "--json")
    assert told.returncode == 0, told.stdout + told.stderr
    document = json.loads(told.stdout)
    assert (document["against"], document["changes"]) == ("the last deployment", [])
    assert document["unpriced"] == []


def test_the_report_draws_what_is_deployed(deployed: IsolatedSandbox, tmp_path: Path) -> None:
    done = deployed.run("aws-vpn", "report", "--stack", "dev", "--out", str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    (drawn,) = json.loads((tmp_path / "report.json").read_text("utf-8"))["environments"]
    assert drawn["pending"] == [], "the stack file is what was deployed"
    assert drawn["state"]["deployed"]
    assert drawn["cost"]["total"] > 0
    assert [site["name"] for site in drawn["sites"]] == ["berlin"]

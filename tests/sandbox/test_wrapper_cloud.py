"""The sandbox's cloud: one to a sandbox, noticed when it is a new one, gone after `make down`."""

from __future__ import annotations

import subprocess
import sys

import psutil
import pytest

from labs.isolated_sandbox import Finished, IsolatedSandbox, Program
from sandbox.wrapper import moto_process as cloud
from sandbox.wrapper.places import ROOT

ONE_VPC = """
import pulumi, pulumi_aws

vpc = pulumi_aws.ec2.Vpc("main", cidr_block="10.0.0.0/16")
pulumi.export("vpc", vpc.id)
"""

MANY_SUBNETS = """
import pulumi_aws

vpc = pulumi_aws.ec2.Vpc("main", cidr_block="10.0.0.0/16")
for number in range(40):
    pulumi_aws.ec2.Subnet(f"subnet-{number}", vpc_id=vpc.id, cidr_block=f"10.0.{number}.0/24")
"""


@pytest.fixture
def one_vpc(sandbox: IsolatedSandbox) -> Program:
    return sandbox.program("one-vpc", ONE_VPC, {"dev": {"aws:region": "eu-central-1"}})


def down(sandbox: IsolatedSandbox) -> Finished:
    return subprocess.run(
        [sys.executable, "-m", "sandbox.wrapper.down"],
        cwd=ROOT,
        env=sandbox.env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def vpcs(sandbox: IsolatedSandbox) -> list[str]:
    """The VPCs in the cloud that are not AWS's own default ones."""
    found = sandbox.client("ec2").describe_vpcs()["Vpcs"]
    return [vpc["VpcId"] for vpc in found if not vpc["IsDefault"]]


def test_what_is_deployed_is_in_the_cloud(sandbox: IsolatedSandbox, one_vpc: Program) -> None:
    finished = one_vpc.up("dev")
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "warning" not in finished.stdout
    assert vpcs(sandbox) == [one_vpc.outputs("dev")["vpc"]]
    assert one_vpc.destroy("dev").returncode == 0
    assert vpcs(sandbox) == []


def test_a_cloud_that_was_restarted_is_noticed(sandbox: IsolatedSandbox, one_vpc: Program) -> None:
    assert one_vpc.up("dev").returncode == 0
    before = cloud.ensure(sandbox.places)
    process = psutil.Process(before.pid)
    process.kill()
    psutil.wait_procs([process], timeout=30)
    finished = one_vpc.up("dev")
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert finished.stderr.splitlines() == [
        "The sandbox's cloud was restarted and is empty: what Pulumi knew of it is dropped."
    ]
    assert "2 created" in finished.stdout
    assert vpcs(sandbox) == [one_vpc.outputs("dev")["vpc"]]
    assert cloud.ensure(sandbox.places).id != before.id


def test_an_engine_killed_in_the_middle_is_followed_by_one_that_completes(sandbox: IsolatedSandbox) -> None:
    program = sandbox.program("many", MANY_SUBNETS, {"dev": {"aws:region": "eu-central-1"}})
    engine = sandbox.start("pulumi", "up", "--yes", "--skip-preview", "--stack", "dev", cwd=program.folder)
    assert engine.stdout is not None
    created = (line for line in engine.stdout if "created (" in line)
    for _ in range(8):
        assert next(created)
    engine.kill()
    engine.wait()
    finished = program.up("dev")
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert finished.stderr.startswith("Removed the lock that an engine now gone")
    assert "pending operations" not in finished.stdout
    ours = sandbox.client("ec2").describe_subnets(Filters=[{"Name": "vpc-id", "Values": vpcs(sandbox)}])
    assert len(ours["Subnets"]) == 40
    assert len(vpcs(sandbox)) == 1
    assert program.up("dev", "--expect-no-changes").returncode == 0


def test_commands_started_together_share_one_cloud(sandbox: IsolatedSandbox) -> None:
    started = [sandbox.start("sh", "-c", "echo $AWS_ENDPOINT_URL") for _ in range(3)]
    said = [process.communicate(timeout=120)[0] for process in started]
    endpoints = {text.splitlines()[-1] for text in said}
    assert endpoints == {cloud.ensure(sandbox.places).endpoint}


def test_down_ends_the_cloud_and_forgets_it(sandbox: IsolatedSandbox) -> None:
    process = psutil.Process(cloud.ensure(sandbox.places).pid)
    first, second = down(sandbox), down(sandbox)
    assert (first.returncode, first.stderr) == (0, "The sandbox is down.\n")
    assert (second.returncode, second.stderr) == (0, "The sandbox is down already.\n")
    assert not process.is_running()
    assert not sandbox.places.state.exists()


def test_down_leaves_a_process_that_only_has_the_cloud_s_pid(sandbox: IsolatedSandbox) -> None:
    running = cloud.ensure(sandbox.places)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        text = sandbox.places.cloud.read_text(encoding="utf-8")
        sandbox.places.cloud.write_text(text.replace(str(running.pid), str(stranger.pid)), encoding="utf-8")
        finished = down(sandbox)
        assert stranger.poll() is None
        stranger.communicate(b"\n")
    psutil.Process(running.pid).kill()
    assert finished.stderr == "The sandbox was not running; its state is cleared.\n"


def test_a_shell_that_takes_over_the_exports_sees_the_cloud(sandbox: IsolatedSandbox) -> None:
    script = f"""
    eval "$({sys.executable} -m sandbox.wrapper.exports dev)"
    {sys.executable} -c 'import boto3; print(len(boto3.client("ec2").describe_vpcs()["Vpcs"]))'
    """
    finished = subprocess.run(
        ["sh", "-c", script],
        cwd=ROOT,
        env={**sandbox.env, "AWS_PROFILE": "work"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    assert int(finished.stdout) == 1


def test_a_command_s_exit_code_is_passed_on(sandbox: IsolatedSandbox) -> None:
    assert sandbox.run("sh", "-c", "exit 7").returncode == 7
    missing = sandbox.run("no-such-command")
    assert missing.returncode == 1
    assert missing.stderr == "sandbox: no-such-command: No such file or directory\n"
    nothing = sandbox.run()
    assert nothing.stderr == "sandbox: which command? usage: bin/sandbox COMMAND [ARGUMENT...]\n"

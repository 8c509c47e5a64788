"""The policies that `aws-vpn iam` prints, in force: what they are for works under them, and needs them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Generator
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from access.passphrase import VARIABLE as PASSPHRASE
from labs.isolated_sandbox import SAME_PROGRAM, Finished, IsolatedSandbox, Program
from model.arns import Place
from model.tunnel_changes import VARIABLE
from operations.iam.policies import ROLES, Subject, policies
from sandbox.moto_server.permissions.policy import Request, Verdict, decide
from sandbox.wrapper import moto_process, variables

pytestmark = pytest.mark.timeout(1500)
"""Seconds: the first test waits for all of an environment's life."""

OF_A_STACK = tuple(role for role in ROLES if role != "adopt")
"""The roles of an environment that this program makes; `test_adopt.py` has the other one at work."""
STACK = "prod"
CALLER = "sandbox"
"""The key that every command in the sandbox calls with; whoever looks on uses another."""
SUBJECT = Subject(STACK, Place("eu-central-1", "123456789012"), shows_tunnel_keys=False)

Config = dict[str, Any]
Documents = list[dict[str, Any]]


def before(certificate: str) -> Config:
    """An environment with one of everything."""
    sites: list[Config] = [
        {"name": "berlin", "publicIp": "203.0.113.10", "bgpAsn": 65010, "lanCidrs": ["192.168.10.0/24"]},
        {"name": "lisbon", "publicIp": "198.51.100.20", "lanCidrs": ["192.168.30.0/24"]},
        {"name": "porto", "certificateArn": certificate, "lanCidrs": ["192.168.50.0/24"]},
    ]
    return {
        "aws:region": SUBJECT.place.region,
        "aws-vpn:network": {
            "cidr": "10.30.0.0/16",
            "availabilityZones": [f"eu-central-1{zone}" for zone in "abc"],
        },
        "aws-vpn:hardwareVpn": {"presharedKeyStorage": "SecretsManager", "sites": sites},
        "aws-vpn:openVpn": [
            {
                "name": "staff",
                "clientPool": "172.27.8.0/22",
                "offices": [{"name": "faro", "lanCidrs": ["192.168.40.0/24"]}],
            }
        ],
        "aws-vpn:nat": {"mode": "instances"},
        "aws-vpn:hostImage": "20250814-2205",
        "aws-vpn:alerts": {"emails": ["first@example.com"]},
        "aws-vpn:tags": {"Owner": "platform", "CostCenter": "3000"},
    }


def with_lisbon(config: Config, lisbon: Config) -> Config:
    """The same with another second site."""
    changed = deepcopy(config)
    changed["aws-vpn:hardwareVpn"]["sites"][1] = lisbon
    return changed


def after(first: Config) -> Config:
    """The same with all changed that can change."""
    config = deepcopy(first)
    config["aws-vpn:network"]["flowLogs"] = {"retentionDays": 60}
    vpn = config["aws-vpn:hardwareVpn"]
    vpn["tunnelDefaults"] = {"phase1LifetimeSeconds": 7200}
    vpn["tunnelLogs"] = {"outputFormat": "text", "retentionDays": 60}
    vpn["sites"].pop()
    vpn["sites"][0]["publicIp"] = "203.0.113.11"
    vpn["sites"][1].update(
        {"lanCidrs": ["192.168.31.0/24"], "tunnels": [{"insideCidr": "169.254.77.0/30"}, {}]}
    )
    config["aws-vpn:openVpn"][0].update(
        {
            "permitted": ["private-b"],
            "port": 1195,
            "instanceType": "t4g.medium",
            "logRetentionDays": 60,
            "offices": [{"name": "faro", "lanCidrs": ["192.168.41.0/24"]}],
            "failover": {"monitorZone": "eu-central-1b"},
        }
    )
    config["aws-vpn:nat"] = {"mode": "none"}
    config["aws-vpn:hostImage"] = "20251006-2257"
    config["aws-vpn:alerts"] = {"emails": ["second@example.com"], "tunnelDownMinutes": 10}
    config["aws-vpn:tags"] = {"Owner": "network"}
    return config


def at_last(second: Config) -> Config:
    """What cannot change together with the rest: another way out, and servers of another size."""
    config = deepcopy(second)
    config["aws-vpn:nat"] = {"mode": "gateways"}
    config["aws-vpn:openVpn"][0]["instanceType"] = "t4g.large"
    return config


def actions_of(statement: dict[str, Any]) -> list[str]:
    """A statement's actions; a single one may stand alone."""
    return statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]


def granted(role: str) -> set[str]:
    """All actions that a role's policies allow."""
    statements = [one for policy in policies(role, SUBJECT) for one in policy["Statement"]]
    return {action for one in statements if one["Effect"] == "Allow" for action in actions_of(one)}


def without(documents: Documents, action: str) -> Documents:
    """The policies with an action taken away."""
    less = deepcopy(documents)
    for statement in (statement for policy in less for statement in policy["Statement"]):
        if statement["Effect"] == "Allow":
            statement["Action"] = [one for one in actions_of(statement) if one != action] or "none:None"
    return less


@dataclass(frozen=True)
class Step:
    """What a role did, how it ended, and what was asked of its policies."""

    role: str
    what: str
    finished: Finished | None
    decisions: list[dict[str, Any]]


@dataclass
class Enforced:
    """A sandbox whose cloud lets every command do what a role's policies allow, and nothing else."""

    sandbox: IsolatedSandbox
    program: Program = field(init=False)
    steps: list[Step] = field(default_factory=list["Step"])
    crippled: dict[str, Finished] = field(default_factory=dict[str, Finished])
    session: dict[str, str] = field(default_factory=dict[str, str])
    """The credentials of a role that has the policies in IAM too, where a simulation finds them."""

    @property
    def _url(self) -> str:
        return moto_process.ensure(self.sandbox.places).endpoint

    def control(self, method: str, path: str, document: object = None) -> Any:
        """An answer of the sandbox's cloud to what no cloud offers."""
        request = urllib.request.Request(
            f"{self._url}{path}",
            method=method,
            data=json.dumps(document).encode(),
            headers={"Content-Type": "application/json"},
        )
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(request, timeout=60) as answer:
            return json.load(answer)

    def put_in_force(self, documents: Documents) -> None:
        """These policies from now on."""
        texts = [json.dumps(document) for document in documents]
        callers = {CALLER, self.session.get("AccessKeyId", CALLER)}
        self.control("PUT", "/sandbox/permissions", dict.fromkeys(callers, texts))

    def step(self, role: str, what: str, do: Callable[[], Finished | None]) -> None:
        """Do it under the role's policies, and keep what happened."""
        self.put_in_force(policies(role, SUBJECT))
        finished = do()
        self.steps.append(Step(role, what, finished, self.control("GET", "/sandbox/permissions")))

    def cripple(self, role: str, action: str, do: Callable[[], Finished]) -> None:
        """Do it without an action that it needs."""
        self.put_in_force(without(policies(role, SUBJECT), action))
        finished = do()
        allowed = [one for one in self.control("GET", "/sandbox/permissions") if one["verdict"] == "allowed"]
        self.steps.append(Step(role, f"without {action}", None, allowed))
        self.crippled[action] = finished

    def client(self, service: str, key: str = "onlooker") -> Any:
        """A client with a key of its own, whom no policies limit, or with the commands' key."""
        create: Any = boto3.client
        return create(
            service,
            region_name=SUBJECT.place.region,
            endpoint_url=self._url,
            aws_access_key_id=key,
            aws_secret_access_key="secret",
        )

    def save(self, config: Config) -> None:
        """Write the stack's file, where Pulumi and the project's command look for it."""
        text = json.dumps({"config": config})
        for file in (self.program.folder, self.program.folder / "stacks"):
            file.mkdir(exist_ok=True)
            (file / f"Pulumi.{STACK}.yaml").write_text(text, encoding="utf-8")

    def command(self, *arguments: str) -> Finished:
        """One `aws-vpn` command in the program's folder."""
        env = {PASSPHRASE: "correct horse battery staple"}
        return self.sandbox.run("aws-vpn", *arguments, cwd=self.program.folder, env=env)

    def preflight(self) -> Finished:
        """`aws-vpn preflight` with the role's credentials, as in a pipeline."""
        sandboxed = variables.aws(self._url, SUBJECT.place.region)
        env = {
            **variables.inside(os.environ, sandboxed),
            "AWS_ACCESS_KEY_ID": self.session["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": self.session["SecretAccessKey"],
            "AWS_SESSION_TOKEN": self.session["SessionToken"],
        }
        return subprocess.run(
            [Path(sys.executable).with_name("aws-vpn"), "preflight", "--stack", STACK, "--json"],
            cwd=self.program.folder,
            env=env,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def take_role(self) -> None:
        """Make the role that deploys as docs/ci.md says, and take it."""
        iam = self.client("iam")
        trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        role = iam.create_role(RoleName="ci-prod-deploy", AssumeRolePolicyDocument=document)["Role"]
        for i, policy in enumerate(policies("deploy", SUBJECT)):
            made = iam.create_policy(PolicyName=f"deploy-{i}", PolicyDocument=json.dumps(policy))["Policy"]
            iam.attach_role_policy(RoleName=role["RoleName"], PolicyArn=made["Arn"])
        taken = self.client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="pipeline")
        self.session = taken["Credentials"]

    def access(self, *arguments: str) -> Finished:
        """One step of `aws-vpn access`, with an authority of the test's own."""
        home = str(self.program.folder / "authority")
        return self.command("access", "--home", home, "--stack", STACK, "--tunnel", "staff", *arguments)

    def give_address_to_main(self) -> None:
        """What the monitor does in an environment's first minutes."""
        ec2 = self.client("ec2")
        named = {"Name": "tag:Name", "Values": [f"aws-vpn-{STACK}-openvpn-staff-main"]}
        alive = {"Name": "instance-state-name", "Values": ["running"]}
        server = ec2.describe_instances(Filters=[named, alive])["Reservations"][0]["Instances"][0]
        address = {"Name": "tag:Name", "Values": [f"aws-vpn-{STACK}-openvpn-staff"]}
        (found,) = ec2.describe_addresses(Filters=[address])["Addresses"]
        ec2.associate_address(AllocationId=found["AllocationId"], InstanceId=server["InstanceId"])

    def bring_up(self, site: str) -> None:
        """What its router does."""
        exported = self.program.outputs(STACK)["hardwareVpn"]["sites"][site]
        for tunnel in exported["tunnels"]:
            asked = {"vpnConnectionId": exported["vpnConnectionId"], "outsideIp": tunnel["outsideAddress"]}
            self.control("POST", "/sandbox/telemetry", {**asked, "status": "UP"})

    def status(self) -> Finished:
        """`aws-vpn status`, again as long as AWS is too slow for it and it leaves something out."""
        for _ in range(60):
            told = self.command("status", "--stack", STACK, "--json")
            if not json.loads(told.stdout)["environments"][0]["unanswered"]:
                return told
        raise AssertionError("status is never answered in time")

    def drill(self) -> None:
        """What no command does: a tunnel replaced, and a session on a monitor's host."""
        ec2 = self.client("ec2", CALLER)
        berlin = {"Name": "tag:Site", "Values": ["berlin"]}
        connection = ec2.describe_vpn_connections(Filters=[berlin])["VpnConnections"][0]
        ec2.replace_vpn_tunnel(
            VpnConnectionId=connection["VpnConnectionId"],
            VpnTunnelOutsideIpAddress=connection["VgwTelemetry"][0]["OutsideIpAddress"],
        )
        monitor = {"Name": "tag:Name", "Values": [f"aws-vpn-{STACK}-nat-monitor"]}
        found = ec2.describe_instances(Filters=[monitor])["Reservations"][0]["Instances"][0]
        with pytest.raises(ClientError, match="start_session"):
            self.client("ssm", CALLER).start_session(Target=found["InstanceId"])


@pytest.fixture(scope="module")
def enforced(tmp_path_factory: pytest.TempPathFactory) -> Generator[Enforced]:
    run = Enforced(IsolatedSandbox(tmp_path_factory.mktemp("permissions")))
    try:
        work(run)
        yield run
    finally:
        run.sandbox.close()


def work(run: Enforced) -> None:
    """All that the policies are for, in the order of an environment's life."""
    issued = run.client("acm").request_certificate(DomainName="porto.example.com")
    first = before(issued["CertificateArn"])
    second = after(first)
    run.program = program = run.sandbox.program("aws-vpn", SAME_PROGRAM, {STACK: first})
    run.save(first)
    run.client("ec2").create_transit_gateway()
    run.take_role()
    run.control("POST", "/sandbox/tunnel-delays", {"modifying": 0.5, "returning": 1.0})

    run.step("deploy", "preflight", run.preflight)
    run.cripple("deploy", "ec2:CreateVpnConnection", do=lambda: program.up(STACK))
    run.step("deploy", "up", lambda: program.up(STACK))
    run.step("operate", "drill", run.drill)
    run.bring_up("lisbon")
    lisbon = first["aws-vpn:hardwareVpn"]["sites"][1]
    run.save(with_lisbon(first, {**lisbon, "tunnels": [{"phase1LifetimeSeconds": 7200}] * 2}))
    run.step("operate", "roll", lambda: run.command("roll", "tunnels", "--stack", STACK, "--site", "lisbon"))
    run.step("operate", "status", run.status)
    run.step("access", "init", lambda: run.access("init"))
    run.cripple("access", "secretsmanager:PutSecretValue", do=lambda: run.access("publish"))
    run.step("access", "publish", lambda: run.access("publish"))
    run.step("access", "issue", lambda: run.access("issue", "alice"))
    run.step("access", "list", lambda: run.access("list", "--seen"))
    run.save(second)
    at_once = {VARIABLE: "both"}
    run.cripple("preview", "ec2:DescribeImages", do=lambda: program.preview(STACK, env=at_once))
    run.step("preview", "preview", lambda: program.preview(STACK, env=at_once))
    run.step("deploy", "change", lambda: program.up(STACK, env=at_once))
    run.save(at_last(second))
    run.step("deploy", "last change", lambda: program.up(STACK))
    run.give_address_to_main()
    run.step("operate", "drift", lambda: run.command("status", "--stack", STACK, "--drift", "--json"))
    run.step("preview", "drift", lambda: program.pulumi("refresh", "--preview-only", "--stack", STACK))
    run.step("deploy", "refresh", lambda: program.refresh(STACK))
    run.step("deploy", "destroy", lambda: program.destroy(STACK))


def told(finished: Finished) -> str:
    """All that a command printed."""
    return finished.stdout + finished.stderr


TELLING = ("preflight", "status", "drift")
"""Steps that end with what they tell: a certificate waits for its owner, nobody brings the tunnels up."""


def test_everything_works_under_the_printed_policies(enforced: Enforced) -> None:
    for step in enforced.steps:
        refused = [one for one in step.decisions if one["verdict"] != "allowed"]
        assert refused == [], f"{step.role}: {step.what}"
        assert step.finished is None or "not authorized" not in told(step.finished)
        if step.finished is not None and step.what not in TELLING:
            assert step.finished.returncode == 0, f"{step.role}: {step.what}: {told(step.finished)}"
    assert {step.role for step in enforced.steps} == set(OF_A_STACK)


def test_preflight_is_told_by_a_simulation_that_the_role_may_deploy(enforced: Enforced) -> None:
    asked = next(step.finished for step in enforced.steps if step.what == "preflight")
    assert asked is not None
    states = {line["check"]: line["state"] for line in json.loads(asked.stdout)}
    assert states["permissions"] == "ok", asked.stdout
    assert "unknown" not in states.values()


@pytest.mark.parametrize("role", OF_A_STACK)
def test_whatever_is_granted_is_needed_by_a_step(enforced: Enforced, role: str) -> None:
    called = {one["action"] for step in enforced.steps if step.role == role for one in step.decisions}
    reasons = {action for actions in UNCALLED.values() for action in actions.split()}
    assert granted(role) - called - reasons == set(), "never called, and no reason is given"


def test_nothing_has_a_reason_that_every_role_calls(enforced: Enforced) -> None:
    uncalled = {
        action
        for role in OF_A_STACK
        for action in granted(role)
        - {one["action"] for step in enforced.steps if step.role == role for one in step.decisions}
    }
    assert {action for actions in UNCALLED.values() for action in actions.split()} - uncalled == set()


@pytest.mark.parametrize("role", OF_A_STACK)
def test_without_any_one_action_a_call_of_a_step_is_refused(enforced: Enforced, role: str) -> None:
    allowed: dict[str, tuple[str, Request]] = {
        one["action"]: (step.what, Request(one["action"], one["resource"], one["context"]))
        for step in enforced.steps
        if step.role == role
        for one in step.decisions
    }
    assert allowed
    for action, (what, request) in allowed.items():
        less = [json.dumps(document) for document in without(policies(role, SUBJECT), action)]
        assert decide(less, request) is not Verdict.ALLOWED, f"{what} can do without {action}"


@pytest.mark.parametrize(
    "action",
    ["ec2:CreateVpnConnection", "secretsmanager:PutSecretValue", "ec2:DescribeImages"],
)
def test_what_is_taken_away_ends_a_command_with_its_name(enforced: Enforced, action: str) -> None:
    crippled = enforced.crippled[action]
    assert crippled.returncode != 0
    assert action.partition(":")[2] in told(crippled)


UNCALLED = {
    "resourceBucketRead asks for all that a bucket may have": (
        "s3:GetAccelerateConfiguration s3:GetBucketAcl s3:GetBucketCORS s3:GetBucketLogging"
        " s3:GetBucketObjectLockConfiguration s3:GetBucketRequestPayment s3:GetBucketWebsite"
        " s3:GetLifecycleConfiguration s3:GetReplicationConfiguration"
    ),
    "resourceRoleRead asks for a role's policies of both kinds (readRoleInlinePolicies,"
    " readRolePolicyAttachments)": ("iam:ListAttachedRolePolicies iam:ListRolePolicies"),
    "resourceInstanceRead asks for volumes' tags (readVolumeTags), whether the type bursts"
    " (findInstanceTypeByName), and with which credits (findInstanceCreditSpecificationByID)": (
        "ec2:DescribeTags ec2:DescribeInstanceCreditSpecifications ec2:DescribeInstanceTypes"
    ),
    "resourceEIPRead asks for an address's reverse name (findEIPDomainNameAttributeByAllocationID)": (
        "ec2:DescribeAddressesAttribute"
    ),
    "interfaces that services left in a subnet or group go before it (deleteLingeringENIs)": (
        "ec2:DescribeNetworkInterfaces"
    ),
    "a group's capacity is waited for (waitGroupCapacitySatisfied), and a refresh that runs is ended before"
    " another (startInstanceRefresh, cancelInstanceRefresh, waitInstanceRefreshCancelled)": (
        "autoscaling:DescribeScalingActivities autoscaling:DescribeInstanceRefreshes"
        " autoscaling:CancelInstanceRefresh"
    ),
    "a topic's attributes are set in calls of their own (putTopicAttributes)": ("sns:SetTopicAttributes"),
    "whoever makes a key must be able to change its policy (AWS's table: CreateKey's dependent action)": (
        "kms:PutKeyPolicy"
    ),
    "resourceEIPDelete ends an association that the state holds (disassociateEIP); here servers go before"
    " their address, and the association with them": "ec2:DisassociateAddress",
    "resourceGroupUpdate encrypts the log groups of an environment from before it had a key": (
        "logs:AssociateKmsKey"
    ),
}
"""Rights that no step here uses, by what uses them on AWS: functions of terraform-provider-aws, by name."""

"""What `make up STACK=prod` deploys, with the staff tunnel's servers and monitor running.

No instance of the sandbox's cloud runs anything; here the staff tunnel's servers and monitor run as processes
in namespaces, with their instances' private addresses and with the files of their user data, and a server's
process ends when EC2 says that its instance is stopped. Each calls AWS with a key of its own, and may do what
its instance's role may.
"""

from __future__ import annotations

import base64
import re
import signal
import subprocess
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from labs.failover.door import Door
from labs.failover.layout import attach
from labs.failover.monitor import Monitor
from labs.isolated_sandbox import IsolatedSandbox
from labs.moto_server import CloudServer
from labs.namespaces import Host, Lab, Program, wait_until
from labs.openvpn_processes import CONNECTED
from labs.openvpn_tunnel import Tunnel
from sandbox.wrapper import moto_process as cloud
from sandbox.wrapper.places import ROOT
from stacks.hosts import openvpn_server
from stacks.stack_file import read_stack_file

PREFIX = "aws-vpn-prod-openvpn-staff"
SERVER_ROLE, MONITOR_ROLE = PREFIX, f"{PREFIX}-monitor"
MONITOR = "10.30.250.10"
API = ("10.30.250.1", 5000)
STACK_FILE = ROOT / "stacks/Pulumi.prod.yaml"


@dataclass
class Machine:
    """A server's instance, and the process that stands for it."""

    instance: dict[str, Any]
    host: Host
    root: Path
    url: str
    program: Program | None = None

    def fetch(self) -> None:
        """What the timer does twice a minute: bring the keys and the revocation list from Secrets Manager."""
        service = (self.root / "etc/systemd/system/fetch-openvpn-secrets.service").read_text(encoding="utf-8")
        command = re.search(r"^ExecStart=(.*) --unit \S+$", service, re.MULTILINE)
        assert command
        program, *arguments = command[1].split()
        fetched = subprocess.run(
            [
                *(str(self.root / program.lstrip("/")), *arguments),
                *("--folder", str(self.root / "etc/openvpn/server")),
                *("--management", str(self.root / "run/openvpn-server/server.sock")),
            ],
            env=_credentials(self.url, SERVER_ROLE),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert fetched.returncode == 0, fetched.stdout + fetched.stderr

    def fetch_and_restart(self) -> None:
        """What the timer does when there are new keys."""
        self.fetch()
        if self.program:
            self.program.stop()
        self.start()

    def end(self) -> None:
        """What is left of an instance that is replaced: nothing."""
        if self.program:
            self.program.kill()
        self.host.run(["ip", "link", "del", "eth0"])

    @property
    def interface(self) -> str:
        """The instance's network interface."""
        return self.instance["NetworkInterfaces"][0]["NetworkInterfaceId"]

    def start(self) -> None:
        """What the instance does when it boots."""
        program = self.host.start(
            "openvpn",
            ["openvpn", "--cd", "/etc/openvpn/server", "--config", "server.conf"],
            mounts={"/etc/openvpn/server": self.root / "etc/openvpn/server", "/run": self.root / "run"},
        )
        wait_until(lambda: CONNECTED in program.log(), 15, program.log())
        self.program = program


@dataclass
class Prod:
    """The deployed stack, and the parts of it that run."""

    sandbox: IsolatedSandbox
    ec2: Any
    folder: Path
    main: Machine
    standby: Machine
    monitor: Monitor
    booted: Callable[[str], Machine]
    """Starts the machine of the instance that is main or standby now."""

    def on_monitor(self, commands: str) -> subprocess.CompletedProcess[str]:
        """Run commands as root on the monitor's host, with the files of its user data at their places."""
        root = self.folder / "monitor"
        credentials = _credentials(self.monitor.environment["AWS_ENDPOINT_URL"], MONITOR_ROLE)
        return self.monitor.host.run(
            [
                *("env", *(f"{name}={value}" for name, value in credentials.items())),
                *("bash", "-euo", "pipefail", "-c", commands),
            ],
            timeout=300,
            check=False,
            mounts={path: root / path[1:] for path in ("/usr/local", "/etc/default", "/run")},
        )

    def stack_file(self, changes: Mapping[str, Any]) -> Path:
        """A stack file of the test's own: the committed one with other settings in it."""
        document = yaml.safe_load(STACK_FILE.read_text(encoding="utf-8"))
        document["config"].update(changes)
        path = self.folder / "Pulumi.prod.yaml"
        path.write_text(yaml.safe_dump(document), encoding="utf-8")
        return path

    def replace(self, role: str) -> None:
        """Let the machine of an instance that is gone go too, and boot the one that took its place."""
        before = self.main if role == "main" else self.standby
        before.end()
        after = self.booted(role)
        assert after.instance["InstanceId"] != before.instance["InstanceId"]
        if role == "main":
            self.main = after
        else:
            self.standby = after

    def holder(self) -> str:
        """The interface that has the tunnel's address."""
        filters = [{"Name": "tag:Name", "Values": [PREFIX]}]
        return self.ec2.describe_addresses(Filters=filters)["Addresses"][0]["NetworkInterfaceId"]

    def routes(self) -> dict[str, int]:
        """How many routes point to each interface."""
        found: dict[str, int] = {}
        for table in self.ec2.describe_route_tables()["RouteTables"]:
            for route in table["Routes"]:
                interface = route.get("NetworkInterfaceId")
                if interface:
                    found[interface] = found.get(interface, 0) + 1
        return found

    def power(self, machine: Machine, on: bool) -> None:
        """Start or stop an instance through EC2; its process follows what EC2 says."""
        ids = [machine.instance["InstanceId"]]
        self.ec2.start_instances(InstanceIds=ids) if on else self.ec2.stop_instances(InstanceIds=ids)
        wanted = "running" if on else "stopped"
        wait_until(lambda: self.state(machine) == wanted, 10, wanted)
        if on:
            machine.start()
        elif machine.program:
            machine.program.signal(signal.SIGKILL)

    def state(self, machine: Machine) -> str:
        """What EC2 says of an instance."""
        found = self.ec2.describe_instances(InstanceIds=[machine.instance["InstanceId"]])
        return found["Reservations"][0]["Instances"][0]["State"]["Name"]


@contextmanager
def running_prod(sandbox: IsolatedSandbox, folder: Path) -> Generator[Prod]:
    """The stack deployed, the keys published, both servers serving, and a monitor that has proven them.

    Main has the address, as the monitor gave it to main.
    """
    deployed = sandbox.project.up("prod")
    assert deployed.returncode == 0, deployed.stdout + deployed.stderr
    server = CloudServer(0, cloud.ensure(sandbox.places).endpoint)
    _publish(sandbox, folder)
    hold_to_roles(server)
    ec2 = sandbox.client("ec2")
    with ExitStack() as stack:
        (folder / "logs").mkdir()
        lab = stack.enter_context(Lab(folder / "logs"))
        vpc = lab.host("vpc")
        vpc.forward()
        main, standby = (_machine(lab, vpc, ec2, role, folder, server.url) for role in ("main", "standby"))
        watcher = lab.host("monitor")
        lab.link(watcher, "eth0", vpc, "monitor")
        attach(vpc, watcher, "monitor", MONITOR)
        watcher.run(["sysctl", "-qw", "net.ipv4.ping_group_range=0 2147483647"])
        door = Door(vpc, *API, server)
        stack.callback(door.close)
        monitor = _monitor(ec2, watcher, folder, door, server.url)
        for n in range(2):
            monitor.wait("verdict", 20, n)
        monitor.wait("moved", 20)
        yield Prod(
            sandbox,
            ec2,
            folder,
            main,
            standby,
            monitor,
            lambda role: _machine(lab, vpc, ec2, role, folder, server.url),
        )


def hold_to_roles(server: CloudServer) -> None:
    """Let the cloud allow hosts what their roles allow, as these are at each call, and nothing else."""
    roles = {role: role for role in (SERVER_ROLE, MONITOR_ROLE)}
    status, answer = server.control("PUT", "/sandbox/permissions", roles)
    assert status == 200, answer


def _publish(sandbox: IsolatedSandbox, folder: Path) -> None:
    for command in ("init", "publish"):
        done = sandbox.run(
            *("aws-vpn", "access", "--stack", "prod", "--tunnel", "staff"),
            *("--home", str(folder / "authority"), command),
            env={"AWS_VPN_CA_PASSPHRASE": "a passphrase for tests only"},
        )
        assert done.returncode == 0, done.stdout + done.stderr


def _machine(lab: Lab, vpc: Host, ec2: Any, role: str, folder: Path, url: str) -> Machine:
    """The machine of an instance that runs now."""
    filters = [
        {"Name": "tag:Name", "Values": [f"{PREFIX}-{role}"]},
        {"Name": "instance-state-name", "Values": ["running"]},
    ]
    instance = ec2.describe_instances(Filters=filters)["Reservations"][0]["Instances"][0]
    name = f"{role}-{instance['InstanceId'][-4:]}"
    host = lab.host(name)
    lab.link(host, "eth0", vpc, name)
    attach(vpc, host, name, instance["PrivateIpAddress"])
    settings = read_stack_file(STACK_FILE)
    tunnel = next(tunnel for tunnel in settings.open_vpn if tunnel.name == "staff")
    root = Tunnel.write(openvpn_server("prod", settings, tunnel), folder / name)
    machine = Machine(instance, host, root, url)
    machine.fetch()
    machine.start()
    return machine


def _monitor(ec2: Any, host: Host, folder: Path, door: Door, url: str) -> Monitor:
    version = ec2.describe_launch_template_versions(LaunchTemplateName=f"{PREFIX}-monitor")
    data = version["LaunchTemplateVersions"][0]["LaunchTemplateData"]["UserData"]
    told = yaml.safe_load(base64.b64decode(data))["write_files"]
    place = folder / "fetch-host.json"
    place.write_text(next(one["content"] for one in told if one["path"] == "/etc/fetch-host.json"))
    fetch = next(one["content"] for one in told if one["path"] == "/usr/local/sbin/fetch-host")
    root = folder / "monitor"
    # systemd is not there: what the archive starts is started here.
    script = fetch.replace("subprocess.run([str(root / START_PROGRAM)], check=True)", "")
    subprocess.run(
        ["/usr/bin/python3", "-c", script, str(place), str(root)],
        env=_credentials(url, MONITOR_ROLE),
        check=True,
        timeout=30,
    )
    settings = (root / "etc/default/failover-monitor").read_text(encoding="utf-8").splitlines()
    environment = {
        **dict(line.split("=", 1) for line in settings),
        **_credentials(door.url, MONITOR_ROLE),
        "PYTHONPATH": str(root / "usr/local/lib/failover-monitor"),
    }
    control = root / "run/failover-monitor/control"
    control.parent.mkdir(parents=True)
    command = ["/usr/bin/python3", "-m", "failover_monitor", "--control-socket", str(control)]
    program = host.start("monitor", [*command, "run"], environment=environment)
    return Monitor(program, control, environment, host, command)


def _credentials(url: str, role: str) -> dict[str, str]:
    """The key of a host of the role; here it is the role's name."""
    return {"AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": role, "AWS_SECRET_ACCESS_KEY": "test"}

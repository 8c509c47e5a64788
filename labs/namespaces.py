"""Small networks made of Linux network namespaces: hosts, links between them, and programs that run on them.

A host's namespace has no name: a process that sleeps holds it, and the kernel frees it with the last process
in it. Leaving the lab ends everything that it started. Should the test run itself be killed, everything dies
with it as well, but for programs that gave up root: the kernel forgets their order to die (prctl(2),
PR_SET_PDEATHSIG).

    with Lab(tmp_path) as lab:
        client, server = lab.host("client"), lab.host("server")
        lab.link(client, "eth0", server, "eth0")
        client.address("eth0", "10.0.0.1/24")
        server.address("eth0", "10.0.0.2/24")
        httpd = server.start("httpd", ["python3", "-m", "http.server", "80"])
        wait_until(lambda: "Serving" in httpd.log(), 5, "the web server")
        client.run(["ping", "-c", "1", "10.0.0.2"])
"""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

Mounts = Mapping[str, Path]
"""What a program sees: the path it knows, and the file or directory that it finds there."""


class NetworkError(Exception):
    """A command in a lab failed, a program ended early, or a wait took too long."""


def wait_until(condition: Callable[[], object], seconds: float, what: str, every: float = 0.1) -> float:
    """Waits until `condition` holds; returns how many seconds that took.

    Raises:
        NetworkError: it did not within `seconds`.
    """
    start = time.monotonic()
    while not condition():
        if time.monotonic() - start > seconds:
            raise NetworkError(f"{what}: not within {seconds} s")
        time.sleep(every)
    return time.monotonic() - start


@dataclass(frozen=True)
class Program:
    """A program that runs on a host; what it prints goes to `log_file`."""

    name: str
    process: subprocess.Popen[bytes]
    log_file: Path

    @property
    def pid(self) -> int:
        """The program's own process id."""
        return self.process.pid

    def log(self) -> str:
        """What the program printed so far."""
        return self.log_file.read_text(encoding="utf-8", errors="replace")

    def is_running(self) -> bool:
        """Whether the program has not ended."""
        return self.process.poll() is None

    def signal(self, number: signal.Signals) -> None:
        """Sends the program a signal, such as SIGSTOP to make it hang."""
        self.process.send_signal(number)

    def kill(self) -> None:
        """Ends the program at once, without a goodbye to its peers."""
        self.process.kill()
        self.process.wait(60)

    def stop(self, seconds: float = 5) -> None:
        """Asks the program to end, and ends it at once when it does not within `seconds`."""
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()


@dataclass(frozen=True)
class Host:
    """A network namespace, with loopback up."""

    name: str
    holder: subprocess.Popen[bytes]
    directory: Path
    programs: list[Program] = field(default_factory=list["Program"])

    @property
    def namespace(self) -> Path:
        """The namespace, as `nsenter --net=` and `ip link set ... netns` take it."""
        return Path(f"/proc/{self.holder.pid}/ns/net")

    def processes(self) -> list[int]:
        """The ids of all processes in the namespace, the one that holds it among them."""
        namespace = self.namespace.readlink()
        pids = [entry.name for entry in Path("/proc").iterdir() if entry.name.isdigit()]
        return [int(pid) for pid in pids if _is_in(pid, namespace)]

    def run(
        self, command: Sequence[str], timeout: float = 20, check: bool = True, mounts: Mounts | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Runs a command to its end.

        Raises:
            NetworkError: it failed and `check` is set, or it took longer than `timeout` seconds.
        """
        try:
            done = subprocess.run(
                self._inside(command, mounts or {}),
                capture_output=True,
                text=True,
                errors="replace",
                timeout=timeout,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise NetworkError(f"{self.name}: {shlex.join(command)}: longer than {timeout} s") from None
        if check and done.returncode != 0:
            raise NetworkError(
                f"{self.name}: {shlex.join(command)}: exit code {done.returncode}: {done.stdout}{done.stderr}"
            )
        return done

    def start(
        self,
        name: str,
        command: Sequence[str],
        mounts: Mounts | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Program:
        """Starts a program that keeps running; `environment` is added to this process's own."""
        log_file = self.directory / f"{self.name}-{name}-{len(self.programs)}.log"
        with log_file.open("wb") as log:
            process = subprocess.Popen(
                self._inside(command, mounts or {}),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(environment or {})},
                start_new_session=True,
            )
        program = Program(name, process, log_file)
        self.programs.append(program)
        return program

    def address(self, interface: str, address: str) -> None:
        """Gives an interface an address, such as 10.0.0.1/24."""
        self.run(["ip", "address", "add", address, "dev", interface])

    def route(self, destination: str, gateway: str) -> None:
        """Routes a destination, such as default or 10.0.0.0/8, through a gateway."""
        self.run(["ip", "route", "add", destination, "via", gateway])

    def forward(self) -> None:
        """Makes a router of the host."""
        self.run(["sysctl", "-qw", "net.ipv4.ip_forward=1"])

    def interface_up(self, interface: str, up: bool = True) -> None:
        """Takes an interface up or down."""
        self.run(["ip", "link", "set", interface, "up" if up else "down"])

    def reaches(self, address: str, seconds: float = 1) -> bool:
        """Whether an address answers one ping within `seconds`."""
        ping = ["ping", "-n", "-q", "-c", "1", "-W", str(seconds), address]
        return self.run(ping, timeout=seconds + 5, check=False).returncode == 0

    def _inside(self, command: Sequence[str], mounts: Mounts) -> list[str]:
        entered = ["setpriv", "--pdeathsig", "KILL", "nsenter", f"--net={self.namespace}"]
        if not mounts:
            return [*entered, *command]
        binds = [
            f"mount --bind {shlex.quote(str(source))} {shlex.quote(target)}"
            for target, source in mounts.items()
        ]
        script = " && ".join([*binds, 'exec "$@"'])
        return [*entered, "unshare", "--mount", "--propagation", "slave", "sh", "-c", script, "sh", *command]


class Lab:
    """Hosts and links that exist as long as the `with` block; logs are written to `directory`."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._hosts: list[Host] = []

    def __enter__(self) -> Lab:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with ExitStack() as endings:
            for host in self._hosts:
                endings.callback(_end, host)

    def host(self, name: str) -> Host:
        """A new host without links."""
        holder = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "unshare", "--net", "sleep", "infinity"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        host = Host(name, holder, self._directory)
        self._hosts.append(host)
        own = Path("/proc/self/ns/net").readlink()
        wait_until(lambda: host.namespace.readlink() != own, 60, f"{name}'s namespace", every=0.005)
        host.interface_up("lo")
        return host

    def link(self, left: Host, left_interface: str, right: Host, right_interface: str) -> None:
        """A cable between two hosts; both ends are up."""
        peer = ["peer", "name", right_interface, "netns", str(right.holder.pid)]
        left.run(["ip", "link", "add", "name", left_interface, "type", "veth", *peer])
        left.interface_up(left_interface)
        right.interface_up(right_interface)


def _end(host: Host) -> None:
    """Ends all that runs in a host's namespace: also what its programs started and left."""
    for program in host.programs:
        if program.is_running():
            program.kill()
    others = [pid for pid in host.processes() if pid != host.holder.pid]
    for pid in others:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    try:
        wait_until(
            lambda: set(host.processes()) <= {host.holder.pid}, 10, f"{host.name}: the end of {others}", 0.01
        )
    finally:
        host.holder.kill()
        host.holder.wait(60)


def _is_in(pid: str, namespace: Path) -> bool:
    try:
        return Path(f"/proc/{pid}/ns/net").readlink() == namespace
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return False

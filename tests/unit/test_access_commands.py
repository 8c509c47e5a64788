"""The command line: files it leaves, lines it prints, and that nothing is lost when something goes wrong."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from access import authority as ca
from access import seal, store
from access.passphrase import FILE_VARIABLE, VARIABLE
from command.root import main
from model.deploying import deploy_command
from stacks.stack_file import read_stack_file

ROOT = Path(__file__).parents[2]
AWS_VPN = str(Path(sys.executable).with_name("aws-vpn"))
PASSPHRASE = "correct horse battery staple"

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "authority"


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command for the tunnel staff of dev; returns exit code, stdout and stderr."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv(VARIABLE, PASSPHRASE)
    monkeypatch.delenv(FILE_VARIABLE, raising=False)
    monkeypatch.setattr(seal, "SCRYPT_COST", 2**4)

    def command(*arguments: str, at: Path = home) -> tuple[int, str, str]:
        code = main(["access", "--home", str(at), *arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return command


@pytest.fixture
def ready(run: Run) -> Run:
    assert run("init")[0] == 0
    return run


def issue(run: Run, name: str, *more: str) -> tuple[int, str, str]:
    return run("issue", name, "--address", "203.0.113.5", *more)


def profile(home: Path, name: str) -> Path:
    return home / "profiles" / f"aws-vpn-dev-staff-{name}.ovpn"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_everything_is_for_its_owner_only(ready: Run, home: Path) -> None:
    assert issue(ready, "alice")[0] == 0
    assert {mode(path) for path in (home, home / "profiles")} == {0o700}
    assert {mode(path) for path in (home / "authority.json", profile(home, "alice"))} == {0o600}


def test_private_keys_are_never_on_disk_in_clear_nor_printed(ready: Run, home: Path) -> None:
    code, out, err = issue(ready, "alice")
    assert code == 0
    assert "PRIVATE" not in out + err
    text = (home / "authority.json").read_text(encoding="utf-8")
    secrets = store.load(home).opened(PASSPHRASE).secrets
    for secret in (secrets.authority_key, secrets.server_key, secrets.tls_crypt_server, secrets.probe):
        assert secret.splitlines()[1] not in text
        assert secret.splitlines()[1] not in repr(secrets)


def test_a_profile_holds_all_that_a_client_needs(ready: Run, home: Path) -> None:
    assert issue(ready, "alice")[0] == 0
    lines = profile(home, "alice").read_text(encoding="utf-8").splitlines()
    assert {
        "client",
        "dev tun",
        "remote 203.0.113.5 1194 udp",
        "verify-x509-name aws-vpn-dev-staff name",
        "remote-cert-tls server",
        "tls-version-min 1.2",
        "explicit-exit-notify 1",
        "connect-retry 0 5",
        "server-poll-timeout 2",
        *(f"<{tag}>" for tag in ("ca", "cert", "key", "tls-crypt-v2")),
    } <= set(lines)


def test_a_sites_profile_names_its_networks(ready: Run, home: Path) -> None:
    assert ready("issue-site", "potsdam", "--address", "203.0.113.5")[0] == 0
    text = profile(home, "site-potsdam").read_text(encoding="utf-8")
    assert "router of 192.168.60.0/24." in text.splitlines()[0]
    assert "dev awsvpn0\ndev-type tun\n" in text


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["issue", "alice"], "alice has a certificate, valid until"),
        (["issue", "a/b"], "'a/b'; should be a client's name"),
        (["issue", "-x"], "No such option"),
        (["issue", "site-x"], "site-x begins like an office's; should be another name, or `issue-site x`"),
        (["issue-site", "paris"], "office paris is not in the settings; should be one of potsdam"),
        (["renew", "bob"], "bob has no certificate; should be one of alice"),
        (["revoke", "bob"], "bob has no certificate; should be one of alice"),
        (["renew"], "one of NAME and --server should be given"),
        (["issue", "bob", "--days", "0"], "0; should be a number of days from 1 to 3650"),
        (["issue", "bob", "--address", "vpn"], "vpn; should be an IPv4 address"),
        (["issue", "bob", "--output", "/proc/none"], "cannot write to /proc/none: No such file or directory"),
        (["issue", "bob", "--output", str(ROOT)], f"{ROOT} is inside the git repository {ROOT}"),
        (["issue", "bob", "--output", "~nobody-of-this-name/x"], "begins with no user's home"),
        (["init"], "is in"),
        (["--tunnel", "guests", "list"], "--tunnel guests; should be one of staff"),
        (["--stack", "prod", "list"], "--tunnel (not given); should be one of staff, restricted"),
        (["--stack", "nope", "list"], "no stack 'nope'; should be one of dev, prod, staging"),
    ],
)
def test_bad_input_gives_one_line_and_changes_nothing(
    ready: Run, home: Path, arguments: list[str], line: str
) -> None:
    assert issue(ready, "alice")[0] == 0
    before = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    if arguments[0] in ("issue", "issue-site", "renew") and "--address" not in arguments and arguments[1:]:
        arguments = [*arguments, "--address", "203.0.113.5"]
    code, out, err = ready(*arguments)
    assert code != 0
    assert out == ""
    assert line in err.splitlines()[-1]
    assert "Traceback" not in err
    assert {path: path.read_bytes() for path in home.rglob("*") if path.is_file()} == before


def test_a_wrong_passphrase_opens_nothing(ready: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (home / "authority.json").read_bytes()
    monkeypatch.setenv(VARIABLE, "another passphrase")
    assert issue(ready, "alice") == (
        1,
        "",
        "the passphrase does not open aws-vpn-dev-staff; should be the one given at `init`\n",
    )
    assert (home / "authority.json").read_bytes() == before


def test_passphrases_come_from_a_file_or_are_asked_for(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "passphrase"
    file.write_text(f"{PASSPHRASE}\n", encoding="utf-8")
    monkeypatch.setenv(FILE_VARIABLE, str(file))
    monkeypatch.delenv(VARIABLE)
    assert run("init")[0] == 0
    monkeypatch.setenv(FILE_VARIABLE, str(tmp_path / "none"))
    assert "none; should be a readable file" in run("renew", "--server")[2]
    monkeypatch.delenv(FILE_VARIABLE)
    monkeypatch.setattr("sys.stdin", (tmp_path / "passphrase").open(encoding="utf-8"))
    assert "no terminal to ask for the passphrase; should be given in" in run("renew", "--server")[2]
    monkeypatch.setenv(VARIABLE, "short")
    assert "a passphrase of 5 characters; should be 12 at least" in run("init", at=tmp_path / "other")[2]


def test_a_passphrase_that_is_no_text_or_was_not_typed_is_told(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "twelve characters \udcff")
    assert run("init") == (1, "", f"{VARIABLE} holds bytes that are no text; should be UTF-8\n")
    monkeypatch.delenv(VARIABLE)
    controller, terminal = os.openpty()
    with os.fdopen(terminal) as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        monkeypatch.setattr("getpass.getpass", _end_of_input)
        assert run("init") == (1, "", "no passphrase was typed; should be the authority's\n")
    os.close(controller)
    assert not home.exists()


def _end_of_input(_prompt: str) -> str:
    raise EOFError


def test_an_authority_stays_out_of_repositories(run: Run) -> None:
    code, _, err = run("init", at=ROOT / "keys")
    assert code == 1
    assert err == f"{ROOT / 'keys'} is inside the git repository {ROOT}; should not be\n"
    assert not (ROOT / "keys").exists()


def test_an_expired_authority_is_told(run: Run, home: Path) -> None:
    old = datetime.now(UTC).replace(microsecond=0) - timedelta(days=3700)
    with store.locked(home):
        authority, secrets = ca.create("aws-vpn-dev-staff", old)
        store.save(home, seal.seal(authority, secrets, PASSPHRASE))
    code, _, err = issue(run, "alice")
    assert code == 1
    assert err.startswith(
        f"the authority aws-vpn-dev-staff expired on {authority.expires:%Y-%m-%d}; should be"
    )


def test_a_folder_for_profiles_that_cannot_be_made_is_told(ready: Run, home: Path) -> None:
    before = (home / "authority.json").read_bytes()
    (home / "profiles").touch()
    line = f"cannot write to {home / 'profiles'}: File exists; should be a folder you can write to\n"
    assert issue(ready, "alice") == (1, "", line)
    assert (home / "authority.json").read_bytes() == before


@pytest.mark.parametrize("command", ["init", "issue alice --address 203.0.113.5", "revoke alice", "list"])
def test_a_folder_that_is_shut_is_told(ready: Run, home: Path, command: str) -> None:
    owner = os.geteuid()
    home.chmod(0)
    try:
        if owner == 0:
            os.seteuid(65534)  # root sees into every folder
        code, out, err = ready(*command.split())
    finally:
        os.seteuid(owner)
        home.chmod(0o700)
    assert (code, out) == (1, "")
    assert "Permission denied" in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"format": 3}', '{"format": 1, "authority": 3}'])
def test_a_damaged_file_is_told_and_kept(ready: Run, home: Path, content: str) -> None:
    (home / "authority.json").write_text(content, encoding="utf-8")
    assert ready("list") == (
        1,
        "",
        f"{home / 'authority.json'} is damaged; should be restored from a backup\n",
    )
    assert (home / "authority.json").read_text(encoding="utf-8") == content


def test_renewal_replaces_the_profile_and_revocation_lets_issue_again(ready: Run, home: Path) -> None:
    issue(ready, "alice")
    first = profile(home, "alice").read_text(encoding="utf-8")
    assert ready("renew", "alice", "--address", "203.0.113.5")[0] == 0
    assert profile(home, "alice").read_text(encoding="utf-8") != first
    assert ready("revoke", "alice")[1] == "alice revoked\n"
    code, _, err = issue(ready, "alice")
    assert (code, "exists; should be moved away first, or another --output" in err) == (1, True)
    profile(home, "alice").unlink()
    assert issue(ready, "alice")[0] == 0
    states = [line.split()[3] for line in ready("list")[1].splitlines()[1:]]
    assert states == ["revoked", "revoked", "valid"]


def test_the_server_can_be_renewed(ready: Run, home: Path) -> None:
    before = store.load(home).authority
    assert ready("renew", "--server")[0] == 0
    after = store.load(home).authority
    assert after.server_certificate != before.server_certificate
    assert (after.certificate, after.published) == (before.certificate, False)


CRASHING = """
import os, signal, sys
from pathlib import Path
from access import seal, store
seal.SCRYPT_COST = 2**4
step, replaced = int(sys.argv.pop(1)), Path.replace
def crash(self, target):
    global step
    step -= 1
    if step == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return replaced(self, target)
Path.replace = crash
from command.root import main
from model.deploying import deploy_command
sys.exit(main(["access", *sys.argv[1:]]))
"""


@pytest.mark.parametrize(("step", "known"), [(1, False), (2, True)])
def test_a_crash_in_mid_write_loses_nothing(ready: Run, home: Path, step: int, known: bool) -> None:
    issue(ready, "alice")
    before = store.load(home)
    arguments = ["--home", str(home), "issue", "bob", "--address", "203.0.113.5"]
    died = subprocess.run(
        [sys.executable, "-c", CRASHING, str(step), *arguments], cwd=ROOT, check=False, timeout=60
    )
    assert died.returncode == -signal.SIGKILL
    after = store.load(home)
    assert after.authority.issued[:1] == before.authority.issued
    assert bool(after.authority.of("bob")) is known
    assert not profile(home, "bob").exists()
    assert ready("renew" if known else "issue", "bob", "--address", "203.0.113.5")[0] == 0
    assert profile(home, "bob").exists()


def test_commands_at_once_take_turns(ready: Run, home: Path) -> None:
    fast = CRASHING.replace("step == 0", "False")
    names = [f"client-{n}" for n in range(4)]
    running = [
        subprocess.Popen(
            [sys.executable, "-c", fast, "0", "--home", str(home), "issue", name, "--address", "203.0.113.5"],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        for name in names
    ]
    assert [process.wait(60) for process in running] == [0, 0, 0, 0]
    for process in running:
        process.communicate()
    assert sorted(issued.name for issued in store.load(home).authority.issued) == names
    assert all(profile(home, name).exists() for name in names)


def test_what_is_stored_is_what_was_known(home: Path) -> None:
    now = datetime(2030, 1, 1, tzinfo=UTC)
    authority, secrets = ca.create("aws-vpn-dev-staff", now)
    authority, _ = ca.issue(authority, secrets, "alice", "client", timedelta(days=9), now)
    authority = replace(ca.revoke(authority, "alice", now), crl_number=7, crl_expires=now, published=True)
    with store.locked(home):
        store.save(home, seal.seal(authority, secrets, PASSPHRASE))
    loaded = store.load(home)
    assert loaded.authority == authority
    assert loaded.opened(PASSPHRASE).secrets == secrets
    assert json.loads((home / "authority.json").read_text(encoding="utf-8"))["format"] == 2
    assert sorted(path.name for path in home.iterdir()) == [".lock", "authority.json"]


@pytest.mark.parametrize(
    ("sink", "said"),
    [
        ("> /dev/full", "cannot print: No space left on device; should be"),
        ("| (exec <&-; cat)", ""),
    ],
)
def test_output_that_nobody_takes_is_no_crash(ready: Run, home: Path, sink: str, said: str) -> None:
    done = subprocess.run(
        ["sh", "-c", f'"$0" access --home "$1" list {sink}', AWS_VPN, str(home)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr


def test_help_says_what_each_command_is_for(run: Run) -> None:
    code, out, _ = run("--help")
    assert code == 0
    for word in (
        "init",
        "publish",
        "issue",
        "issue-site",
        "revoke",
        "renew",
        "list",
        "AWS_VPN_CA_PASSPHRASE",
    ):
        assert word in out


def test_the_server_is_named_after_its_tunnel(ready: Run, home: Path) -> None:
    tunnel = read_stack_file(ROOT / "stacks/Pulumi.dev.yaml").open_vpn[0]
    assert store.load(home).authority.name == f"aws-vpn-dev-{tunnel.name}"


@pytest.mark.parametrize(
    ("endpoint", "command"),
    [
        ("http://127.0.0.1:4566", "make up STACK=dev"),
        ("", "pulumi up --stack dev --policy-pack policy"),
    ],
)
def test_hints_name_the_command_that_deploys_from_here(
    monkeypatch: pytest.MonkeyPatch, endpoint: str, command: str
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    assert deploy_command("dev") == command

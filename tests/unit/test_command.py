"""The command `aws-vpn` as a whole: its help, its errors and exit codes, and what shells need of it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from command.root import COMMANDS, aws_vpn, main
from model.errors import AwsVpnError

ROOT = Path(__file__).parents[2]
PROGRAM = str(Path(sys.executable).with_name("aws-vpn"))


def every_command() -> Iterator[list[str]]:
    """The words of each command and group, the root's (none) first."""
    waiting: list[tuple[list[str], click.Command]] = [([], aws_vpn)]
    while waiting:
        words, command = waiting.pop()
        yield words
        if isinstance(command, click.Group):
            context = click.Context(command)
            for name in command.list_commands(context):
                inner = command.get_command(context, name)
                assert inner is not None
                waiting.append(([*words, name], inner))


@pytest.mark.parametrize("words", list(every_command()), ids=" ".join)
def test_every_command_has_help_with_an_example_of_itself(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "--help"]) == 0
    described, _, shown = capsys.readouterr().out.partition("\n  Examples:\n")
    assert described.splitlines()[0].startswith(" ".join(("Usage: aws-vpn", *words)))
    examples = shown.splitlines()
    assert examples
    for example in examples:
        assert all(re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", example) for word in words), example
        assert len(example) <= 110


def test_version_is_the_projects(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert re.fullmatch(r"aws-vpn, version \d+\.\d+\.\d+\n", capsys.readouterr().out)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["acess"], f"Error: no command acess; should be one of {', '.join(sorted(COMMANDS))}"),
        (["--stack", "dev"], "No such option '--stack'"),
        (["access", "isue"], "Error: No such command 'isue'."),
        (["completion", "tcsh"], "'tcsh' is not one of 'bash', 'zsh', 'fish'."),
        (["policies", "check"], "Error: Missing argument 'FILE'."),
        (["access", "--stack", "nope", "list"], "no stack 'nope'; should be one of dev, prod, staging"),
        (["access", "--stack", "dev", "--tunnel", "nope", "list"], "--tunnel nope; should be one of staff"),
    ],
)
def test_wrong_use_is_told_with_exit_code_2(
    words: list[str], line: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(words) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert line in captured.err.splitlines()[-1]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["policies", "check", "none.json"], "none.json: No such file or directory"),
        (["policies", "sarif", "README.md"], "README.md: not an event log of the engine"),
    ],
)
def test_what_cannot_be_done_is_one_line_with_exit_code_1(
    words: list[str], line: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(words) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert captured.err.startswith(line)


class _OtherError(AwsVpnError):
    exit_code = 7


@pytest.mark.parametrize(
    ("raised", "code", "said"),
    [
        (_OtherError("what was wrong"), 7, "what was wrong\n"),
        (KeyboardInterrupt(), 130, ""),
        (click.Abort(), 130, ""),
        (PermissionError(13, "Permission denied", "out.sarif"), 1, "out.sarif: Permission denied\n"),
    ],
    ids=["exit code of its own", "Ctrl-C", "Ctrl-C at a prompt", "file"],
)
def test_errors_end_with_their_exit_code(
    raised: BaseException,
    code: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    @click.command()
    def failing() -> None:
        raise raised

    monkeypatch.setattr("command.completion.completion", failing)
    assert main(["completion"]) == code
    assert capsys.readouterr().err == said


def test_a_fault_of_the_program_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command()
    def failing() -> None:
        raise TimeoutError("not a file")

    monkeypatch.setattr("command.completion.completion", failing)
    with pytest.raises(TimeoutError, match="not a file"):
        main(["completion"])


@pytest.mark.parametrize("words", [["--help"], ["policies", "list"], ["policies", "schema"]])
def test_a_reader_that_has_seen_enough_is_no_failure_to_explain(words: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [PROGRAM, *words], stdout=writing, stderr=subprocess.PIPE, cwd=ROOT, timeout=60, check=False
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


def test_a_full_disk_is_told_in_one_line() -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            [PROGRAM, "policies", "list"], stdout=full, stderr=subprocess.PIPE, timeout=60, check=False
        )
    assert done.returncode == 1
    assert done.stderr == (
        b"cannot print: No space left on device; should be a standard output that takes it\n"
    )


def complete(*words: str) -> list[str]:
    """What bash would offer for the last of the words."""
    done = subprocess.run(
        [PROGRAM],
        env={
            **os.environ,
            "_AWS_VPN_COMPLETE": "bash_complete",
            "COMP_WORDS": " ".join(("aws-vpn", *words)),
            "COMP_CWORD": str(len(words)),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        cwd=ROOT,
    )
    return [line.partition(",")[2] for line in done.stdout.splitlines()]


def test_shells_complete_commands_and_options() -> None:
    assert complete("") == sorted(COMMANDS)
    assert complete("access", "iss") == ["issue", "issue-site"]
    assert complete("access", "issue", "--d") == ["--days"]
    assert complete("--ver") == ["--version"]


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("status --stack ", {"dev", "prod", "staging"}),
        ("access --stack prod --tunnel ", {"staff", "restricted"}),
        ("onprem render --stack prod --site b", {"berlin-1", "berlin-2"}),
        ("onprem render --device strongs", {"strongswan"}),
    ],
)
def test_a_shell_is_offered_the_names_that_there_are(words: str, names: set[str]) -> None:
    assert set(complete(*words.split(" "))) == names


@pytest.mark.parametrize(
    "cursor", [{}, {"COMP_WORDS": "aws-vpn "}, {"COMP_WORDS": "aws-vpn ", "COMP_CWORD": "x"}]
)
def test_a_question_that_no_shell_asked_is_refused(
    cursor: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in {"_AWS_VPN_COMPLETE": "bash_complete", **cursor}.items():
        monkeypatch.setenv(name, value)
    assert main(["status"]) == 2
    assert "_AWS_VPN_COMPLETE is set by shells alone" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ["status"],
        ["status", "--stack", "dev", "--all"],
        ["status", "--stack", "nowhere"],
        ["status", "--all", "--watch", "--json"],
        ["report", "--out", "x"],
        ["preflight", "--stack", "nowhere"],
        ["cost"],
        ["onprem", "render"],
        ["onprem", "render", "--stack", "dev"],
    ],
    ids=" ".join,
)
def test_wrong_use_ends_with_2(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert main(words) == 2


def test_make_hands_any_name_of_a_stack_on_as_it_is(tmp_path: Path) -> None:
    odd = """it's "a" $(touch gone) b"""
    done = subprocess.run(
        ["make", "-n", "-s", "-o", "setup", "outputs", f"STACK={odd.replace('$', '$$')}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    told = subprocess.run(
        ["bash", "-c", done.stdout.replace("bin/sandbox", "printf '%s|'")],
        cwd=tmp_path,
        env={**os.environ, "STACK": odd},
        capture_output=True,
        text=True,
        timeout=10,
        check=True,
    )
    assert told.stdout.split("|")[-2] == odd
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_its_script(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert f"_AWS_VPN_COMPLETE={shell}_complete" in script
    if shell == "bash":
        subprocess.run(["bash", "-n"], input=script, text=True, check=True, timeout=10)


def test_help_imports_no_command() -> None:
    script = "import sys; from command.root import main; main(['--help']); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True, timeout=60
    )
    loaded = set(done.stdout.splitlines()[-1].split())
    rooms = {"access", "components", "hosts", "onprem", "operations", "policy", "stacks"}
    assert not loaded & (rooms | {"boto3", "pulumi", "pydantic", "cryptography", "yaml"})
    assert "click" in loaded


BEGUN = """
import sys
from command.entry import main
sys.argv[0] = "aws-vpn"
print("begun", flush=True)
sys.exit(main())
"""


@pytest.mark.parametrize("moment", [0.0, 0.1, 0.3])
def test_ctrl_c_leaves_no_traceback_while_a_command_is_still_loading(moment: float, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", BEGUN, "access", "--home", str(tmp_path), "publish"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        # Python tells of each import, so that the test knows when the program's own code has begun.
        env={**os.environ, "PYTHONPROFILEIMPORTTIME": "1"},
        # a shell's background job has Ctrl-C ignored, which would be inherited
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    assert process.stderr
    assert any("command.examples" in line for line in process.stderr)
    time.sleep(moment)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert "Traceback" not in err
    assert process.returncode in {1, 130}


def test_a_closed_output_leaves_the_exit_code_as_it_is(tmp_path: Path) -> None:
    command = f"cd {tmp_path} && exec {PROGRAM} settings check >&-"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "run this in the project's folder" in done.stderr
    command = f"cd {ROOT} && exec {PROGRAM} settings schema >&-"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")

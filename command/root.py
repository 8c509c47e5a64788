"""`aws-vpn`: finds the command that was asked for, and ends with one line and an exit code when it fails."""

from __future__ import annotations

import errno
import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click
from click.exceptions import Exit
from click.shell_completion import CompletionItem

from command.completion import VARIABLE
from command.entry import INTERRUPTED
from command.examples import examples
from command.names import offer_names
from model.errors import AwsVpnError, WrongUseError
from model.version import VERSION

READER_GONE = 141
"""The exit code of a shell's command that wrote into a closed pipe: 128 + SIGPIPE."""

OUTPUT_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
"""How a write to a file fails that standard output is sent to."""

COMMANDS: dict[str, tuple[str, str]] = {
    "access": ("access.command:access", "who may connect to an OpenVPN tunnel"),
    "addresses": (
        "operations.addresses.command:addresses",
        "which addresses are taken, by whom, and what is free",
    ),
    "adopt": ("operations.adopt.command:adopt", "a VPN that somebody made by hand, as a new stack"),
    "completion": ("command.completion:completion", "the script that lets a shell complete these commands"),
    "cost": ("operations.cost.command:cost", "what an environment costs in a month"),
    "iam": ("operations.iam.command:iam", "the policies of the roles that deploy, preview and operate"),
    "onprem": ("onprem.command:onprem", "the router at the other end of a VPN connection"),
    "policies": ("policy.service.command:policies", "the policies: list, configure and report them"),
    "release": ("operations.adopt.command:release", "let go of what a stack adopted"),
    "report": ("operations.report.command:report", "a page that shows topology, addresses and state"),
    "preflight": ("operations.preflight.command:preflight", "what would make an up fail, before it"),
    "roll": ("command.roll:roll", "change VPN tunnels one by one, without an outage"),
    "status": ("operations.status.command:status", "what is up, since when, and why not"),
    "settings": ("stacks.command:settings", "the settings: check stack files, print the reference"),
}
"""What stands behind `aws-vpn NAME`: where it is defined (module:attribute), and its line in the list.

A command is imported when it is asked for, so that none waits for what another needs.
"""


class Commands(click.Group):
    """The commands of the table above, each imported when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, if there is one."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command = getattr(importlib.import_module(module), attribute)
        if VARIABLE in os.environ:
            offer_names(command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the words begin with.

        Raises:
            click.UsageError: there is none of that name; with the names that there are.
        """
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            ctx.fail(f"no command {args[0]}; should be one of {', '.join(self.list_commands(ctx))}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list for `--help`, without an import of any command."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in self.list_commands(ctx)])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """What a shell may put at the cursor, without an import of any command."""
        names = [name for name in self.list_commands(ctx) if name.startswith(incomplete)]
        items = [CompletionItem(name, help=COMMANDS[name][1]) for name in names]
        return items + (super().shell_complete(ctx, incomplete) if incomplete.startswith("-") else [])


@click.command(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=examples(
        "aws-vpn access --stack prod --tunnel staff issue alice",
        "aws-vpn policies list",
        "bin/sandbox aws-vpn access init     on the sandbox instead of AWS",
    ),
)
@click.version_option(VERSION, prog_name="aws-vpn")
def aws_vpn() -> None:
    """Connects offices and data centres to AWS VPCs.

    Run it in the project's folder, where stacks/ is. Every command has a --help with examples.
    Exit codes: 0, done; 1, refused or failed; 2, wrong use; 130, ended by Ctrl-C. `status` ends as monitoring
    systems expect: 1 is a warning, and 2 critical.
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code: 0, or what the error says, after one line on stderr."""
    _open_what_is_closed()
    try:
        code = _run(list(sys.argv[1:] if arguments is None else arguments))
        sys.stdout.flush()
    except Exit as end:
        return end.exit_code
    except AwsVpnError as error:
        click.echo(error, err=True)
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except BrokenPipeError:
        _discard_output()
        return READER_GONE
    except OSError as error:
        click.echo(_unusable(error), err=True)
        return 1
    return code if isinstance(code, int) else 0


def _run(arguments: list[str]) -> object:
    if VARIABLE in os.environ:
        # a shell asks what could follow: click answers, and ends the process
        if not _is_a_shells_question(os.environ[VARIABLE]):
            raise WrongUseError(f"{VARIABLE} is set by shells alone; should be unset")
        return aws_vpn.main(arguments, prog_name="aws-vpn", complete_var=VARIABLE)
    with aws_vpn.make_context("aws-vpn", arguments) as context:
        return aws_vpn.invoke(context)


def _is_a_shells_question(asked: str) -> bool:
    """Whether the words to complete, and where the cursor is in them, are given as click expects."""
    if not asked.endswith("_complete"):
        return True
    cursor = os.environ.get("COMP_CWORD", "")
    return "COMP_WORDS" in os.environ and (asked.startswith("fish") or cursor.isdigit())


def _unusable(error: OSError) -> str:
    """The line for a file, or a standard output, that a command could not use.

    Raises:
        OSError: it is neither, but a fault of the command.
    """
    if error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    if error.errno not in OUTPUT_FULL:
        raise error
    _discard_output()
    return f"cannot print: {error.strerror}; should be a standard output that takes it"


def _open_what_is_closed() -> None:
    """Python has no standard output where the caller closed it (`>&-`); nobody reads, and the code counts."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115  for good


def _discard_output() -> None:
    """What is still buffered would fail again when Python ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

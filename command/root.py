"""`aws-vpn`: finds the command that was asked for, and ends with one line and an exit code when it fails."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence

import click

from model.errors import AwsVpnError

INTERRUPTED = 130
READER_GONE = 141
"""Exit codes of a shell's command that a signal ended: 128 + SIGINT, 128 + SIGPIPE."""

COMMANDS: dict[str, tuple[str, str]] = {}
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
        return getattr(importlib.import_module(module), attribute)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list for `--help`, without an import of any command."""
        if not COMMANDS:
            return
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in self.list_commands(ctx)])


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="aws-vpn", prog_name="aws-vpn")
def aws_vpn() -> None:
    """Connects offices and data centres to AWS VPCs.

    Run it from the project's folder; `bin/sandbox aws-vpn ...` works on the sandbox instead of AWS.
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code: 0, or what the error says, after one line on stderr."""
    try:
        code = aws_vpn.main(arguments, prog_name="aws-vpn", standalone_mode=False)
        sys.stdout.flush()
    except AwsVpnError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except BrokenPipeError:
        # What is still buffered would fail again when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return READER_GONE
    return code if isinstance(code, int) else 0

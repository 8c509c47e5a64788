"""`aws-vpn completion`: the script with which a shell completes commands, options and names."""

from __future__ import annotations

import click
from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete

from command.examples import examples

VARIABLE = "_AWS_VPN_COMPLETE"
"""Set by the script when the shell asks what could follow."""

SHELLS: dict[str, type[ShellComplete]] = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}


@click.command(
    epilog=examples(
        "aws-vpn completion bash > ~/.local/share/bash-completion/completions/aws-vpn",
        'eval "$(aws-vpn completion zsh)"                 in ~/.zshrc',
        "aws-vpn completion fish > ~/.config/fish/completions/aws-vpn.fish",
    )
)
@click.argument("shell", type=click.Choice(list(SHELLS)))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script that lets SHELL complete `aws-vpn` at the Tab key."""
    click.echo(SHELLS[shell](context.find_root().command, {}, "aws-vpn", VARIABLE).source())

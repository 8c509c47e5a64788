"""The root of all errors that people cause and can mend."""

from __future__ import annotations


class AwsVpnError(Exception):
    """What cannot be done, in words: what was given, and what would be right. People see no traceback."""

    exit_code = 1
    """The exit code of the command that it ends."""


class WrongUseError(AwsVpnError):
    """Words that a command cannot mean anything by: it was not begun, as click's own usage errors say."""

    exit_code = 2

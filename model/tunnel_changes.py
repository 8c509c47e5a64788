"""Which tunnels of its VPN connections a deployment may change: a change takes a tunnel down for minutes."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pydantic import SecretStr

from model.errors import AwsVpnError

VARIABLE = "AWS_VPN_CHANGE_TUNNELS"
"""The environment variable that says so, for one command: a setting would stay when it is no longer meant."""

KEY_VARIABLE = "AWS_VPN_TUNNEL_KEY"
"""With one tunnel alone: its new pre-shared key, for this deployment and in no setting."""

TUNNELS = (1, 2)
_TUNNEL = re.compile(r"([a-z0-9-]+):([12])")


@dataclass(frozen=True)
class TunnelChanges:
    """As a rule one tunnel of each connection, whichever it is.

    `both` accepts the outage of both at once. With `held` every tunnel stays as it was deployed last, but
    tunnel `number` of the site `site`, if they are given, whose pre-shared key may be a new `key`.
    """

    both: bool = False
    held: bool = False
    site: str | None = None
    number: int | None = None
    key: SecretStr | None = None

    def __str__(self) -> str:
        """As the variable has it."""
        if self.both:
            return "both"
        return "" if not self.held else f"{self.site}:{self.number}" if self.site else "none"

    def new_key(self, site: str, number: int) -> SecretStr | None:
        """The new pre-shared key of a tunnel, if it gets one."""
        return self.key if (site, number) == (self.site, self.number) else None

    def held_tunnels(self, site: str) -> tuple[int, ...]:
        """The numbers of a site's tunnels that stay as they were deployed."""
        return tuple(number for number in TUNNELS if self.held and (site, number) != (self.site, self.number))


ONE_AT_A_TIME = TunnelChanges()
"""The rule."""


def only(site: str, number: int, key: SecretStr | None = None) -> TunnelChanges:
    """One tunnel's changes, and none of any other."""
    return TunnelChanges(held=True, site=site, number=number, key=key)


def parse(text: str, key: str = "") -> TunnelChanges:
    """What the two variables say.

    Raises:
        AwsVpnError: it says something else than a rule.
    """
    if text in ("", "both", "none"):
        return TunnelChanges(both=text == "both", held=text == "none")
    tunnel = _TUNNEL.fullmatch(text)
    if tunnel is None:
        raise AwsVpnError(f"{VARIABLE} = {text!r}; should be both, none, or one tunnel, such as berlin:1")
    return only(tunnel[1], int(tunnel[2]), SecretStr(key) if key else None)

"""What permissions are asked: one action on one resource, with what is known about both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox.moto_server.permissions.actions import kinds
from sandbox.moto_server.permissions.policy import Request

_NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True)
class Question:
    """An action on a resource of a kind of AWS's table.

    `requested` are the tags that the call would put on it, `borne` those that it bears; `more` has the values
    of other condition keys, in small letters.
    """

    action: str
    arn: str
    kind: str
    requested: Mapping[str, str] = field(default_factory=dict[str, str])
    borne: Mapping[str, str] = field(default_factory=dict[str, str])
    more: Mapping[str, str] = field(default_factory=dict[str, str])

    def request(self, region: str, account: str) -> Request:
        """The request that documents decide about: only with condition keys that AWS has for it.

        Raises:
            LookupError: AWS has no such action.
        """
        service = self.action.partition(":")[0]
        values = {
            **self.more,
            **{f"aws:requesttag/{key.lower()}": value for key, value in self.requested.items()},
            **{f"aws:resourcetag/{key.lower()}": value for key, value in self.borne.items()},
            **{f"{service}:resourcetag/{key.lower()}": value for key, value in self.borne.items()},
            "ec2:region": region,
        }
        known = kinds(self.action)
        kind = known.get(self.kind) or known.get("")
        context = {key: (value,) for key, value in values.items() if kind is not None and kind.knows(key)}
        names = {"aws:tagkeys": tuple(sorted(self.requested))} if self.requested else {}
        everywhere = {"aws:requestedregion": (region,), "aws:resourceaccount": (account,)}
        return Request(self.action, self.arn, {**context, **names, **everywhere})

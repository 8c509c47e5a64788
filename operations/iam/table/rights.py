"""Rights, and how the table writes them.

A right is an action, then the kinds of resources that it is asked about, as "Actions, resources, and
condition keys for AWS services" names both, each with how far it goes:

- `:new` a resource that is being made, with this environment's tags on it
- `:own` one that bears this environment's tags
- `:bare` one without an environment, such as a VPC's default security group before it gets its tags
- `:unowned` the same, which gets this environment's tags by the call
- `:named` one that is named by this environment's names, and needs no tags
- `:list` an OpenVPN tunnel's revocation list
- `:existing` the VPC that the settings name, and `:within` what lies in it
- `:adopted` one that the settings take over by its id, whose tags may be its old ones
- `:any` one that nobody can tell beforehand: a volume at launch, a machine image

An action without kinds knows none (`Describe...`).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Rights:
    """The rights to make, see, change and delete resources of a type."""

    create: tuple[str, ...] = ()
    read: tuple[str, ...] = ()
    update: tuple[str, ...] = ()
    delete: tuple[str, ...] = ()

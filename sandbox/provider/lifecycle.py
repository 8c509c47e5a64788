"""The life of one resource: created once, read, updated, deleted; the same for every type."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from botocore.exceptions import ClientError

from sandbox.provider.aws_client import Cloud, Clouds
from sandbox.provider.difference import Effect, difference, same, with_defaults
from sandbox.provider.errors import ProviderError, code_of, is_gone
from sandbox.provider.table import Change, Kind, ResourceType
from sandbox.provider.unrecorded import Entry, Journal
from sandbox.provider.values import UNKNOWN, Unknown, Values

_IN_USE = frozenset(
    (
        "DependencyViolation",
        "DeleteConflict",
        "IncorrectState",
        "ResourceInUse",
        "ScalingActivityInProgress",
        "InvalidNetworkInterface.InUse",
        "InvalidIPAddress.InUse",
    )
)
"""Codes with which AWS refuses to delete what something else still uses."""

_RETRY_SECONDS = 0.5


@dataclass(frozen=True)
class Living:
    """A resource that exists: its id and its state."""

    ident: str
    state: Values


@dataclass(frozen=True)
class Subject:
    """The resource a request is about."""

    kind: ResourceType
    urn: str
    cloud: Cloud


class Lifecycle:
    """Serves the engine's requests about resources."""

    def __init__(self, clouds: Clouds, journal: Journal, kinds: dict[str, ResourceType]) -> None:
        self._clouds = clouds
        self._journal = journal
        self._kinds = kinds

    def subject(self, kind: ResourceType, urn: str, known: Values) -> Subject:
        """The resource of a request; `known` is its state or its inputs, and says its region."""
        region = known.get("region")
        return Subject(kind, urn, self._clouds.of(None if isinstance(region, Unknown) else region))

    def wanted(self, kind: ResourceType, inputs: Values) -> Values:
        """Inputs with defaults, and all tags: the provider's own under the resource's."""
        full = with_defaults(kind, inputs)
        if kind.tagged:
            own: Any = full.get("tags") or Values()
            defaults = self._clouds.settings.default_tags
            full["tagsAll"] = UNKNOWN if isinstance(own, Unknown) else {**defaults, **own}
        return full

    def planned(self, kind: ResourceType, inputs: Values) -> Values:
        """The state that a preview can promise of a new resource."""
        full = self.wanted(kind, inputs)
        return {"id": UNKNOWN, **dict.fromkeys(kind.computed, UNKNOWN), **full, **self._region(kind, full)}

    def planned_update(self, kind: ResourceType, old: Values, inputs: Values) -> Values:
        """The state that a preview can promise of an updated resource."""
        new = self.wanted(kind, inputs)
        renewed = dict.fromkeys(kind.renewed, UNKNOWN) if difference(kind, old, new) else {}
        return {"id": old.get("id", UNKNOWN), **self._kept(kind, old, new), **new, **renewed}

    def create(self, about: Subject, inputs: Values) -> Living:
        """Make a resource, or go on with the one that an interrupted update left."""
        new = self.wanted(about.kind, inputs)
        left = self._left_behind(about, new)
        if left is not None:
            return left
        ident = about.kind.create(about.cloud, new)
        self._journal.record(Entry(about.urn, ident, about.cloud.region, os.getpid()))
        try:
            about.kind.settle(about.cloud, ident, new)
            return Living(ident, self._state(about, ident, new))
        except Exception:
            self._delete(about, ident, new)
            self._journal.drop(about.urn, ident)
            raise

    def _left_behind(self, about: Subject, new: Values) -> Living | None:
        entry = self._journal.find(about.urn)
        if entry is None:
            return None
        state = about.kind.read(about.cloud, entry.ident, new) if entry.region == about.cloud.region else None
        if state is None:
            self._journal.drop(about.urn)
            return None
        changes = difference(about.kind, {**new, **state}, new)
        if Effect.REPLACE in changes.values():
            self._delete(about, entry.ident, {**new, **state})
            self._journal.drop(about.urn)
            return None
        about.kind.settle(about.cloud, entry.ident, new)
        self._change(about, Living(entry.ident, {**new, **state}), new, frozenset(changes))
        return Living(entry.ident, self._state(about, entry.ident, new))

    def read(self, about: Subject, ident: str, known: Values) -> Values | None:
        """The state of a resource in the cloud, or None when it is gone."""
        self._journal.drop(about.urn, ident)
        try:
            return self._state(about, ident, known, missing_ok=True) or None
        except ClientError as error:
            if is_gone(error):
                return None
            raise

    def inputs_of(self, kind: ResourceType, state: Values, inputs: Values) -> Values:
        """A state as inputs: those given before, and for an import whatever differs from the defaults."""
        names = inputs.keys() if inputs else [one.name for one in kind.inputs if one.name != "region"]
        by_name = {one.name: one for one in kind.inputs}
        found: Values = {}
        for name in names:
            one = by_name.get(name)
            if one is None or (inputs and same(one, inputs[name], state.get(name))):
                found[name] = inputs[name]
            elif state.get(name) and state[name] != one.default:
                value = _filled(state[name]) if one.kind is Kind.OBJECT else state[name]
                found |= {name: value} if value else {}
        return found

    def differences(self, about: Subject, ident: str, old: Values, inputs: Values) -> dict[str, Effect]:
        """What an update would change, per property."""
        self._journal.drop(about.urn, ident)
        return difference(about.kind, old, self.wanted(about.kind, inputs))

    def update(self, about: Subject, before: Living, inputs: Values) -> Values:
        """Bring a resource to new inputs in place; its new state."""
        self._journal.drop(about.urn, before.ident)
        new = self.wanted(about.kind, inputs)
        changed = frozenset(difference(about.kind, before.state, new))
        self._change(about, before, new, changed)
        known = {**self._kept(about.kind, before.state, new), **new}
        return self._state(about, before.ident, known)

    def _change(self, about: Subject, before: Living, new: Values, changed: frozenset[str]) -> None:
        tags = changed & {"tags", "tagsAll"} if about.kind.tagged else frozenset[str]()
        if tags:
            about.kind.retag(about.cloud, before.ident, before.state, new["tagsAll"])
        if changed - tags:
            about.kind.update(about.cloud, before.ident, Change(before.state, new, changed - tags))

    def delete(self, about: Subject, ident: str, state: Values) -> None:
        """Delete a resource; success when it is gone already."""
        self._journal.drop(about.urn, ident)
        self._delete(about, ident, state)

    def _delete(self, about: Subject, ident: str, state: Values) -> None:
        """Delete once nothing uses it any more: what an interrupted update left in the way is deleted too."""
        deadline = time.monotonic() + about.cloud.settings.wait_seconds
        while True:
            refusal = _refusal(lambda: about.kind.delete(about.cloud, ident, state))
            if refusal is None:
                return
            if not self._clear_the_way(about, ident) and time.monotonic() > deadline:
                raise refusal
            time.sleep(_RETRY_SECONDS)

    def _clear_the_way(self, about: Subject, ident: str) -> bool:
        """Delete what an earlier process left and that refers to the thing; whether there was any.

        What the engine knows of has been deleted before anything it depends on, so whatever an earlier
        process noted, and still refers to a thing that is being deleted, is in no state.
        """
        stack = "::".join(about.urn.split("::")[:2])
        cleared = False
        for entry in self._journal.left_by_others(stack):
            kind, cloud = self._kinds[entry.token], self._clouds.of(entry.region)
            state = kind.read(cloud, entry.ident, {})
            if state is not None and ident in state.values() and entry.ident != ident:
                self._delete(Subject(kind, entry.urn, cloud), entry.ident, state)
                cleared = True
            if state is None or cleared:
                self._journal.drop(entry.urn, entry.ident)
        return cleared

    def _state(self, about: Subject, ident: str, known: Values, *, missing_ok: bool = False) -> Values:
        found = about.kind.read(about.cloud, ident, known)
        if found is None:
            if missing_ok:
                return {}
            raise ProviderError(f"{about.kind.typename} {ident} disappeared while it was being made")
        kept = {key: value for key, value in known.items() if not key.startswith("__")}
        # The official provider repeats the id among the properties, where policies look for it.
        state = {**kept, **found, "id": ident, **self._region(about.kind, {"region": about.cloud.region})}
        if about.kind.tagged:
            state.update(self._tags(found.get("tagsAll") or {}, known.get("tags") or {}))
        return state

    def _tags(self, found: dict[str, str], own: dict[str, str]) -> Values:
        """All tags, and those of them that are the resource's own rather than the provider's."""
        settings = self._clouds.settings
        everything = {key: value for key, value in found.items() if not settings.ignores(key)}
        tags = {
            key: value
            for key, value in everything.items()
            if key in own or settings.default_tags.get(key) != value
        }
        return {"tagsAll": everything, "tags": tags}

    def _region(self, kind: ResourceType, known: Values) -> Values:
        return {"region": known.get("region") or self._clouds.settings.region} if kind.regional else {}

    @staticmethod
    def _kept(kind: ResourceType, old: Values, new: Values) -> Values:
        """The part of a state that outlives an update: everything but inputs that are no longer given."""
        dropped = {one.name for one in kind.inputs if not one.computed and one.name not in new}
        return {key: value for key, value in old.items() if key not in dropped}


def _filled(value: Any) -> Any:
    """A value without what is empty in it, as the official provider's bridge leaves zero values out."""
    if isinstance(value, dict):
        inner = {key: _filled(item) for key, item in cast("Values", value).items()}
        return {key: item for key, item in inner.items() if item}
    return [_filled(item) for item in cast("list[Any]", value)] if isinstance(value, list) else value


def _refusal(delete: Callable[[], None]) -> ClientError | None:
    """AWS's refusal to delete a thing in use; None when it was deleted, or was gone."""
    try:
        delete()
    except ClientError as error:
        if is_gone(error):
            return None
        if code_of(error) in _IN_USE:
            return error
        raise
    return None

"""Asks accounts for their ranges, side by side; what cannot be asked keeps what an earlier scan told."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import boto3
from botocore.exceptions import BotoCoreError

from model.address_file import AddressFile, Range, Source
from model.errors import AwsVpnError
from operations.addresses.account import QUESTIONS, Question, route_tables, transit_routes
from operations.status.asking import Asked, Asking, Clients

DEADLINE = 60.0
"""Seconds for all calls together; an account with thousands of subnets takes some pages."""

TRANSIT = "transit gateway routes"


class ScanError(AwsVpnError):
    """What was asked for cannot be scanned at all."""


@dataclass(frozen=True)
class Scanned:
    """What was found, by source, and what could not be asked, a line each."""

    sources: dict[str, Source]
    problems: tuple[str, ...]


@dataclass(frozen=True)
class Place:
    """One region as one profile sees it."""

    profile: str | None
    region: str

    def source(self, what: str) -> str:
        """How the file names what a question told."""
        return f"scan {self.profile or 'default'} {self.region} {what}"


def places(profiles: Iterable[str], regions: Iterable[str]) -> tuple[Place, ...]:
    """Each profile with each region; without a profile, the credentials that AWS's tools find.

    Raises:
        ScanError: a profile that is not configured, or a region that is none; all of them.
    """
    profiles, regions = tuple(dict.fromkeys(profiles)), tuple(dict.fromkeys(regions))
    try:
        known = boto3.session.Session().available_profiles
    except BotoCoreError as error:
        raise ScanError(f"AWS's configuration cannot be used: {error}") from None
    wrong = [
        f"--profile = {profile}; should be one of AWS's configuration: {', '.join(known) or 'there are none'}"
        for profile in profiles
        if profile not in known
    ]
    wrong += [
        f"--region = {region}; should be a region's name, such as eu-central-1"
        for region in regions
        if not re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", region)
    ]
    if wrong:
        raise ScanError("\n".join(wrong))
    return tuple(Place(profile, region) for profile in profiles or (None,) for region in regions)


def scan(chosen: Iterable[Place], before: AddressFile) -> Scanned:
    """Ask all places. Of what failed, in whole or in part, the ranges of before are kept too."""
    asking = Asking(time.monotonic() + DEADLINE)
    under_way: dict[str, list[Asked[list[Range]]]] = {}
    tables: dict[str, tuple[Clients, Asked[tuple[str, ...]]]] = {}
    for place in chosen:
        clients = Clients(place.region, place.profile)
        for what, question in QUESTIONS.items():
            source = place.source(what)
            under_way[source] = [_ask(asking, source, question, clients)]
        source = place.source(TRANSIT)
        tables[source] = (clients, asking.ask(source, lambda clients=clients: route_tables(clients)))
    failed: set[str] = set()
    for source, (clients, asked) in tables.items():
        found = asking.wait(asked)
        under_way[source] = [
            _ask(asking, f"{source} {table}", transit_routes(table), clients) for table in found or ()
        ]
        if found is None:
            failed.add(source)
    return _told(asking, under_way, failed, before)


def _ask(asking: Asking, what: str, question: Question, clients: Clients) -> Asked[list[Range]]:
    return asking.ask(what, lambda: list(question(clients)))


def _told(
    asking: Asking, under_way: dict[str, list[Asked[list[Range]]]], failed: set[str], before: AddressFile
) -> Scanned:
    sources: dict[str, Source] = {}
    now = datetime.now(UTC).replace(microsecond=0)
    for source, questions in under_way.items():
        answers = [asking.wait(asked) for asked in questions]
        complete = source not in failed and None not in answers
        ranges = {one: None for answer in answers if answer is not None for one in answer}
        known = before.sources.get(source)
        if complete:
            sources[source] = Source(at=now, ranges=tuple(ranges))
        elif ranges:
            older = dict.fromkeys(known.ranges) if known else {}
            sources[source] = Source(at=known.at if known else now, ranges=tuple(ranges | older))
    problems = tuple(f"could not be asked: {one.what}: {one.why}" for one in asking.unanswered())
    return Scanned(sources, problems)

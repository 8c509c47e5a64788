"""When the address moves, and when it must not: decisions on facts alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hosts.programs.failover_monitor.decision import (
    DAMPING,
    Decision,
    Facts,
    Holder,
    Move,
    NoMovePossible,
    Stay,
    Wait,
    decide,
    hold_down,
)
from hosts.programs.failover_monitor.health import Health, ProbeResult, Verdict

NOW = 1000.0


def health(verdict: Verdict, since: float = NOW - 60) -> Health:
    health = Health(failures_to_move=3, successes_to_trust=3)
    for n in range(0 if verdict is Verdict.UNSURE else 3):
        health.record(ProbeResult(since - 3 + n, 1, verdict is Verdict.PROVEN, "seen"))
    assert health.verdict is verdict
    return health


def decided(
    holder: Holder,
    main: Verdict,
    standby: Verdict,
    changes: tuple[float, ...] = (),
    failback_after: float | None = None,
    main_since: float = NOW - 60,
) -> Decision:
    return decide(Facts(holder, health(main, main_since), health(standby), changes, failback_after, NOW))


UP, UNSURE, DOWN = Verdict.PROVEN, Verdict.UNSURE, Verdict.DOWN


@pytest.mark.parametrize(
    ("holder", "main", "standby", "expected"),
    [
        ("main", UP, UP, Stay),
        ("main", UP, DOWN, Stay),
        ("main", UNSURE, UP, Stay),
        ("main", DOWN, UP, "standby"),
        ("main", DOWN, UNSURE, NoMovePossible),
        ("main", DOWN, DOWN, NoMovePossible),
        ("standby", UP, UP, Stay),
        ("standby", DOWN, UP, Stay),
        ("standby", UP, DOWN, "main"),
        ("standby", UNSURE, DOWN, NoMovePossible),
        ("other", UP, UP, "main"),
        ("other", UNSURE, UP, Stay),
        ("other", DOWN, UP, "standby"),
        ("other", DOWN, DOWN, NoMovePossible),
        ("nobody", UP, DOWN, "main"),
        ("nobody", DOWN, UP, "standby"),
        ("nobody", DOWN, UNSURE, Stay),
    ],
)
def test_who_holds_and_who_lives_decide(
    holder: Holder, main: Verdict, standby: Verdict, expected: object
) -> None:
    decision = decided(holder, main, standby)
    assert (decision.to if isinstance(decision, Move) else type(decision)) == expected


@given(
    holder=st.sampled_from(("main", "standby", "other", "nobody")),
    main=st.sampled_from(Verdict),
    standby=st.sampled_from(Verdict),
    changes=st.lists(st.floats(0, NOW), max_size=5).map(sorted).map(tuple),
    failback_after=st.none() | st.floats(1, 3600),
)
def test_a_move_goes_only_to_a_proven_server_and_never_away_from_one_without_failback(
    holder: Holder,
    main: Verdict,
    standby: Verdict,
    changes: tuple[float, ...],
    failback_after: float | None,
) -> None:
    decision = decided(holder, main, standby, changes, failback_after)
    verdicts = {"main": main, "standby": standby}
    if isinstance(decision, Move):
        assert decision.to != holder
        assert verdicts[decision.to] is UP
        if failback_after is None and holder in verdicts:
            assert verdicts[holder] is DOWN


def test_a_move_waits_after_a_change_of_hands_whoever_made_it() -> None:
    just_now = (NOW - DAMPING.first + 1,)
    assert isinstance(decided("standby", UP, DOWN, just_now), Wait)
    assert isinstance(decided("standby", UP, DOWN, (NOW - DAMPING.first,)), Move)


def test_nobody_waits_when_a_failback_waits() -> None:
    failback = decided("standby", UP, UP, (NOW - 5,), 4)
    assert isinstance(failback, Stay)
    assert "automatic failback; moved a moment ago" in failback.reason


def test_an_address_that_nobody_serves_does_not_wait() -> None:
    assert isinstance(decided("nobody", UP, UP, (NOW - 1,)), Move)


@pytest.mark.parametrize(
    ("moves", "seconds"),
    [(1, 10), (2, 20), (3, 40), (6, 320), (7, DAMPING.longest), (50, DAMPING.longest)],
)
def test_each_move_within_the_hour_doubles_the_wait(moves: int, seconds: float) -> None:
    assert hold_down((NOW,) * moves, NOW) == seconds


def test_moves_of_an_hour_ago_are_forgotten() -> None:
    assert hold_down((NOW - 3600,) * 9, NOW) == 0


def test_failback_waits_until_main_is_healthy_for_long_enough() -> None:
    assert isinstance(decided("standby", UP, UP, (), 300, NOW - 299), Stay)
    decision = decided("standby", UP, UP, (), 300, NOW - 300)
    assert isinstance(decision, Move)
    assert "automatic failback" in decision.reason
    assert isinstance(decided("standby", UP, UP, (NOW - 299,), 300, NOW - 900), Stay)

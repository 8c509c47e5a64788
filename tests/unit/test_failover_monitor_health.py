"""Hysteresis: what a row of probes says about a server."""

from __future__ import annotations

from hosts.programs.failover_monitor.health import Health, ProbeResult, Verdict


def answered(began: float) -> ProbeResult:
    return ProbeResult(began, 0.01, answered=True, finding="handshake in 10 ms")


def silent(began: float) -> ProbeResult:
    return ProbeResult(began, 1.0, answered=False, finding="handshake unanswered for 1 s")


def test_trust_takes_answers_in_a_row() -> None:
    health = Health(failures_to_move=3, successes_to_trust=3)
    verdicts: list[Verdict] = []
    for n, result in enumerate((answered, answered, silent, answered, answered, answered)):
        health.record(result(n))
        verdicts.append(health.verdict)
    assert verdicts == [Verdict.UNSURE] * 5 + [Verdict.PROVEN]
    assert health.proven_since == 5.01


def test_giving_up_takes_failures_in_a_row() -> None:
    health = Health(failures_to_move=3, successes_to_trust=1)
    for n, result in enumerate((answered, silent, silent, answered, silent, silent)):
        health.record(result(n))
        assert health.verdict is not Verdict.DOWN
    health.record(silent(6))
    assert health.verdict is Verdict.DOWN
    assert health.proven_since is None


def test_a_failed_probe_that_began_before_an_answered_one_says_nothing() -> None:
    health = Health(failures_to_move=2, successes_to_trust=1)
    health.record(answered(1.0))
    health.record(silent(0.5))
    health.record(silent(0.8))
    assert health.verdict is Verdict.PROVEN


def test_a_dead_process_is_told_from_a_dead_host() -> None:
    health = Health(failures_to_move=1, successes_to_trust=1)
    health.record(silent(0))
    told: list[str] = []
    for host_answers in (None, True, False):
        health.host_answers = host_answers
        told.append(health.describe())
    assert told == [
        "down (handshake unanswered for 1 s; host not pinged)",
        "down (handshake unanswered for 1 s; host answers ping)",
        "down (handshake unanswered for 1 s; host does not answer ping)",
    ]

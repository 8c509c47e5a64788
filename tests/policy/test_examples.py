"""Every rule's bad and good example does what the documentation shows it for."""

from __future__ import annotations

import pytest

from labs.policy_programs import Engine, Program
from policy.rules.registry import RULES
from policy.rules.rule import Rule


@pytest.mark.parametrize("known", [False, True], ids=["preview", "deployed"])
@pytest.mark.parametrize("example", RULES, ids=lambda rule: rule.name)
def test_bad_example_is_refused_by_its_rule(example: Rule, known: bool) -> None:
    verdicts = Engine(known=known, rules=(example,)).verdicts(Program.of(example.bad))
    assert [(verdict.rule, verdict.level) for verdict in verdicts] == [(example.name, example.level.value)]


@pytest.mark.parametrize("known", [False, True], ids=["preview", "deployed"])
@pytest.mark.parametrize("example", RULES, ids=lambda rule: rule.name)
def test_good_example_passes(example: Rule, known: bool) -> None:
    assert Engine(known=known, rules=(example,)).verdicts(Program.of(example.good)) == []

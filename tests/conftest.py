"""Fixtures for tests that run the real engine against a sandbox of their own, and who runs beside whom."""

from __future__ import annotations

from collections.abc import Generator
from itertools import count
from typing import Any

import pytest

from labs.isolated_sandbox import IsolatedSandbox


@pytest.fixture
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Generator[IsolatedSandbox]:
    """A sandbox for one test."""
    isolated = IsolatedSandbox(tmp_path_factory.mktemp("sandbox"))
    yield isolated
    isolated.close()


@pytest.fixture(scope="module")
def shared_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Generator[IsolatedSandbox]:
    """A sandbox for all tests of a module; they share its cloud and its stacks."""
    isolated = IsolatedSandbox(tmp_path_factory.mktemp("shared-sandbox"))
    yield isolated
    isolated.close()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that share what their module sets up run in one worker; all others run wherever there is room.

    A module whose tests each begin in order says how many such set-ups may share them: `LABS`.
    """
    numbers = count()
    for item in items:
        shared = _shared(item)
        if shared is not None:
            labs: int = getattr(getattr(item, "module", None), "LABS", 1)
            group = f"{item.path.stem}-{shared}-{next(numbers) % labs}"
            item.add_marker(pytest.mark.xdist_group(group))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Ends a run whose groups pytest-xdist could not mark: every worker would set up what they share."""
    if not hasattr(session.config, "workerinput"):
        return
    for item in session.items:
        if item.get_closest_marker("xdist_group") and "@" not in item.nodeid:
            raise pytest.UsageError("this pytest-xdist cannot mark the groups of tests that share a set-up")


def _shared(item: pytest.Item) -> str | None:
    """Which set-up of its module a test uses, by the set-up's parameters; None if it uses none."""
    fixtures: dict[str, Any] = getattr(item, "_fixtureinfo").name2fixturedefs  # noqa: B009
    of_module = [name for name, definitions in fixtures.items() if definitions[-1].scope == "module"]
    if not of_module:
        return None
    parameters: dict[str, Any] = getattr(getattr(item, "callspec", None), "params", {})
    return "-".join(str(parameters[name]) for name in of_module if name in parameters)

"""Fixtures for tests that run the real engine against a sandbox of their own."""

from __future__ import annotations

from collections.abc import Generator

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

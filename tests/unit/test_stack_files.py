"""The committed stack files: valid, different where it matters, and apart from each other."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest

from model.addresses import overlaps
from stacks.settings import Settings
from stacks.stack_file import read_stack_file

FILES = sorted((Path(__file__).parents[2] / "stacks").glob("Pulumi.*.yaml"))


@pytest.fixture(scope="module")
def settings() -> dict[str, Settings]:
    return {path.name.split(".")[1]: read_stack_file(path) for path in FILES}


def test_there_is_a_file_for_each_environment(settings: dict[str, Settings]) -> None:
    assert set(settings) == {"dev", "staging", "prod"}


def test_only_prod_is_protected_from_deletion(settings: dict[str, Settings]) -> None:
    assert {name for name, stack in settings.items() if stack.deletion_protection} == {"prod"}


def test_prod_has_a_redundant_critical_location(settings: dict[str, Settings]) -> None:
    vpn = settings["prod"].hardware_vpn
    assert vpn is not None
    assert vpn.critical_locations == ("berlin",)
    assert [site.name for site in vpn.sites if site.place == "berlin"] == ["berlin-1", "berlin-2"]


def test_keys_of_prod_are_kept_in_secrets_manager(settings: dict[str, Settings]) -> None:
    stored = {
        name: stack.hardware_vpn and stack.hardware_vpn.preshared_key_storage
        for name, stack in settings.items()
    }
    assert stored == {"dev": "Standard", "staging": "Standard", "prod": "SecretsManager"}


def test_environments_share_nothing_but_whole_lans_of_the_same_site(settings: dict[str, Settings]) -> None:
    for one, other in combinations(settings.values(), 2):
        for wider, narrower in overlaps([*one.claims(), *other.claims()]):
            assert wider.network == narrower.network
            assert "lanCidrs" in wider.key
            assert "lanCidrs" in narrower.key


def test_no_file_holds_a_secret_or_a_salt() -> None:
    for path in FILES:
        text = path.read_text()
        assert "secure:" not in text
        assert "encryptionsalt" not in text
        assert "presharedKey:" not in text

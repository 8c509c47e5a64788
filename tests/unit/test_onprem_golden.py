"""Every device's output, word for word. UPDATE_GOLDEN=1 writes the files anew: look at the changes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from labs.onprem_connections import BGP, GOLDEN, STATIC, Case, connection, suited
from onprem.rendering import devices, forms, render

CASES = {"bgp": BGP, "static": STATIC}


@pytest.mark.parametrize("device", devices())
@pytest.mark.parametrize("case", CASES)
def test_output_is_as_agreed(case: str, device: str) -> None:
    folder = GOLDEN / case / device
    made = suited(CASES[case], device)
    rendered = [file for form in forms(device) for file in render(made, device, form)] if made else []
    files = {folder / file.path: file.content for file in rendered}
    assert len(files) == len(rendered), "two forms have a file of the same name"
    if os.environ.get("UPDATE_GOLDEN"):
        _write(files)
    agreed = {path: path.read_text("utf-8") for path in folder.rglob("*") if path.is_file()}
    assert files == agreed


@pytest.mark.parametrize("device", devices())
def test_every_device_can_be_checked_and_taken_off(device: str) -> None:
    assert {"configure", "check", "remove"} <= set(forms(device))


def _write(files: dict[Path, str]) -> None:
    for path, content in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


def test_golden_folders_belong_to_devices() -> None:
    folders = {path.name for case in CASES for path in (GOLDEN / case).iterdir()}
    assert folders == set(devices())


def test_case_files_are_of_both_kinds() -> None:
    def is_bgp(case: Case) -> bool:
        return connection(case).bgp is not None

    assert {name: is_bgp(case) for name, case in CASES.items()} == {"bgp": True, "static": False}

"""The journal of what was created and not yet recorded by the engine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sandbox.provider.unrecorded import Entry, Journal

URN = "urn:pulumi:dev::aws-vpn::aws-vpn:network:Network$aws:ec2/vpc:Vpc::main"


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal")


def entry(ident: str = "vpc-1", urn: str = URN, process: int = 1) -> Entry:
    return Entry(urn, ident, "eu-central-1", process)


def test_an_entry_is_found_by_another_process_and_dropped_once_known(
    journal: Journal, tmp_path: Path
) -> None:
    journal.record(entry())
    again = Journal(tmp_path / "journal")
    assert again.find(URN) == entry()
    again.drop(URN, "vpc-1")
    assert journal.find(URN) is None
    assert list((tmp_path / "journal").iterdir()) == []


def test_knowing_another_id_does_not_drop_an_entry(journal: Journal) -> None:
    journal.record(entry("vpc-new"))
    journal.drop(URN, "vpc-old")
    assert journal.find(URN) == entry("vpc-new")


def test_an_entry_knows_its_stack_and_its_own_type() -> None:
    assert entry().stack == "urn:pulumi:dev::aws-vpn"
    assert entry().token == "aws:ec2/vpc:Vpc"


def test_only_other_processes_entries_of_the_stack_are_left_over(journal: Journal) -> None:
    other_stack = "urn:pulumi:prod::aws-vpn::aws:ec2/vpc:Vpc::main"
    own = "urn:pulumi:dev::aws-vpn::aws:ec2/vpc:Vpc::own"
    for one in (entry(), entry(urn=other_stack), entry(urn=own, process=os.getpid())):
        journal.record(one)
    assert list(journal.left_by_others("urn:pulumi:dev::aws-vpn")) == [entry()]


def test_half_written_and_foreign_files_count_for_nothing(journal: Journal, tmp_path: Path) -> None:
    journal.record(entry())
    (path,) = (tmp_path / "journal").glob("*.json")
    path.write_text('{"urn": "x"')
    assert journal.find(URN) is None
    assert list(journal.left_by_others("urn:pulumi:dev::aws-vpn")) == []


def test_closing_forgets_what_this_process_wrote_and_nothing_else(journal: Journal) -> None:
    other = Entry("urn:pulumi:dev::p::aws:ec2/vpc:Vpc::other", "vpc-2", "eu-central-1", os.getpid() + 1)
    own = Entry("urn:pulumi:dev::p::aws:ec2/vpc:Vpc::own", "vpc-1", "eu-central-1", os.getpid())
    journal.record(other)
    journal.record(own)
    journal.close()
    assert journal.find(own.urn) is None
    assert journal.find(other.urn) == other


def test_without_a_folder_nothing_is_kept() -> None:
    nowhere = Journal(None)
    nowhere.record(entry())
    nowhere.drop(URN)
    assert nowhere.find(URN) is None
    assert list(nowhere.left_by_others("urn:pulumi:dev::aws-vpn")) == []

"""Archives that are the same everywhere, and the user data that names them."""

from __future__ import annotations

import io
import os
import tarfile

import pytest
import yaml

from hosts.content import HostContent
from hosts.user_data import ArchivePlace, user_data

MADE = HostContent(("curl",), {"/etc/b": "b\n", "/usr/local/sbin/a": "#!/bin/sh\n"})
PLACE = ArchivePlace("eu-central-1", "123456789012", "aws-vpn-dev-123456789012", "hosts/x.tar", "/log")


def test_the_archive_is_the_same_to_the_byte_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "umask", lambda _: 0)
    turned = HostContent(("curl",), dict(sorted(MADE.files.items(), reverse=True)))
    assert turned.archive == MADE.archive
    assert MADE.digest == "7f1d05865fc8e081b37f22996bfcb03140ff603da489350ed10c3fd922212ac0"


def test_members_have_no_traces_of_the_machine_that_made_them() -> None:
    with tarfile.open(fileobj=io.BytesIO(MADE.archive)) as archive:
        members = archive.getmembers()
    assert [(m.name, m.mode) for m in members] == [("etc/b", 0o644), ("usr/local/sbin/a", 0o755)]
    assert {(m.uid, m.gid, m.uname, m.gname, m.mtime) for m in members} == {(0, 0, "", "", 0)}


def test_user_data_names_bucket_object_and_digest_and_little_else() -> None:
    text = user_data(MADE, PLACE)
    assert text.startswith("#cloud-config\n")
    assert len(text.encode()) < 8192
    for told in (PLACE.bucket, PLACE.key, PLACE.region, MADE.digest):
        assert told in text
    files = {entry["path"]: entry["content"] for entry in yaml.safe_load(text)["write_files"]}
    assert 'Acquire::Retries "20";' in files["/etc/apt/apt.conf.d/60host"]

"""An authority's document is authentic as a whole: whatever is changed without its passphrase is refused."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from access import authority as ca
from access import seal, store
from access.cloud import TunnelInCloud
from access.errors import AccessError
from access.passphrase import FILE_VARIABLE, VARIABLE
from access.revocation_list import crl_number, sign_crl
from command.root import main

ROOT = Path(__file__).parents[2]
PASSPHRASE = "correct horse battery staple"
NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture(autouse=True)
def cheap_passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seal, "SCRYPT_COST", 2**4)


def authority() -> tuple[ca.Authority, ca.Secrets]:
    """An authority that has issued three certificates and revoked one."""
    made, secrets = ca.create("aws-vpn-dev-staff", NOW)
    for name in ("alice", "bob", "carol"):
        made, _ = ca.issue(made, secrets, name, "client", timedelta(days=90), NOW)
    return replace(ca.revoke(made, "carol", NOW), crl_number=3, crl_expires=NOW), secrets


AUTHORITY, SECRETS = authority()
OTHER, OTHER_SECRETS = ca.create("aws-vpn-dev-staff", NOW)


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The way to every single value of the document, and to the list of certificates."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list):
        yield path
        for index, inner in enumerate(value):
            yield from leaves(inner, (*path, index))
    else:
        yield path


def document() -> dict[str, Any]:
    """The document as it is stored."""
    stored = seal.seal(AUTHORITY, SECRETS, PASSPHRASE)
    fields = {key: value for key, value in asdict(stored.sealed).items() if key != "format"}
    whole = {"format": stored.sealed.format, "authority": asdict(stored.authority), "sealed": fields}
    return json.loads(json.dumps(whole, default=datetime.isoformat))


PATHS = list(leaves(document()))


def changed(value: Any, draw: st.DrawFn) -> Any:
    """Another value in place of this one: of its kind, of another, or cut, doubled, turned round."""
    if isinstance(value, list):
        candidates = [value[1:], value[:-1], value[::-1], value + value[:1], [], None]
    elif isinstance(value, str):
        candidates = [
            *(value[:-1], value + value, value.swapcase(), "", "\u2028", OTHER.certificate, None, 7),
            *(value + OTHER.certificate, draw(st.text(max_size=40)), (NOW + timedelta(days=1)).isoformat()),
        ]
    else:
        candidates = [None, 0, -1, 1, 2, 10**30, "x", True, [], {}, NOW.isoformat(), draw(st.integers())]
    return draw(st.sampled_from([each for each in candidates if each != value]))


@st.composite
def tampered(draw: st.DrawFn) -> dict[str, Any]:
    """A document with one value changed."""
    whole = document()
    path = draw(st.sampled_from(PATHS))
    place: Any = whole
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = changed(place[path[-1]], draw)
    return whole


@given(tampered())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_changed_without_the_passphrase_is_refused_in_one_line(
    tmp_path: Path, whole: dict[str, Any]
) -> None:
    (tmp_path / store.FILE).write_text(json.dumps(whole), encoding="utf-8")
    with pytest.raises(AccessError) as refusal:
        store.load(tmp_path).opened(PASSPHRASE)
    assert len(str(refusal.value).splitlines()) == 1


def test_an_untouched_document_opens(tmp_path: Path) -> None:
    (tmp_path / store.FILE).write_text(json.dumps(document()), encoding="utf-8")
    opened = store.load(tmp_path).opened(PASSPHRASE)
    assert (opened.authority, opened.secrets) == (AUTHORITY, SECRETS)


def first_format(made: ca.Authority) -> str:
    """A document as the first version stored it: nothing but the keys was protected."""
    keys = seal._keys(PASSPHRASE, b"s" * 16)
    content = json.dumps(asdict(SECRETS)).encode()
    sealed = AESGCM(keys.encryption).encrypt(b"n" * 12, content, made.name.encode())
    parts = {"salt": b"s" * 16, "nonce": b"n" * 12, "ciphertext": sealed}
    fields = {key: base64.b64encode(value).decode() for key, value in parts.items()}
    whole = {"format": 1, "authority": asdict(made), "sealed": fields}
    return json.dumps(whole, default=datetime.isoformat)


@pytest.mark.parametrize(
    ("certificate", "server_certificate", "said"),
    [
        (AUTHORITY.certificate + OTHER.certificate, AUTHORITY.server_certificate, "other certificates"),
        (OTHER.certificate, AUTHORITY.server_certificate, "other certificates"),
        (f"# a remark\n{AUTHORITY.certificate}", AUTHORITY.server_certificate, "other certificates"),
        (AUTHORITY.certificate, OTHER.server_certificate, "is not its authority's"),
        (AUTHORITY.certificate, AUTHORITY.server_certificate * 2, "is not its authority's"),
    ],
    ids=["a second", "another", "text above", "another server's", "two servers'"],
)
def test_an_older_document_with_other_certificates_is_refused(
    tmp_path: Path, certificate: str, server_certificate: str, said: str
) -> None:
    made = replace(AUTHORITY, certificate=certificate, server_certificate=server_certificate)
    (tmp_path / store.FILE).write_text(first_format(made), encoding="utf-8")
    with pytest.raises(AccessError, match=said):
        store.load(tmp_path).opened(PASSPHRASE)


def test_an_older_document_is_protected_at_its_first_use_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv(VARIABLE, PASSPHRASE)
    monkeypatch.delenv(FILE_VARIABLE, raising=False)
    (tmp_path / store.FILE).write_text(first_format(AUTHORITY), encoding="utf-8")
    assert main(["access", "--home", str(tmp_path), "revoke", "alice"]) == 0
    said = capsys.readouterr().err.splitlines()
    assert said[0].startswith(f"warning: {tmp_path} was stored by an earlier version")
    stored = store.load(tmp_path)
    assert stored.authenticated
    assert stored.opened(PASSPHRASE).secrets == SECRETS
    assert main(["access", "--home", str(tmp_path), "revoke", "bob"]) == 0
    assert "earlier version" not in capsys.readouterr().err


def test_a_document_cannot_pass_for_one_of_the_first_format(tmp_path: Path) -> None:
    whole = document()
    del whole["sealed"]["authentication"]
    (tmp_path / store.FILE).write_text(json.dumps({**whole, "format": 1}), encoding="utf-8")
    with pytest.raises(AccessError, match="does not open"):
        store.load(tmp_path).opened(PASSPHRASE)


def test_an_older_copy_is_not_published_over_a_newer_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv(VARIABLE, PASSPHRASE)
    monkeypatch.delenv(FILE_VARIABLE, raising=False)
    live = [sign_crl(replace(AUTHORITY, crl_number=8), SECRETS, NOW)[1]]
    published: list[str] = []
    monkeypatch.setattr(TunnelInCloud, "live_crl", lambda _: live[0])
    monkeypatch.setattr(TunnelInCloud, "publish", lambda _, __, ___, crl: published.append(crl))
    store.save(tmp_path, seal.seal(AUTHORITY, SECRETS, PASSPHRASE))
    assert main(["access", "--home", str(tmp_path), "publish"]) == 1
    assert capsys.readouterr().err.startswith(
        "the servers have revocation list 9, and this authority made 3 so far: it is an older copy"
    )
    assert published == []
    live[0] = sign_crl(replace(OTHER, crl_number=8), OTHER_SECRETS, NOW)[1]
    assert main(["access", "--home", str(tmp_path), "publish"]) == 0
    assert crl_number(published[0], AUTHORITY) == 4

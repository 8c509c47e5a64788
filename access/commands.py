"""The steps behind the command line, each from what is stored to what is stored."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

from access import authority as ca
from access.cloud import TunnelInCloud
from access.errors import AccessError
from access.existing.account import account
from access.existing.folder import find
from access.existing.takeover import Expected, take_over
from access.listing import document, table, warnings
from access.passphrase import existing_passphrase, imported_passphrase, new_passphrase
from access.profile import Endpoint, client_profile, site_profile
from access.revocation_list import crl_number, sign_crl
from access.seal import Opened, Stored, seal
from access.store import (
    exists,
    has_authority,
    load,
    locked,
    make_folder,
    pending,
    refuse_repository,
    save,
)
from model.names import SITE_PREFIX, site_name
from stacks.sections.openvpn import OpenVpnSettings


@dataclass(frozen=True, slots=True)
class Profiles:
    """How a profile is made: how long it is valid, where it goes, and the address it names."""

    validity: timedelta
    folder: Path | None
    address: str | None


@dataclass(frozen=True, slots=True)
class Access:
    """The access to one tunnel. Every method returns the lines to print, and may raise AccessError."""

    cloud: TunnelInCloud
    settings: OpenVpnSettings
    home: Path
    notices: list[str] = field(default_factory=list[str], compare=False)

    @property
    def server_name(self) -> str:
        """What the tunnel is called, and in their certificate its servers, unless they took a name over."""
        return self.cloud.names.of(self.settings.name)

    def init(self) -> list[str]:
        """Make the tunnel's authority."""
        refuse_repository(self.home)
        self._refuse_existing()
        passphrase = new_passphrase()
        with locked(self.home):
            self._refuse_existing()
            authority, secrets = ca.create(self.server_name, _now())
            save(self.home, seal(authority, secrets, passphrase))
        return [f"authority for {self.server_name} in {self.home}: back it up, its passphrase apart"]

    def take_over(self, folder: Path) -> list[str]:
        """An authority that another tool made, with all that it issued and revoked, as the tunnel's own."""
        refuse_repository(self.home)
        self._refuse_existing()
        found = find(folder)
        taken = take_over(found, imported_passphrase, self._expected(), _now())
        passphrase = new_passphrase()
        with locked(self.home):
            self._refuse_existing()
            save(self.home, seal(taken.authority, taken.secrets, passphrase))
        return [
            *account(taken),
            f"authority of {found.pki} taken over into {self.home}: back it up, its passphrase apart",
        ]

    def publish(self) -> list[str]:
        """Hand the servers what they need, with a fresh revocation list."""
        passphrase = self._passphrase()
        with locked(self.home):
            opened = self._opened(passphrase)
            self._refuse_older(opened.authority)
            authority, crl = sign_crl(opened.authority, opened.secrets, _now())
            # Saved first: the number of a list that may have reached a server is never used again.
            save(self.home, opened.sealed(authority))
            self.cloud.publish(authority, opened.secrets, crl)
            save(self.home, opened.sealed(replace(authority, published=True)))
        return [f"published for {self.server_name}: revocation list {authority.crl_number}"]

    def issue(self, name: str, profiles: Profiles) -> list[str]:
        """A certificate and profile for a person's device."""
        if name.startswith(SITE_PREFIX):
            raise AccessError(
                f"{name} begins like an office's; should be another name, or"
                f" `issue-site {name.removeprefix(SITE_PREFIX)}`"
            )
        return self._issue(name, "client", profiles)

    def issue_site(self, office: str, profiles: Profiles) -> list[str]:
        """A certificate and profile for an office's router."""
        self._lan_cidrs(office)
        return self._issue(site_name(office), "site", profiles)

    def renew(self, name: str, profiles: Profiles) -> list[str]:
        """A new certificate and profile for a name; the present one stays valid."""
        passphrase = self._passphrase()
        endpoint = self._endpoint(profiles)
        with locked(self.home):
            opened = self._opened(passphrase)
            authority, credential = ca.renew(
                opened.authority, opened.secrets, name, profiles.validity, _now()
            )
            return self._deliver(opened.sealed(authority), credential, endpoint, self._path(name, profiles))

    def renew_server(self) -> list[str]:
        """A new certificate for the servers."""
        passphrase = self._passphrase()
        with locked(self.home):
            opened = self._opened(passphrase)
            authority, secrets = ca.renew_server(opened.authority, opened.secrets, _now())
            save(self.home, opened.sealed(authority, secrets))
        return [f"new server certificate, valid until {authority.server_expires:%Y-%m-%d}"]

    def revoke(self, name: str) -> list[str]:
        """Let a name in no longer."""
        passphrase = self._passphrase()
        with locked(self.home):
            opened = self._opened(passphrase)
            save(self.home, opened.sealed(ca.revoke(opened.authority, name, _now())))
        return [f"{name} revoked"]

    def list(self, *, seen: bool) -> list[str]:
        """What was issued, and when each name was last seen."""
        authority = load(self.home).authority
        now = _now()
        return table(authority, self.cloud.last_seen(now) if seen else None, now)

    def document(self) -> dict[str, Any]:
        """What was issued, for programs."""
        return document(load(self.home).authority, self.cloud.stack, self.settings.name, _now())

    def warnings(self) -> list[str]:
        """What needs attention soon."""
        return [f"warning: {line}" for line in (*self.notices, *warnings(load(self.home).authority, _now()))]

    def _issue(self, name: str, kind: ca.Kind, profiles: Profiles) -> list[str]:
        passphrase = self._passphrase()
        endpoint = self._endpoint(profiles)
        path = self._path(name, profiles)
        with locked(self.home):
            opened = self._opened(passphrase)
            authority, credential = ca.issue(
                opened.authority, opened.secrets, name, kind, profiles.validity, _now()
            )
            if exists(path):
                raise AccessError(f"{path} exists; should be moved away first, or another --output")
            return self._deliver(opened.sealed(authority), credential, endpoint, path)

    def _deliver(
        self,
        stored: Stored,
        credential: ca.Credential,
        endpoint: Endpoint,
        path: Path,
    ) -> list[str]:
        """Remember the certificate, then show the profile: a profile is never unknown to its authority."""
        issued = stored.authority.issued[-1]
        if issued.kind == "site":
            lans = self._lan_cidrs(issued.name.removeprefix(SITE_PREFIX))
            text = site_profile(issued.name, lans, endpoint, credential)
        else:
            text = client_profile(issued.name, endpoint, credential)
        with pending(path, text) as publish:
            save(self.home, stored)
            publish()
        return [f"{path}: {issued.name}, valid until {issued.not_after:%Y-%m-%d}"]

    def _path(self, name: str, profiles: Profiles) -> Path:
        folder = profiles.folder or self.home / "profiles"
        if profiles.folder is None:
            make_folder(folder)
        else:
            refuse_repository(folder)
        return folder / f"{self.server_name}-{name}.ovpn"

    def _endpoint(self, profiles: Profiles) -> Endpoint:
        address = profiles.address or self.cloud.address()
        name = load(self.home).authority.name
        return Endpoint(address, self.settings.listening_port, self.settings.protocol, name)

    def _expected(self) -> Expected:
        return Expected(
            self.server_name,
            self.settings.protocol,
            self.settings.listening_port,
            tuple(office.name for office in self.settings.offices),
        )

    def _lan_cidrs(self, office: str) -> tuple[IPv4Network, ...]:
        for known in self.settings.offices:
            if known.name == office:
                return known.lan_cidrs
        names = ", ".join(known.name for known in self.settings.offices)
        raise AccessError(
            f"office {office} is not in the settings; should be one of {names or '(there are none)'}"
        )

    def _opened(self, passphrase: str) -> Opened:
        """The authority with its keys; one that an earlier version stored is protected from here on."""
        stored = load(self.home)
        opened = stored.opened(passphrase)
        if not stored.authenticated:
            save(self.home, opened.sealed(opened.authority))
            self.notices.append(
                f"{self.home} was stored by an earlier version, which would not have noticed a change by"
                " others; now it is protected: make sure that `list` shows what you know, and back it up"
            )
        return opened

    def _refuse_older(self, authority: ca.Authority) -> None:
        live = crl_number(self.cloud.live_crl(), authority)
        if live > authority.crl_number:
            raise AccessError(
                f"the servers have revocation list {live}, and this authority made {authority.crl_number} so"
                " far: it is an older copy, without what was revoked or issued since; restore a later one"
            )

    def _passphrase(self) -> str:
        load(self.home)
        return existing_passphrase()

    def _refuse_existing(self) -> None:
        if has_authority(self.home):
            raise AccessError(f"an authority is in {self.home} already; should be another --home")


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)

"""Connections that the tests of the renderer share: documents in AWS's form, and settings around them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from pathlib import Path

from model.tunnel_options import TunnelOptions
from onprem.assembly import Surroundings, TunnelFacts, assemble
from onprem.connection import Connection
from onprem.document import read_document

GOLDEN = Path(__file__).parents[1] / "tests" / "unit" / "golden" / "onprem"
BERLIN = Surroundings(
    "berlin-1",
    (IPv4Network("192.168.10.0/24"), IPv4Network("192.168.11.0/24")),
    (IPv4Network("10.30.0.0/16"),),
    "stack prod",
)
LISBON = Surroundings(
    "lisbon", (IPv4Network("192.168.30.0/24"),), (IPv4Network("10.30.0.0/16"),), "stack prod"
)


@dataclass(frozen=True)
class Case:
    """A document, and what surrounds its connection. `largest_segment` is put in for AWS's MSS."""

    document: str
    surroundings: Surroundings
    largest_segment: int = 1379

    @property
    def text(self) -> str:
        return (GOLDEN / self.document).read_text("utf-8").replace(">1379<", f">{self.largest_segment}<")


BGP = Case("bgp.xml", BERLIN)
STATIC = Case("static.xml", LISBON)


def suited(case: Case, device: str) -> Connection | None:
    """A case's connection as a device can have it; None if it cannot have one of this kind at all.

    Azure's gateway takes inside addresses of two blocks alone, UniFi has no AES-GCM, Google no static routes.
    """
    made = connection(case)
    if device == "google" and made.bgp is None:
        return None
    if device == "unifi":
        return connection(case, TunnelOptions(phase2_encryption_algorithms=("AES256",)))
    if device == "azure":
        first, second = (
            replace(
                tunnel,
                customer_inside=IPv4Interface(f"169.254.21.{4 * tunnel.position + 2}/30"),
                amazon_inside=IPv4Address(f"169.254.21.{4 * tunnel.position + 1}"),
            )
            for tunnel in made.tunnels
        )
        return replace(made, tunnels=(first, second))
    return made


def connection(case: Case, options: TunnelOptions | None = None) -> Connection:
    """A case's connection with the given options, or those that a stack file gives when it says nothing."""
    facts = TunnelFacts(options or TunnelOptions())
    return assemble(read_document(case.text, case.document), case.surroundings, (facts, facts))

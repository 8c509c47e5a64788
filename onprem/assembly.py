"""Puts a connection together: AWS's document, and what the document does not say."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from ipaddress import IPv4Network
from typing import Literal

from model.tunnel_options import PRESHARED_KEY, PRESHARED_KEY_RIGHT, TunnelOptions
from onprem.connection import Connection, Proposals, Tunnel
from onprem.document import Document, DocumentTunnel
from onprem.errors import OnpremError

REKEY_MARGIN = 270
"""Seconds: the default of RekeyMarginTimeSeconds (EC2 API, VpnTunnelOptionsSpecification)."""


@dataclass(frozen=True)
class TunnelFacts:
    """What a tunnel may negotiate, where more is known than the document says.

    Without `options` the document's algorithms are used. `preshared_key` is used where the document has none.
    """

    options: TunnelOptions | None = None
    preshared_key: str | None = field(default=None, repr=False)
    ike_version: Literal[1, 2] = 2


@dataclass(frozen=True)
class Surroundings:
    """What lies behind both ends, and what the connection is called; `origin` as in `Connection`."""

    name: str
    lans: tuple[IPv4Network, ...]
    vpc_cidrs: tuple[IPv4Network, ...]
    origin: str


def assemble(
    document: Document, surroundings: Surroundings, facts: tuple[TunnelFacts, TunnelFacts]
) -> Connection:
    """The connection that a document and the facts around it describe.

    Keys are checked here, whatever they come from: they are the only text that reaches a router's language.

    Raises:
        OnpremError: a tunnel has no pre-shared key, or one that AWS would not take.
    """
    first, second = (
        _tunnel(described, known, surroundings)
        for described, known in zip(document.tunnels, facts, strict=True)
    )
    return Connection(
        name=surroundings.name,
        vpn_connection_id=document.vpn_connection_id,
        customer_gateway_id=document.customer_gateway_id,
        vpn_gateway_id=document.vpn_gateway_id,
        tunnels=(first, second),
        lans=surroundings.lans,
        vpc_cidrs=surroundings.vpc_cidrs,
        origin=surroundings.origin,
    )


def _tunnel(described: DocumentTunnel, known: TunnelFacts, surroundings: Surroundings) -> Tunnel:
    key = described.preshared_key or known.preshared_key
    if key is None:
        raise OnpremError(
            f"{surroundings.name}: tunnel {described.position} ({described.amazon_outside}) has no pre-shared"
            f" key in {surroundings.origin}; should be there, or in Secrets Manager"
        )
    if not PRESHARED_KEY.fullmatch(key):
        raise OnpremError(
            f"{surroundings.name}: the pre-shared key of tunnel {described.position} should be"
            f" {PRESHARED_KEY_RIGHT}"
        )
    ike, esp = described.ike, described.esp
    if known.options:
        ike, esp = _allowed(known.options)
    if _ike_version(known) == 1:
        ike = _without_combined(ike, surroundings)
    margin = known.options.rekey_margin_time_seconds if known.options else REKEY_MARGIN
    return Tunnel(
        position=described.position,
        customer_outside=described.customer_outside,
        amazon_outside=described.amazon_outside,
        customer_inside=described.customer_inside,
        amazon_inside=described.amazon_inside,
        preshared_key=key,
        ike_version=_ike_version(known),
        ike=ike,
        esp=esp,
        rekey_margin=min(margin, esp.lifetime // 2),
        replay_window=known.options.replay_window_size if known.options else None,
        largest_segment=described.largest_segment,
        dpd_interval=described.dpd_interval,
        dpd_retries=described.dpd_retries,
        bgp=described.bgp,
    )


def _without_combined(ike: Proposals, surroundings: Surroundings) -> Proposals:
    if not ike.block_ciphers:
        raise OnpremError(
            f"{surroundings.name}: IKEv1 with {', '.join(ike.encryptions)} in phase 1; should be ikev2, or"
            " AES without GCM: IKEv1 has none (RFC 5282)"
        )
    return replace(ike, encryptions=ike.block_ciphers)


def _ike_version(known: TunnelFacts) -> Literal[1, 2]:
    if known.options is None:
        return known.ike_version
    return 2 if "ikev2" in known.options.ike_versions else 1


def _allowed(options: TunnelOptions) -> tuple[Proposals, Proposals]:
    ike = Proposals(
        options.phase1_encryption_algorithms,
        options.phase1_integrity_algorithms,
        options.phase1_dh_group_numbers,
        options.phase1_lifetime_seconds,
    )
    esp = Proposals(
        options.phase2_encryption_algorithms,
        options.phase2_integrity_algorithms,
        options.phase2_dh_group_numbers,
        options.phase2_lifetime_seconds,
    )
    return ike, esp

"""Why a tunnel is down, told from log lines: AWS's tunnel activity and BGP logs, and strongSwan's own log.

AWS's texts and what they mean are those of "AWS Site-to-Site VPN logs" (log contents). A line that names
one reason outranks a line that any failure ends with, such as a timeout.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import cast

from model.printable import printable
from operations.status.model import Cause

NO_BGP_LINE = "AWS's end says that IPsec is up and BGP is not"
"""Stands for a line of the log where the BGP log is off: the telemetry alone tells it."""

SHOWN_CHARACTERS = 200
"""Of the line that tells the cause."""


@dataclass(frozen=True)
class Reason:
    """One reason: its words, what mends it, and the lines (patterns, any case) that tell it."""

    id: str
    says: str
    mend: str
    patterns: tuple[str, ...]

    def tells(self, line: str) -> bool:
        """Whether the line gives this reason."""
        return any(re.search(pattern, line, re.IGNORECASE) for pattern in self.patterns)


_RENDER = "render the router's configuration again (aws-vpn onprem) and load it"

NO_PHASE_2_PROPOSAL = Reason(
    "no-phase2-proposal",
    "IKE is up, and the two ends share no proposal for the data (phase 2)",
    f"the router's ESP proposals should be the tunnel's phase 2 options; {_RENDER}",
    (
        r"no acceptable (proposal|ENCRYPTION_ALGORITHM|INTEGRITY_ALGORITHM|KEY_EXCHANGE_METHOD) found",
        r"Phase 2 was unable to establish while keeping Phase 1",
        r"NO_PROPOSAL_CHOSEN notify, no CHILD_SA built",
        r"NO_PROPOSAL_CHOSEN notify error.*quick mode",
        r"no matching proposal found, sending NO_PROPOSAL_CHOSEN",
        r"no proposal chosen.*phase 2",
    ),
)
NO_PROPOSAL = Reason(
    "no-proposal",
    "the two ends share no proposal: encryption, integrity or Diffie-Hellman group differ",
    f"the router's proposals should be the tunnel's phase 1 options; {_RENDER}",
    (
        r"No Proposal Match Found",
        r"received proposals (inacceptable|unacceptable)",
        r"NO_PROPOSAL_CHOSEN",
        r"no proposal chosen",
        r"INVALID_KE_PAYLOAD notify error",
    ),
)

SPECIFIC = (
    Reason(
        "wrong-key",
        "the pre-shared keys of the two ends differ",
        f"{_RENDER}; each tunnel has a key of its own",
        (
            r"invalid pre-shared key",
            r"pre-shared key mismatch",
            r"MAC mismatched",
            r"no shared key found",
            r"invalid HASH_V1 payload length, decryption failed",
            r"could not decrypt payloads",
            r"calculated HASH does not match",
        ),
    ),
    Reason(
        "certificate",
        "a certificate was refused: expired, or of an authority that the other end does not know",
        "renew the router's certificate, and install AWS's private authority on it",
        (
            r"certificate (has )?expired",
            r"subject certificate invalid",
            r"no trusted \S+ public key found",
            r"no issuer certificate found",
        ),
    ),
    Reason(
        "wrong-asn",
        "the router's BGP speaks for another AS than its customer gateway has",
        "set the router's AS number to the site's bgpAsn in the stack file, or the other way round",
        (r"remote AS is \S+ expected", r"bad peer AS", r"OPEN Message Error/Bad Peer AS"),
    ),
    Reason(
        "too-many-routes",
        "the router announced more routes than AWS takes (100), and AWS closed the BGP session",
        "announce summaries, or fewer networks",
        (r"maximum (number of )?prefix(es)?( limit was exceeded| reached)",),
    ),
    Reason(
        "bgp-shut-down",
        "one end ended the BGP session by intent",
        "start the neighbor on the router again: its configuration says shutdown, or lacks it",
        (r"Cease/(Administrative|Peer Unconfigured|Connection Rejected|Other Configuration)",),
    ),
    Reason(
        "own-as-in-path",
        "AWS refuses the routes: their path contains AWS's own AS",
        "do not announce what came from AWS, or give the VPG another ASN",
        (r"as-path contains our own AS",),
    ),
    Reason(
        "traffic-selectors",
        "the two ends do not agree on which networks the tunnel carries",
        f"set both selectors to 0.0.0.0/0 (route-based); {_RENDER}",
        (
            r"TS_UNACCEPTABLE",
            r"traffic selectors .* (inacceptable|unacceptable)",
        ),
    ),
    Reason(
        "wrong-identity",
        "the router calls itself by another name or address than AWS expects",
        "the router's IKE identity should be the customer gateway's publicIp; check NAT in front of it",
        (
            r"no matching peer config found",
            r"constraint check failed: identity",
            r"IDir '.*' does not match to '",
            r"identity '.*' required",
        ),
    ),
    Reason(
        "ike-version",
        "the two ends speak different versions of IKE, or nothing is configured for this peer",
        f"set the router to the tunnel's ikeVersions; {_RENDER}",
        (
            r"no IKE config found",
            r"unsupported (IKE )?(major )?version",
            r"INVALID_MAJOR",
        ),
    ),
    NO_PHASE_2_PROPOSAL,
    NO_PROPOSAL,
)
"""In the order in which a line is tried: a line may match two, the first is meant."""

REFUSED = (
    Reason(
        "authentication",
        "the other end refused the authentication: key or identity differ",
        f"compare pre-shared key and IKE identity on both ends; {_RENDER}",
        (r"AUTHENTICATION_FAILED", r"AUTH_FAILED"),
    ),
)
"""What an end says that refuses without a reason; the other end's line says more."""

GENERAL = (
    Reason(
        "bgp-hold-timer",
        "the BGP session ended: the router sent nothing for the hold time",
        "look at the router's load and its BGP log; hold time on both ends is 30 s",
        (r"Hold Timer Expired", r"hold.?time(r)? expired"),
    ),
    Reason(
        "dpd",
        "the router stopped to answer (dead peer detection)",
        "see whether the router and its internet access are up, and that it answers UDP 500 and 4500",
        (
            r"Declaring peer dead",
            r"DPD timed out",
            r"DPD check timed out",
            r"giving up after \d+ retransmits.*INFORMATIONAL",
        ),
    ),
    Reason(
        "router-closed",
        "the router closed the tunnel itself",
        "look in the router's log; some close tunnels without traffic (idle timeout)",
        (r"received DELETE for (IKE_SA|Phase 2|ESP|CHILD_SA)",),
    ),
    Reason(
        "no-answer",
        "the other end does not answer at all",
        "see that the router is up, has the address of its customer gateway, and that UDP 500 and 4500 pass",
        (
            r"Timeout: deleting un-established",
            r"peer not responding",
            r"giving up after \d+ retransmits",
            r"Network is unreachable",
            r"deleting half open IKE_SA",
        ),
    ),
    Reason(
        "no-bgp",
        "IPsec is up and BGP is not: no session with the router",
        "the router should reach AWS's inside address, and TCP 179 should be open between both",
        (r"BGP session state has changed from (Connect to Active|OpenSent to (Idle|Active))", NO_BGP_LINE),
    ),
)

_UP = re.compile(
    r"(BGP session state has changed from OpenConfirm to Established|CHILD_SA \S+ established|IPSEC IS UP)",
    re.IGNORECASE,
)

_IKE_UP = re.compile(r"IKE_SA \S+\[\d+\] established between", re.IGNORECASE)

UNKNOWN = Reason(
    "not-told",
    "its log says nothing of the cause",
    "look into the router's log; aws-vpn status --explain reads it",
    (),
)
NEVER_TRIED = Reason(
    "no-negotiation",
    "nobody tried to negotiate: the log has no line",
    "load the router's configuration (aws-vpn onprem); with startupAction add AWS waits for the router",
    (),
)


def message(entry: str) -> str:
    """What a log event says: AWS writes JSON or text, and nests the text of BGP logs."""
    try:
        document: object = json.loads(entry)
    except ValueError:
        return entry
    if not isinstance(document, dict):
        return entry
    fields = cast("dict[str, object]", document)
    nested = fields.get("message")
    if isinstance(nested, dict):
        return str(cast("dict[str, object]", nested).get("details", ""))
    return str(fields.get("details") or fields.get("VpnLogDetail") or nested or "")


def is_success(entry: str) -> bool:
    """Whether the line says that the tunnel, or BGP in it, came up: what was before it is over."""
    text = entry.replace('"', "").lower()
    phases = [re.search(rf"{phase}\s*[:=]\s*(\w+)", text) for phase in ("phase1_?state", "phase2_?state")]
    both_up = all(match is not None and match[1] == "established" for match in phases)
    return both_up or bool(_UP.search(message(entry)))


def cause(entries: Sequence[str]) -> Cause:
    """The cause that a tunnel's log lines, oldest first, give for its being down."""
    if not entries:
        return _as_cause(NEVER_TRIED, "")
    since_up = _after_success(entries)
    for reasons in (SPECIFIC, REFUSED, GENERAL):
        for entry in reversed(since_up):
            told = _first(reasons, message(entry))
            if told is not None:
                return _as_cause(_in_its_phase(told, entry, since_up), message(entry))
    return _as_cause(UNKNOWN, message(entries[-1]))


def _in_its_phase(told: Reason, entry: str, entries: Sequence[str]) -> Reason:
    """IKEv1 refuses proposals of both phases in the same words: what counts is whether IKE was up by then."""
    if told is not NO_PROPOSAL or not any(map(_IKE_UP.search, entries[: entries.index(entry)])):
        return told
    return NO_PHASE_2_PROPOSAL


def _after_success(entries: Sequence[str]) -> Sequence[str]:
    """The lines since the last success; all of them when nothing was said since then."""
    for i in range(len(entries) - 1, -1, -1):
        if is_success(entries[i]):
            return entries[i + 1 :] or entries
    return entries


def _first(reasons: Iterable[Reason], line: str) -> Reason | None:
    return next((reason for reason in reasons if reason.tells(line)), None)


def _as_cause(reason: Reason, line: str) -> Cause:
    return Cause(
        id=reason.id, says=reason.says, mend=reason.mend, evidence=printable(line[:SHOWN_CHARACTERS])
    )

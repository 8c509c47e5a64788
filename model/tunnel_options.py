"""How a tunnel of a VPN connection negotiates: one value for settings, components, outputs and routers.

Allowed values and ranges are those of "Tunnel options for your AWS Site-to-Site VPN connection" and of
VpnTunnelOptionsSpecification in the EC2 API reference. Weak values that AWS still allows are allowed here;
the policy pack refuses them.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Network
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, Field, SecretStr
from pydantic_core import PydanticCustomError

from model.addresses import Cidr
from model.constraints import each_once
from model.strict_model import StrictModel

INSIDE_RANGE = IPv4Network("169.254.0.0/16")
RESERVED_INSIDE = frozenset(
    IPv4Network(block)
    for block in (
        "169.254.0.0/30",
        "169.254.1.0/30",
        "169.254.2.0/30",
        "169.254.3.0/30",
        "169.254.4.0/30",
        "169.254.5.0/30",
        "169.254.169.252/30",
    )
)
"""Inside blocks that AWS keeps for itself ("Tunnel options", inside tunnel IPv4 CIDR)."""

PRESHARED_KEY = re.compile(r"[1-9A-Za-z._][0-9A-Za-z._]{7,63}")
PRESHARED_KEY_RIGHT = "8 to 64 letters, digits, '.' and '_', the first of them not a zero"
"""What a pre-shared key may be ("Tunnel options", pre-shared key), and the same in words."""


def _check_preshared_key(key: SecretStr) -> SecretStr:
    if not PRESHARED_KEY.fullmatch(key.get_secret_value()):
        raise PydanticCustomError("preshared_key", "{right}", {"right": PRESHARED_KEY_RIGHT})
    return key


def _check_inside_cidr(cidr: IPv4Network) -> IPv4Network:
    if cidr.prefixlen != 30 or not cidr.subnet_of(INSIDE_RANGE):
        raise PydanticCustomError("inside_cidr", "a /30 block in 169.254.0.0/16")
    if cidr in RESERVED_INSIDE:
        raise PydanticCustomError("inside_cidr", "a /30 block in 169.254.0.0/16 that AWS does not reserve")
    return cidr


PresharedKey = Annotated[SecretStr, AfterValidator(_check_preshared_key)]
InsideCidr = Annotated[Cidr, AfterValidator(_check_inside_cidr)]
IkeVersion = Literal["ikev1", "ikev2"]
Encryption = Literal["AES128", "AES256", "AES128-GCM-16", "AES256-GCM-16"]
Integrity = Literal["SHA1", "SHA2-256", "SHA2-384", "SHA2-512"]
Phase1DhGroup = Literal[2, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24]
Phase2DhGroup = Literal[2, 5, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24]

Choice = TypeVar("Choice")
Choices = Annotated[tuple[Choice, ...], Field(min_length=1), AfterValidator(each_once)]
"""Values of which the two ends agree on one: at least one, each once."""


class TunnelOptions(StrictModel):
    """How one IPsec tunnel negotiates. Times in seconds.

    AWS takes the lowest configured value that the router offers too, so a default that lists strong and
    stronger ones means the first: traffic is AES-256-GCM with group 20. Phase 1 also has AES-256-CBC, since
    RouterOS has no GCM there, and so that is what most routers agree on for IKE itself. AWS waits for the
    router (`add`): two ends that start leave a second SA behind. What each device negotiates is in
    docs/onprem.md.

    A field is called as the provider's input is, without `tunnel1_`: a new option is a field here and
    nothing else.
    """

    ike_versions: Choices[IkeVersion] = ("ikev2",)
    """The versions of IKE that AWS accepts."""
    phase1_encryption_algorithms: Choices[Encryption] = ("AES256", "AES256-GCM-16")
    """Encryption of the IKE negotiation."""
    phase1_integrity_algorithms: Choices[Integrity] = ("SHA2-256", "SHA2-384")
    """Integrity of the IKE negotiation."""
    phase1_dh_group_numbers: Choices[Phase1DhGroup] = (20,)
    """Diffie-Hellman groups of the IKE negotiation."""
    phase1_lifetime_seconds: Annotated[int, Field(ge=900, le=28800)] = 28800
    """Seconds until phase 1 is negotiated anew."""
    phase2_encryption_algorithms: Choices[Encryption] = ("AES256-GCM-16",)
    """Encryption of the packets."""
    phase2_integrity_algorithms: Choices[Integrity] = ("SHA2-256",)
    """Integrity of the packets."""
    phase2_dh_group_numbers: Choices[Phase2DhGroup] = (20,)
    """Diffie-Hellman groups of the packets' keys (perfect forward secrecy)."""
    phase2_lifetime_seconds: Annotated[int, Field(ge=900, le=3600)] = 3600
    """Seconds until phase 2 is negotiated anew; less than phase 1's."""
    rekey_margin_time_seconds: Annotated[int, Field(ge=60, le=1800)] = 270
    """Seconds before the end of phase 2 in which AWS negotiates anew; at most half of phase 2's lifetime."""
    rekey_fuzz_percentage: Annotated[int, Field(ge=1, le=100)] = 100
    """By how much that margin is varied at random, in percent. AWS takes 0 too, which the official provider
    does not send."""
    replay_window_size: Annotated[int, Field(ge=64, le=2048)] = 1024
    """Packets in the window against replays."""
    dpd_timeout_seconds: Annotated[int, Field(ge=30)] = 40
    """Seconds without an answer until AWS takes the router for dead (dead peer detection). With static routes
    nothing else tells AWS of a silent path: 30 is best there."""
    dpd_timeout_action: Literal["clear", "none", "restart"] = "restart"
    """What AWS does then: end the session, nothing, or negotiate anew."""
    startup_action: Literal["add", "start"] = "add"
    """Whether AWS starts the negotiation or waits for the router (`add`). AWS starts IKEv2 only, and only
    towards a known address."""

    enable_tunnel_lifecycle_control: bool = True
    """Whether AWS waits with the replacement of its end of the tunnel, as long as it can, until it is told to
    (`aws-vpn roll maintenance`)."""

    def overridden_by(self, own: TunnelOptions) -> TunnelOptions:
        """These options with those that `own` sets put over them."""
        given = {
            field: getattr(own, field) for field in own.model_fields_set & TunnelOptions.model_fields.keys()
        }
        return TunnelOptions(**{**dict(self), **given})

    def inputs(self) -> dict[str, Any]:
        """The options as plain values, by the names of the provider's inputs."""
        return self.model_dump(mode="json")

    def exported(self) -> dict[str, Any]:
        """The options as plain values, by the names that stack files and outputs use."""
        return self.model_dump(mode="json", by_alias=True)


AWS_DEFAULTS = TunnelOptions(
    ike_versions=("ikev1", "ikev2"),
    phase1_encryption_algorithms=("AES128", "AES256", "AES128-GCM-16", "AES256-GCM-16"),
    phase1_integrity_algorithms=("SHA1", "SHA2-256", "SHA2-384", "SHA2-512"),
    phase1_dh_group_numbers=(2, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24),
    phase2_encryption_algorithms=("AES128", "AES256", "AES128-GCM-16", "AES256-GCM-16"),
    phase2_integrity_algorithms=("SHA1", "SHA2-256", "SHA2-384", "SHA2-512"),
    phase2_dh_group_numbers=(2, 5, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24),
    dpd_timeout_seconds=30,
    dpd_timeout_action="clear",
    enable_tunnel_lifecycle_control=False,
)
"""What AWS does where nothing was asked for ("Tunnel options"), which it does not tell: everything it can."""

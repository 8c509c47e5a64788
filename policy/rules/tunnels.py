"""Rules about the two IPsec tunnels of a VPN connection: what each resource shows alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pulumi_policy import Severity
from pydantic import Field

from policy.facts import aws_types as aws
from policy.facts.graph import Resource
from policy.facts.references import config_rule, rfc, security_hub, vpn_guide
from policy.facts.values import UNKNOWN, Secret, has_unknown, is_secret, part, plain
from policy.rules.rule import Finding, Level, ResourceParameters, ResourceRule, Rule

TUNNELS = (1, 2)
TUNNEL_OPTIONS = vpn_guide("Tunnel options", "VPNTunnels.html")


class AllowedNames(ResourceParameters):
    """Which values a tunnel may offer."""

    allowed: Annotated[tuple[str, ...], Field(min_length=1, description="the values that a tunnel may offer")]


class IkeParameters(AllowedNames):
    """Which IKE versions a tunnel may offer."""

    allowed: Annotated[tuple[str, ...], Field(min_length=1, description="IKE versions")] = ("ikev2",)


class EncryptionParameters(AllowedNames):
    """Which encryption algorithms a tunnel may offer."""

    allowed: Annotated[tuple[str, ...], Field(min_length=1, description="encryption algorithms")] = (
        "AES256",
        "AES256-GCM-16",
    )


class IntegrityParameters(AllowedNames):
    """Which integrity algorithms a tunnel may offer."""

    allowed: Annotated[tuple[str, ...], Field(min_length=1, description="integrity algorithms")] = (
        "SHA2-256",
        "SHA2-384",
        "SHA2-512",
    )


class DhGroupParameters(ResourceParameters):
    """Which Diffie-Hellman groups a tunnel may offer."""

    allowed: Annotated[tuple[int, ...], Field(min_length=1, description="Diffie-Hellman groups")] = (
        *range(14, 22),
    )


class PskLengthParameters(ResourceParameters):
    """How long a pre-shared key is."""

    minimum: Annotated[int, Field(ge=8, le=64, description="characters of a pre-shared key at least")] = 24


def _offers(
    resource: Resource, options: tuple[str, ...], allowed: tuple[str | int, ...]
) -> Iterator[Finding]:
    """What tunnels offer beside `allowed`. AWS offers everything it has where nothing is set."""
    for tunnel in TUNNELS:
        for option in options:
            key = f"tunnel{tunnel}{option}"
            value = resource.get(key)
            wanted = ", ".join(map(str, allowed))
            if value is None or value == []:
                message = f"{key} is not set, so AWS also offers its weakest; list some of {wanted}"
                yield Finding(message=message, resource=resource)
            elif value is UNKNOWN:
                yield Finding(message=f"{key} is not known yet", resource=resource, undecided=True)
            else:
                yield from _weak(resource, key, allowed, wanted)


def _weak(resource: Resource, key: str, allowed: tuple[str | int, ...], wanted: str) -> Iterator[Finding]:
    offered = resource.items(key)
    weak = [item for item in offered if item is not UNKNOWN and item not in allowed]
    if weak:
        shown = "(secret)" if is_secret(resource.properties.get(key)) else ", ".join(map(str, weak))
        yield Finding(message=f"{key} offers {shown}; offer only {wanted}", resource=resource)
    if has_unknown(offered):
        yield Finding(message=f"part of {key} is not known yet", resource=resource, undecided=True)


def _check_ike(resource: Resource, parameters: IkeParameters) -> Iterator[Finding]:
    yield from _offers(resource, ("IkeVersions",), parameters.allowed)


def _check_encryption(resource: Resource, parameters: EncryptionParameters) -> Iterator[Finding]:
    yield from _offers(
        resource, ("Phase1EncryptionAlgorithms", "Phase2EncryptionAlgorithms"), parameters.allowed
    )


def _check_integrity(resource: Resource, parameters: IntegrityParameters) -> Iterator[Finding]:
    yield from _offers(
        resource, ("Phase1IntegrityAlgorithms", "Phase2IntegrityAlgorithms"), parameters.allowed
    )


def _check_dh_groups(resource: Resource, parameters: DhGroupParameters) -> Iterator[Finding]:
    yield from _offers(resource, ("Phase1DhGroupNumbers", "Phase2DhGroupNumbers"), parameters.allowed)


def _check_logs(resource: Resource, _parameters: Any) -> Iterator[Finding]:
    for tunnel in TUNNELS:
        key = f"tunnel{tunnel}LogOptions"
        enabled = part(part(resource.get(key), "cloudwatchLogOptions"), "logEnabled")
        if enabled is UNKNOWN:
            yield Finding(message=f"{key} is not known yet", resource=resource, undecided=True)
        elif enabled not in (True, "true"):
            message = f"{key}.cloudwatchLogOptions.logEnabled is not true; turn the tunnel's log on"
            yield Finding(message=message, resource=resource)


def _check_psk_secret(resource: Resource, _parameters: Any) -> Iterator[Finding]:
    for tunnel in TUNNELS:
        key = f"tunnel{tunnel}PresharedKey"
        value = resource.properties.get(key)
        if value is UNKNOWN:
            yield Finding(message=f"{key} is not known yet", resource=resource, undecided=True)
        elif value is not None and not isinstance(value, Secret):
            message = (
                f"{key} is not marked as a secret, so it is readable in the state; wrap it in Output.secret"
            )
            yield Finding(message=message, resource=resource)


def _check_psk_length(resource: Resource, parameters: PskLengthParameters) -> Iterator[Finding]:
    for tunnel in TUNNELS:
        key = f"tunnel{tunnel}PresharedKey"
        value = plain(resource.properties.get(key))
        if value is UNKNOWN:
            yield Finding(message=f"{key} is not known yet", resource=resource, undecided=True)
        elif isinstance(value, str) and len(value) < parameters.minimum:
            message = (
                f"{key} has fewer than {parameters.minimum} characters; leave it out and AWS makes a good one"
            )
            yield Finding(message=message, resource=resource)


def _check_dpd(resource: Resource, _parameters: Any) -> Iterator[Finding]:
    for tunnel in TUNNELS:
        key = f"tunnel{tunnel}DpdTimeoutAction"
        value = resource.get(key)
        if value is UNKNOWN and not resource.is_computed(key):
            yield Finding(message=f"{key} is not known yet", resource=resource, undecided=True)
        elif value in (None, "clear", UNKNOWN):
            message = f"{key} is not restart: a tunnel that was lost waits for the router to start it again"
            yield Finding(message=message, resource=resource)


def _one_tunnel(option: str, value: str, *, others: str = "") -> str:
    return f"""
            connection:
              type: aws:ec2:VpnConnection
              properties:
                type: ipsec.1
                customerGatewayId: cgw-0a1b2c3d
                vpnGatewayId: vgw-0a1b2c3d
                tunnel1{option}: {value}
                tunnel2{option}: {others or value}
        """


def _two_phases(option: str, value: str, weak: str = "") -> str:
    offers = {(1, 1): value, (1, 2): value, (2, 1): value, (2, 2): weak or value}
    lines = "".join(
        f"                tunnel{tunnel}Phase{phase}{option}: {offer}\n"
        for (tunnel, phase), offer in offers.items()
    )
    return f"""
            connection:
              type: aws:ec2:VpnConnection
              properties:
                type: ipsec.1
                customerGatewayId: cgw-0a1b2c3d
                vpnGatewayId: vgw-0a1b2c3d
{lines}"""


_CONNECTION = frozenset({aws.VPN_CONNECTION})

RULES: tuple[Rule, ...] = (
    ResourceRule(
        name="vpn-ikev2-only",
        title="IKEv2 only",
        description="Both tunnels of a VPN connection negotiate with IKEv2 and nothing older.",
        level=Level.MANDATORY,
        severity=Severity.HIGH,
        references=(security_hub("EC2.183"), config_rule("ec2-vpn-connection-ike-version-check")),
        tags=("vpn", "cryptography"),
        remediation="Set tunnel1IkeVersions and tunnel2IkeVersions to [ikev2].",
        types=_CONNECTION,
        parameters=IkeParameters,
        check=_check_ike,
        bad=_one_tunnel("IkeVersions", "[ikev2]", others="[ikev1, ikev2]"),
        good=_one_tunnel("IkeVersions", "[ikev2]"),
    ),
    ResourceRule(
        name="vpn-strong-encryption",
        title="Strong encryption",
        description="Tunnels offer AES with 256-bit keys only, in both phases.",
        level=Level.ADVISORY,
        severity=Severity.MEDIUM,
        references=(TUNNEL_OPTIONS,),
        tags=("vpn", "cryptography"),
        remediation="List AES256 and AES256-GCM-16 for both phases of both tunnels.",
        types=_CONNECTION,
        parameters=EncryptionParameters,
        check=_check_encryption,
        bad=_two_phases("EncryptionAlgorithms", "[AES256-GCM-16]", "[AES128]"),
        good=_two_phases("EncryptionAlgorithms", "[AES256, AES256-GCM-16]"),
    ),
    ResourceRule(
        name="vpn-strong-integrity",
        title="Strong integrity",
        description="Tunnels offer SHA-2 only, in both phases; SHA-1 is broken.",
        level=Level.MANDATORY,
        severity=Severity.HIGH,
        references=(TUNNEL_OPTIONS, rfc(8221, "section 6, integrity algorithms")),
        tags=("vpn", "cryptography"),
        remediation="List SHA2-256, SHA2-384 or SHA2-512 for both phases of both tunnels.",
        types=_CONNECTION,
        parameters=IntegrityParameters,
        check=_check_integrity,
        bad=_two_phases("IntegrityAlgorithms", "[SHA2-256]", "[SHA1, SHA2-256]"),
        good=_two_phases("IntegrityAlgorithms", "[SHA2-256, SHA2-384]"),
    ),
    ResourceRule(
        name="vpn-strong-dh-groups",
        title="Strong Diffie-Hellman groups",
        description="Tunnels offer Diffie-Hellman groups 14 to 21: 2 and 5 are too small, 22 to 24 doubted.",
        level=Level.MANDATORY,
        severity=Severity.HIGH,
        references=(TUNNEL_OPTIONS, rfc(8247, "section 2.4, Diffie-Hellman groups")),
        tags=("vpn", "cryptography"),
        remediation="List groups such as 19, 20 and 21 for both phases of both tunnels.",
        types=_CONNECTION,
        parameters=DhGroupParameters,
        check=_check_dh_groups,
        bad=_two_phases("DhGroupNumbers", "[19, 20]", "[2, 20]"),
        good=_two_phases("DhGroupNumbers", "[19, 20]"),
    ),
    ResourceRule(
        name="vpn-tunnel-logs",
        title="Tunnel logs",
        description="Both tunnels write their log to CloudWatch.",
        level=Level.ADVISORY,
        severity=Severity.MEDIUM,
        references=(security_hub("EC2.171"), config_rule("ec2-vpn-connection-logging-enabled")),
        tags=("vpn", "logging"),
        remediation="Set logEnabled and logGroupArn in tunnel1LogOptions and tunnel2LogOptions.",
        types=_CONNECTION,
        check=_check_logs,
        bad=_one_tunnel(
            "LogOptions", "{cloudwatchLogOptions: {logEnabled: true}}", others="{cloudwatchLogOptions: {}}"
        ),
        good=_one_tunnel("LogOptions", "{cloudwatchLogOptions: {logEnabled: true}}"),
    ),
    ResourceRule(
        name="vpn-psk-secret",
        title="Pre-shared keys are secrets",
        description="Pre-shared keys are marked as secrets, so that state and logs hold them encrypted.",
        level=Level.MANDATORY,
        severity=Severity.CRITICAL,
        references=(vpn_guide("Authentication options", "vpn-tunnel-authentication-options.html"),),
        tags=("vpn", "secrets"),
        remediation="Set the key as a secret in the configuration, or leave it out and let AWS make one.",
        types=_CONNECTION,
        check=_check_psk_secret,
        bad=_one_tunnel(
            "PresharedKey",
            "{fn::secret: kept.from.everyone.in.the.state}",
            others="in.the.open.for.all.to.read",
        ),
        good=_one_tunnel("PresharedKey", "{fn::secret: kept.from.everyone.in.the.state}"),
    ),
    ResourceRule(
        name="vpn-psk-length",
        title="Long pre-shared keys",
        description="A pre-shared key of one's own is long enough not to be guessed.",
        level=Level.ADVISORY,
        severity=Severity.MEDIUM,
        references=(vpn_guide("Authentication options", "vpn-tunnel-authentication-options.html"),),
        tags=("vpn", "secrets"),
        remediation="Leave the key out, so that AWS makes one of 32 characters.",
        types=_CONNECTION,
        parameters=PskLengthParameters,
        check=_check_psk_length,
        bad=_one_tunnel(
            "PresharedKey", "{fn::secret: long.enough.that.nobody.guesses}", others="{fn::secret: short.key}"
        ),
        good=_one_tunnel("PresharedKey", "{fn::secret: long.enough.that.nobody.guesses}"),
    ),
    ResourceRule(
        name="vpn-dpd-restarts",
        title="Lost tunnels start again",
        description="AWS starts a tunnel again after dead peer detection has given it up.",
        level=Level.ADVISORY,
        severity=Severity.LOW,
        references=(TUNNEL_OPTIONS,),
        tags=("vpn", "availability"),
        remediation="Set tunnel1DpdTimeoutAction and tunnel2DpdTimeoutAction to restart.",
        types=_CONNECTION,
        check=_check_dpd,
        bad=_one_tunnel("DpdTimeoutAction", "restart", others="clear"),
        good=_one_tunnel("DpdTimeoutAction", "restart"),
    ),
)

"""The frameworks that rules come from."""

from __future__ import annotations

from policy.rules.rule import Reference

SECURITY_HUB_VERSION = "AWS FSBP v1.0.0"
CIS_VERSION = "CIS AWS Foundations v1.2.0"
NIST_VERSION = "NIST SP 800-53 Rev. 5"
WELL_ARCHITECTED_VERSION = "2024-11-06"
CONFIG_VERSION = "2014-11-12"

_SECURITY_HUB = "https://docs.aws.amazon.com/securityhub/latest/userguide/"
_CONFIG = "https://docs.aws.amazon.com/config/latest/developerguide/"
_WELL_ARCHITECTED = "https://docs.aws.amazon.com/wellarchitected/latest/"


def security_hub(control: str, standard: str = SECURITY_HUB_VERSION) -> Reference:
    """A control of Security Hub, such as EC2.20, and the standard that it is enabled with."""
    service, number = control.split(".")
    return Reference(
        framework="AWS Security Hub",
        version=standard,
        control=control,
        url=f"{_SECURITY_HUB}{service.lower()}-controls.html#{service.lower()}-{number}",
    )


def config_rule(name: str) -> Reference:
    """An AWS Config managed rule, such as vpc-vpn-2-tunnels-up."""
    return Reference(
        framework="AWS Config", version=CONFIG_VERSION, control=name, url=f"{_CONFIG}{name}.html"
    )


def well_architected(item: str, page: str) -> Reference:
    """A best practice of the Well-Architected Framework, such as REL02-BP02, by its page."""
    return Reference(
        framework="AWS Well-Architected",
        version=WELL_ARCHITECTED_VERSION,
        control=item,
        url=f"{_WELL_ARCHITECTED}{page}",
    )


def vpn_guide(title: str, page: str) -> Reference:
    """A page of the Site-to-Site VPN user guide."""
    return Reference(
        framework="AWS Site-to-Site VPN",
        version="user guide",
        control=title,
        url=f"https://docs.aws.amazon.com/vpn/latest/s2svpn/{page}",
    )


def rfc(number: int, section: str) -> Reference:
    """A section of an RFC."""
    return Reference(
        framework="IETF",
        version=f"RFC {number}",
        control=section,
        url=f"https://www.rfc-editor.org/rfc/rfc{number}",
    )

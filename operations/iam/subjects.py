"""Whose rights the policies of a stack's roles are, by its settings."""

from __future__ import annotations

from model.arns import Place
from operations.iam.policies import Subject
from stacks.settings import Settings


def subject_of(stack: str, settings: Settings, account: str) -> Subject:
    """The stack in its account, with what it uses and did not make."""
    vpn, existing = settings.hardware_vpn, settings.network.existing
    return Subject(
        stack,
        Place(settings.region, account),
        shows_tunnel_keys=vpn is not None and vpn.preshared_key_storage == "Standard",
        existing_vpc=existing.vpc_id if existing else None,
        adopted=vpn.adopted_ids() if vpn else (),
    )

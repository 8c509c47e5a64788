"""Rules about instances and whatever launches them."""

from __future__ import annotations

from policy.rules.hosts import (
    encrypted_volumes,
    imds_hop_limit,
    imdsv2_required,
    no_key_pair,
    no_keys_in_the_open,
    no_keys_in_user_data,
    source_dest_check,
)
from policy.rules.rule import Rule

RULES: tuple[Rule, ...] = (
    imdsv2_required.RULE,
    imds_hop_limit.RULE,
    encrypted_volumes.RULE,
    no_key_pair.RULE,
    no_keys_in_user_data.RULE,
    no_keys_in_the_open.RULE,
    source_dest_check.RULE,
)

"""What each type of resource needs of AWS, by what is done with it, and what people need beside: one table
behind all policies.
"""

from __future__ import annotations

from collections.abc import Mapping

from operations.iam.table.archives import ARCHIVES
from operations.iam.table.hosts import HOSTS
from operations.iam.table.network import NETWORK
from operations.iam.table.records import RECORDS
from operations.iam.table.rights import Rights
from operations.iam.table.vpn import VPN

TYPES: Mapping[str, Rights] = {**NETWORK, **VPN, **HOSTS, **RECORDS, **ARCHIVES}

"""Makes the namespaces follow the EC2 API.

The fabric asks the API who holds each address and where each route points, after each call that could have
changed it and twice a second; it changes the namespaces when, and only when, the answer has changed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from contextlib import suppress

from botocore.exceptions import BotoCoreError, ClientError

from labs.failover.ec2 import Association, Ec2
from labs.namespaces import Host

LOOK_EVERY = 0.5


class Fabric:
    """Makes the VPC's router do what the API says; `moved` is called for each change, with its time."""

    def __init__(self, ec2: Ec2, router: Host, own_addresses: Mapping[str, str], private_table: int) -> None:
        self._ec2 = ec2
        self._router = router
        self._own = own_addresses
        self._table = private_table
        self._applied: Association | None = None
        self._complete = False
        self._look_now = threading.Event()
        self._ended = threading.Event()
        self.changes: list[tuple[float, Association]] = []
        self._look()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def look(self) -> None:
        """Something may have changed."""
        self._look_now.set()

    def end(self) -> None:
        """Follow no more."""
        self._ended.set()
        self._look_now.set()
        self._thread.join(10)

    def _follow(self) -> None:
        while not self._ended.is_set():
            self._look_now.wait(LOOK_EVERY)
            self._look_now.clear()
            if not self._ended.is_set():
                with suppress(BotoCoreError, ClientError):  # A fault of the API strikes the fabric too.
                    self._look()

    def _look(self) -> None:
        association = self._ec2.association()
        if association != self._applied or not self._complete:
            self._complete = self._apply(association)
        if association != self._applied:
            self._applied = association
            self.changes.append((time.time(), association))

    def _apply(self, association: Association) -> bool:
        """Do as the API says; False when a route's next hop is gone, which makes it a black hole for now.

        Addresses are translated without state, as AWS does: the next packet goes to the new holder.
        """
        public = {**self._own, **{private: held for held, private in association.addresses.items()}}
        inward = ", ".join(f"{outside} : {private}" for private, outside in public.items())
        outward = ", ".join(f"{private} : {outside}" for private, outside in public.items())
        rules = f"""\
table ip gateway
delete table ip gateway
table ip gateway {{
  chain inward {{
    type filter hook prerouting priority raw;
    iifname "eth0" ip daddr set ip daddr map {{ {inward} }}
  }}
  chain outward {{
    type filter hook postrouting priority srcnat;
    oifname "eth0" ip saddr set ip saddr map {{ {outward} }}
  }}
}}
"""
        routes = "".join(
            f"ip route replace {destination} via {hop} table {self._table} || "
            f"{{ ip route replace blackhole {destination} table {self._table}; echo blackhole; }}\n"
            for destination, hop in association.hops.items()
        )
        done = self._router.run(["sh", "-c", f'printf %s "$1" | nft -f - || exit 1\n{routes}', "sh", rules])
        return "blackhole" not in done.stdout

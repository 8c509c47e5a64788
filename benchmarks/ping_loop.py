"""The plain failover script that the monitor is measured against: pings in rounds, then a takeover.

After the loop of Amazon's nat_monitor.sh and of the nat-monitor gem: a round of three pings with one second
each; when none is answered, the address and the routes are moved; then a pause, and the next round.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import time

import boto3

PINGS = 3
PING_SECONDS = 1


def main() -> None:
    """Watch one server until it is given up, then take over and end."""
    options = _arguments()
    ec2 = boto3.client(  # pyright: ignore[reportUnknownMemberType]
        "ec2", region_name="eu-central-1", endpoint_url=os.environ["AWS_ENDPOINT_URL"]
    )
    print("watching", flush=True)
    while _answers(options.address):
        time.sleep(options.pause)
    print(f"decided {time.time()}", flush=True)
    ec2.associate_address(
        AllocationId=options.allocation, NetworkInterfaceId=options.interface, AllowReassociation=True
    )
    for route in options.route:
        table, destination = route.split("=")
        ec2.replace_route(
            RouteTableId=table, DestinationCidrBlock=destination, NetworkInterfaceId=options.interface
        )
    print(f"moved {time.time()}", flush=True)


def _answers(address: str) -> bool:
    ping = ["ping", "-n", "-q", "-c", str(PINGS), "-W", str(PING_SECONDS), address]
    return subprocess.run(ping, stdout=subprocess.DEVNULL, check=False).returncode == 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--address", required=True, help="the server that is pinged")
    parser.add_argument("--pause", type=float, required=True, help="seconds between rounds")
    parser.add_argument("--allocation", required=True)
    parser.add_argument("--interface", required=True, help="the interface that takes over")
    parser.add_argument("--route", action="append", default=[], help="TABLE=DESTINATION")
    return parser.parse_args()


if __name__ == "__main__":
    main()

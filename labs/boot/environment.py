"""The dev environment with NAT instances: what its hosts get, from the program's own graph of resources.

main 10.10.0.10   standby 10.10.32.10   nat 10.10.1.10   monitor 10.10.64.10
      |                  |                   |                  |
      +------------------+---- vpc router ---+------------------+
         AWS's API 198.51.100.1:5000, Debian's mirror :3128, instance metadata 169.254.169.254
"""

from __future__ import annotations

import base64
import json
from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from labs.boot.checks import METRICS_PORT
from labs.boot.machine import Machine
from labs.boot.neighbours import METADATA, Metadata, mirror, serve
from labs.boot.root import cache, debian_root
from labs.failover.door import Door
from labs.failover.ec2 import REGION, Ec2, configuration
from labs.moto_server import CloudServer, cloud_server
from labs.namespaces import Host, Lab
from labs.openvpn_tunnel import Tunnel
from labs.recorded_environment import environment, settings_of
from labs.recorded_graph import Graph
from stacks.settings import Settings

API = ("198.51.100.1", 5000)
MIRROR = ("198.51.100.1", 3128)
STACK = "dev"
ADDRESSES = {
    "openvpn-staff-main": "10.10.0.10",
    "openvpn-staff-standby": "10.10.32.10",
    "nat-main": "10.10.1.10",
    "openvpn-staff-monitor": "10.10.64.10",
}
BUCKET = "aws:s3/bucket:Bucket"
OBJECT = "aws:s3/bucketObjectv2:BucketObjectv2"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"


@contextmanager
def machines(folder: Path) -> Generator[tuple[Machine, ...]]:
    """One of each kind of host, not booted yet, and everything around them."""
    root = debian_root()
    with ExitStack() as stack:
        cloud = stack.enter_context(cloud_server(folder))
        graph = environment(STACK, settings())
        _deploy(graph, cloud, folder)
        lab = stack.enter_context(Lab(folder))
        vpc = lab.host("vpc")
        vpc.forward()
        for address in (API[0], METADATA):
            vpc.run(["ip", "address", "add", f"{address}/32", "dev", "lo"])
        stack.callback(Door(vpc, *API, cloud).close)
        stack.callback(serve(vpc, METADATA, 80, Metadata).shutdown)
        stack.callback(serve(vpc, *MIRROR, mirror(cache() / "packages")).shutdown)
        made: list[Machine] = []
        for name, told in _user_data(graph).items():
            machine = _machine(lab, vpc, name, folder / name, root)
            stack.callback(machine.remove)
            machine.write({"/var/lib/cloud/seed/nocloud/user-data": told})
            made.append(machine)
        yield tuple(made)


def settings() -> Settings:
    """The dev stack's, with prod's NAT instances, and with scrapers let in."""
    own = settings_of(STACK)
    shown = own.monitoring.model_copy(update={"metrics_port": METRICS_PORT})
    return own.model_copy(update={"nat": settings_of("prod").nat, "monitoring": shown})


def _deploy(graph: Graph, cloud: CloudServer, folder: Path) -> None:
    """The bucket with its archives, the log groups and the published secrets; the pair that is watched."""
    tunnel = Tunnel(folder / "tunnel", cloud, stack=STACK)
    tunnel.access("init")
    tunnel.access("publish")
    logs, s3 = cloud.client("logs"), cloud.client("s3")
    for group in graph.of(LOG_GROUP):
        logs.create_log_group(logGroupName=group.inputs["name"])
    bucket = graph.one(BUCKET).inputs["bucket"]
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    for one in graph.of(OBJECT):
        encoded = one.inputs.get("contentBase64")
        body = base64.b64decode(encoded) if encoded else one.inputs["content"].encode()
        s3.put_object(Bucket=bucket, Key=one.inputs["key"], Body=body)
    ec2 = Ec2(cloud)
    for told in graph.of(OBJECT):
        if told.name == "openvpn-staff-configuration":
            s3.put_object(Bucket=bucket, Key=told.inputs["key"], Body=_watched(ec2, told.inputs["content"]))
    # No host's first attempt gets through.
    ec2.fault("GetObject", "error", count=4 * len(ADDRESSES), service="s3")


def _watched(ec2: Ec2, told: str) -> bytes:
    """The monitor's configuration, with the ids that a graph which was only recorded has not."""
    document: dict[str, Any] = json.loads(told)
    servers = ADDRESSES["openvpn-staff-main"], ADDRESSES["openvpn-staff-standby"]
    destinations = tuple({route["destination"] for route in document["routes"]})
    pair = ec2.pair("openvpn-staff", "203.0.113.5", servers, destinations)
    return configuration(ec2, pair, document["probe"], document["timing"]).encode()


def _user_data(graph: Graph) -> Mapping[str, str]:
    """What each host gets, by its name in the graph."""
    told: dict[str, str] = {}
    for instance in graph.of("aws:ec2/instance:Instance"):
        told[instance.name] = instance.inputs["userData"]
    for template in graph.of("aws:ec2/launchTemplate:LaunchTemplate"):
        told[template.name] = base64.b64decode(template.inputs["userData"]).decode()
    return {name: told[name] for name in ADDRESSES}


def _machine(lab: Lab, vpc: Host, name: str, folder: Path, root: Path) -> Machine:
    """A machine of Debian's image, and what is different here: address, mirror, and where AWS's API is."""
    host = lab.host(name)
    link = name.removeprefix("openvpn-")[:15]
    lab.link(host, "eth0", vpc, link)
    address = ADDRESSES[name]
    gateway = f"{address.rpartition('.')[0]}.1"
    vpc.address(link, f"{gateway}/24")
    network = {
        "version": 2,
        "ethernets": {
            "eth0": {"addresses": [f"{address}/24"], "routes": [{"to": "default", "via": gateway}]}
        },
    }
    api = {"AWS_ENDPOINT_URL": f"http://{API[0]}:{API[1]}"}
    machine = Machine(name, host, folder, root, api)
    machine.write(
        {
            "/etc/hosts": "127.0.0.1 localhost\n",
            "/etc/apt/apt.conf.d/90lab": f'Acquire::http::Proxy "http://{MIRROR[0]}:{MIRROR[1]}";\n',
            "/etc/systemd/system.conf.d/lab.conf": "[Manager]\nDefaultEnvironment="
            + " ".join(f"{key}={value}\n" for key, value in api.items()),
            "/var/lib/cloud/seed/nocloud/meta-data": json.dumps(
                {"instance-id": name, "local-hostname": name}
            ),
            "/var/lib/cloud/seed/nocloud/network-config": json.dumps(network),
        }
    )
    return machine

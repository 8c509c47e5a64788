"""The OpenVPN clients of the failover lab, once they are connected."""

from __future__ import annotations

from labs.failover.network import FailoverNetwork
from labs.openvpn_processes import Client, connect


def connect_laptop(net: FailoverNetwork) -> Client:
    """The laptop's tunnel, up."""
    client = connect(net.hosts["laptop"], net.tunnel.profile("alice"))
    client.connected()
    return client


def connect_office(net: FailoverNetwork) -> Client:
    """The office router's tunnel, up."""
    client = connect(net.hosts["office"], net.tunnel.profile("site-potsdam"))
    client.connected()
    return client

"""What is in the environment's way: names taken, the same customer gateways, overlaps."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network, ip_network
from typing import Any

from operations.preflight.account import Account, Line


def names(account: Account) -> Iterator[Line]:
    """Roles, log groups and secrets that are there before the environment; secrets not quite deleted."""
    taken = [*_secrets(account)]
    if not account.deployed:
        taken += [*_roles(account), *_log_groups(account)]
    yield from taken
    if not taken:
        yield Line("names", "ok", f"{account.names.of('*')} is free or the environment's own")


def _roles(account: Account) -> Iterator[Line]:
    prefix = account.names.of("")
    for role in account.pages("iam", "list_roles", "Roles"):
        name = role["RoleName"]
        if name.startswith(prefix):
            yield Line("names", "fails", f"the IAM role {name} exists", f"iam delete-role --role-name {name}")


def _log_groups(account: Account) -> Iterator[Line]:
    path = account.names.path("")
    for prefix in (path, f"/aws/vendedlogs{path}"):
        for group in account.pages("logs", "describe_log_groups", "logGroups", logGroupNamePrefix=prefix):
            name = group["logGroupName"]
            mend = f"logs delete-log-group --log-group-name {name}"
            yield Line("names", "fails", f"the log group {name} exists", mend)


def _secrets(account: Account) -> Iterator[Line]:
    client = account.clients.of("secretsmanager")
    for tunnel in account.settings.open_vpn:
        for kind in ("server", "crl", "probe"):
            name = account.names.openvpn_secret(tunnel.name, kind)
            try:
                found = client.describe_secret(SecretId=name)
            except client.exceptions.ResourceNotFoundException:
                continue
            mend = f"secretsmanager delete-secret --force-delete-without-recovery --secret-id {name}"
            if found.get("DeletedDate"):
                yield Line("names", "fails", f"the secret {name} waits for its deletion", mend)
            elif not account.deployed:
                yield Line("names", "fails", f"the secret {name} exists", mend)


def customer_gateways(account: Account) -> Iterator[Line]:
    """Gateways of the same address: with the same device name AWS would hand out the other's."""
    vpn = account.settings.hardware_vpn
    there = account.call("ec2", "describe_customer_gateways")["CustomerGateways"]
    adopted = {site.adopted.customer_gateway_id for site in vpn.sites if site.adopted} if vpn else set[str]()
    others = [
        one
        for one in there
        if one["State"] == "available" and not account.owns(one) and one["CustomerGatewayId"] not in adopted
    ]
    clashing = False
    for site in vpn.sites if vpn else ():
        for other in others:
            if site.public_ip is None or other.get("IpAddress") != str(site.public_ip):
                continue
            clashing = True
            same = other.get("DeviceName") == account.names.of(site.device_name or site.name)
            found = f"{site.name}: {other['CustomerGatewayId']} has {site.public_ip} too"
            mend = f"ec2 delete-customer-gateway --customer-gateway-id {other['CustomerGatewayId']}"
            if same:
                yield Line("customer gateways", "fails", f"{found}, and its device name", mend)
            else:
                yield Line(
                    "customer gateways", "warning", found, "another environment's router? else: " + mend
                )
    if not clashing:
        yield Line("customer gateways", "ok", "no other has a site's address")


def overlaps(account: Account) -> Iterator[Line]:
    """Ranges of the settings against other VPCs, peerings and transit gateways' routes."""
    clashing = False
    for claim in account.settings.claims():
        for what, block, grave in [*_vpcs(account), *_peerings(account), *_transit_routes(account)]:
            if isinstance(claim.network, IPv4Network) and claim.network.overlaps(block):
                clashing = True
                found = f"{claim.key} {claim.network} overlaps {what} {block}"
                yield Line(
                    "addresses", "fails" if grave else "warning", found, f"another block for {claim.key}"
                )
    if not clashing:
        yield Line("addresses", "ok", "no overlap")


Block = tuple[str, IPv4Network, bool]


def _vpcs(account: Account) -> Iterator[Block]:
    for vpc in account.vpcs:
        if not account.uses(vpc):
            for one in vpc.get("CidrBlockAssociationSet") or [{"CidrBlock": vpc["CidrBlock"]}]:
                yield vpc["VpcId"], IPv4Network(one["CidrBlock"]), not vpc.get("IsDefault", False)


def _peerings(account: Account) -> Iterator[Block]:
    own = {vpc["VpcId"] for vpc in account.vpcs if account.uses(vpc)}
    local = {vpc["VpcId"] for vpc in account.vpcs}
    found = account.call("ec2", "describe_vpc_peering_connections")["VpcPeeringConnections"]
    for peering in found:
        sides: list[dict[str, Any]] = [peering["AccepterVpcInfo"], peering["RequesterVpcInfo"]]
        for side in sides:
            if side.get("VpcId") not in own | local and side.get("CidrBlock"):
                yield peering["VpcPeeringConnectionId"], IPv4Network(side["CidrBlock"]), True


def _transit_routes(account: Account) -> Iterator[Block]:
    tables = account.call("ec2", "describe_transit_gateway_route_tables")["TransitGatewayRouteTables"]
    for table in tables:
        ident = table["TransitGatewayRouteTableId"]
        routes: list[dict[str, Any]] = account.call(
            "ec2",
            "search_transit_gateway_routes",
            TransitGatewayRouteTableId=ident,
            Filters=[{"Name": "state", "Values": ["active"]}],
        )["Routes"]
        for route in routes:
            block = ip_network(route.get("DestinationCidrBlock", "::/0"))
            if isinstance(block, IPv4Network) and block.prefixlen:
                yield f"a route of {ident} to", block, True

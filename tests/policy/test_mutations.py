"""A compliant environment with one thing changed: exactly the rule about that thing fires."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from labs.policy_programs import Engine, Program, fired
from policy.rules.registry import BY_NAME, RULES

COMPLIANT: dict[str, Any] = yaml.safe_load(
    Path(__file__).with_name("compliant.yaml").read_text(encoding="utf-8")
)
GONE = object()
ALSO = {"only-vpn-port-open": {"no-world-open-management"}}
"""A port that a VPN host may not have open to the world may be one that nobody may."""


@dataclass(frozen=True)
class Mutation:
    """One property set to another value, or taken out. `rule` is the one that must see it."""

    rule: str
    resource: str
    path: str
    value: Any

    def __str__(self) -> str:
        return f"{self.rule}-{self.resource}.{self.path}"

    def applied(self) -> Program:
        """The compliant program with the mutation."""
        resources = copy.deepcopy(COMPLIANT)
        *steps, last = self.path.split(".")
        place: Any = resources[self.resource]
        for step in steps:
            place = place[int(step) if step.isdigit() else step]
        key = int(last) if last.isdigit() else last
        if self.value is GONE:
            del place[key]
        else:
            place[key] = self.value
        return Program(resources=resources, stack="production")


def mutation(rule: str, place: str, value: Any) -> Mutation:
    """A mutation of `resource.path` in the resource's properties."""
    resource, _, path = place.partition(".")
    return Mutation(rule, resource, path if path.startswith("options") else f"properties.{path}", value)


def wide(action: str, target: str) -> str:
    statement = {"Effect": "Allow", "Action": action, "Resource": target}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


ADDRESS_ARN = "arn:aws:ec2:eu-central-1:123456789012:elastic-ip/eipalloc-0a1b2c3d"
TABLES_ARN = "arn:aws:ec2:*:*:route-table/*"
PRIVATE_KEY = "LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0t"

MUTATIONS = (
    mutation("networks-do-not-overlap", "secondary.cidrBlock", "172.31.250.0/25"),
    mutation("networks-do-not-overlap", "mill.destinationCidrBlock", "10.50.128.0/24"),
    mutation("networks-do-not-overlap", "mill.destinationCidrBlock", "172.27.8.0/24"),
    mutation("subnets-do-not-overlap", "private-b.cidrBlock", "10.50.24.0/21"),
    mutation("subnets-do-not-overlap", "private-b.cidrBlock", "10.51.0.0/20"),
    mutation("routes-leave-networks-alone", "clients.destinationCidrBlock", "10.50.64.0/24"),
    mutation("routes-leave-networks-alone", "clients.destinationCidrBlock", "192.168.200.0/25"),
    mutation("inside-cidrs-do-not-overlap", "to-router-1.tunnel2InsideCidr", "169.254.50.12/30"),
    mutation("inside-cidrs-do-not-overlap", "to-router-1.tunnel2InsideCidr", "169.254.5.0/30"),
    mutation("inside-cidrs-do-not-overlap", "to-router-1.tunnel2InsideCidr", "169.254.60.0/29"),
    mutation("inside-cidrs-do-not-overlap", "to-router-1.tunnel2InsideCidr", "10.60.0.0/30"),
    mutation("cidr-without-host-bits", "vpc.cidrBlock", "10.50.0.1/16"),
    mutation("cidr-without-host-bits", "mill.destinationCidrBlock", "192.168.200.7/24"),
    mutation("pair-across-azs", "vpn-standby.subnetId", "${public-a.id}"),
    mutation("monitor-across-azs", "vpn-standby.tags.FailoverPair", "other"),
    mutation("monitor-across-azs", "monitor.vpcZoneIdentifiers", ["${public-a.id}"]),
    mutation("monitor-across-azs", "monitor.vpcZoneIdentifiers", ["${public-b.id}"]),
    mutation("monitor-across-azs", "monitor.minSize", 0),
    mutation("monitor-across-azs", "monitor.tags.0.value", "nobody"),
    mutation("vpg-routes-propagated", "learned.routeTableId", "${public.id}"),
    mutation("both-tunnels-usable", "to-router-1.tunnel2DpdTimeoutAction", "none"),
    mutation("both-tunnels-usable", "router-1.ipAddress", GONE),
    mutation("critical-sites-have-two-routers", "router-2.ipAddress", "203.0.113.50"),
    mutation("critical-sites-have-two-routers", "to-router-2.customerGatewayId", "${router-1.id}"),
    mutation("vpn-tunnels-up", "to-router-1.vgwTelemetries.1.status", "DOWN"),
    mutation("vpn-tunnel-alarm", "alarm-1.dimensions.VpnId", "${to-router-2.id}"),
    mutation("vpn-tunnel-alarm", "alarm-1.metricName", "TunnelDataIn"),
    mutation("vpn-ikev2-only", "to-router-1.tunnel2IkeVersions", ["ikev1", "ikev2"]),
    mutation("vpn-ikev2-only", "to-router-1.tunnel1IkeVersions", GONE),
    mutation("vpn-strong-encryption", "to-router-1.tunnel1Phase2EncryptionAlgorithms", ["AES128"]),
    mutation("vpn-strong-integrity", "to-router-2.tunnel2Phase1IntegrityAlgorithms", ["SHA1"]),
    mutation("vpn-strong-dh-groups", "to-router-2.tunnel1Phase1DhGroupNumbers", [2]),
    mutation("vpn-strong-dh-groups", "to-router-2.tunnel1Phase2DhGroupNumbers", [22]),
    mutation("vpn-tunnel-logs", "to-router-1.tunnel2LogOptions", GONE),
    mutation("vpn-tunnel-logs", "to-router-1.tunnel2LogOptions.cloudwatchLogOptions.logEnabled", False),
    mutation("vpn-psk-secret", "to-router-1.tunnel1PresharedKey", "a.key.of.thirty.two.letters.here"),
    mutation("vpn-psk-length", "to-router-1.tunnel1PresharedKey", {"fn::secret": "eight.ch"}),
    mutation("vpn-dpd-restarts", "to-router-1.tunnel2DpdTimeoutAction", "clear"),
    mutation("vpn-routing", "mill.vpnConnectionId", "vpn-elsewhere"),
    mutation("vpn-routing", "to-router-1.staticRoutesOnly", False),
    mutation("imdsv2-required", "vpn-main.metadataOptions.httpTokens", "optional"),
    mutation("imdsv2-required", "monitor-template.metadataOptions.httpTokens", GONE),
    mutation("imds-hop-limit", "vpn-main.metadataOptions.httpPutResponseHopLimit", 2),
    mutation("encrypted-volumes", "vpn-main.rootBlockDevice.encrypted", False),
    mutation("encrypted-volumes", "monitor-template.blockDeviceMappings.0.ebs.encrypted", "false"),
    mutation("encrypted-volumes", "monitor-template.blockDeviceMappings", GONE),
    mutation("no-key-pair", "vpn-main.keyName", "admin"),
    mutation("no-keys-in-user-data", "vpn-main.userData", "-----BEGIN RSA PRIVATE KEY-----"),
    mutation("no-keys-in-user-data", "monitor-template.userData", PRIVATE_KEY),
    mutation("source-dest-check", "vpn-main.sourceDestCheck", True),
    mutation("source-dest-check", "vpn-standby.sourceDestCheck", GONE),
    mutation("no-world-open-management", "lab-group.ingress.0.cidrBlocks.0", "0.0.0.0/0"),
    mutation("no-world-open-management", "lab-group.ingress.0.cidrBlocks", ["10.0.0.0/8", "16.0.0.0/4"]),
    mutation("no-world-open-management", "lab-group.ingress.0.cidrBlocks", ["11.0.0.0/8", "12.0.0.0/8"]),
    mutation("no-world-open-management", "lab-group.ingress.0.ipv6CidrBlocks", ["2a00::/16", "2400::/16"]),
    mutation("no-world-open-management", "lab-group.ingress.0.ipv6CidrBlocks", ["::/0"]),

    mutation("vpc-in-private-space", "lab.cidrBlock", "11.52.0.0/16"),
    mutation("only-vpn-port-open", "vpn-port.toPort", 1195),
    mutation("only-vpn-port-open", "vpn-port.ipProtocol", "tcp"),
    mutation("default-group-unused", "default-group.ingress", [{"protocol": "-1", "self": True}]),
    mutation("default-group-unused", "vpn-main.vpcSecurityGroupIds", ["${default-group.id}"]),
    mutation("no-public-ip-by-default", "public-a.mapPublicIpOnLaunch", True),
    mutation("failover-iam-limited", "monitor-policy.policy", wide("ec2:AssociateAddress", "*")),
    mutation("failover-iam-limited", "monitor-policy.policy", wide("ec2:*", ADDRESS_ARN)),
    mutation("failover-iam-limited", "monitor-policy.policy", wide("ec2:ReplaceRoute", TABLES_ARN)),
    mutation("vpc-flow-logs", "flow-log.vpcId", "vpc-elsewhere"),
    mutation("log-retention", "flow-logs.retentionInDays", GONE),
    mutation("log-retention", "tunnel-logs.retentionInDays", 0),
    mutation("required-tags", "vpg.tags.CostCenter", GONE),
    mutation("required-tags", "monitor-role.tags.Owner", ""),
    mutation("deletion-protection", "vpg.options.protect", False),
    mutation("deletion-protection", "to-router-2.options.protect", False),
)  # fmt: skip


@pytest.mark.parametrize("known", [False, True], ids=["preview", "deployed"])
def test_compliant_environment_passes(known: bool) -> None:
    assert Engine(known=known).verdicts(Program(resources=COMPLIANT, stack="production")) == []


@pytest.mark.parametrize("known", [False, True], ids=["preview", "deployed"])
@pytest.mark.parametrize("change", MUTATIONS, ids=str)
def test_one_change_fires_one_rule(change: Mutation, known: bool) -> None:
    verdicts = Engine(known=known).verdicts(change.applied())
    assert fired(verdicts) - ALSO.get(change.rule, set()) == {change.rule}
    levels = {verdict.level for verdict in verdicts if verdict.rule == change.rule}
    assert levels == {BY_NAME[change.rule].level.value}


@pytest.mark.parametrize("change", MUTATIONS[::4], ids=str)
def test_order_of_resources_changes_nothing(change: Mutation) -> None:
    program = change.applied()
    first = Engine(seed=0).verdicts(program)
    assert all(Engine(seed=seed).verdicts(program) == first for seed in range(1, 6))


def test_every_rule_has_a_mutation() -> None:
    unmutated = {rule.name for rule in RULES} - {change.rule for change in MUTATIONS}
    more = {
        "monthly-budget",
        "failover-role-limited",
        "no-keys-in-the-open",
        "no-world-open-in-pieces",
        "resources-in-sight",
        "vpc-has-one-vpg",
        "vpg-has-one-vpc",
        "routes-follow-pair",
        "subnets-across-azs",
    }
    assert unmutated == more, "they need a resource more or less, not another property"

"""The committed stacks through the real engine, looked at from the cloud's side."""

from __future__ import annotations

import base64
import json
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from hosts.openvpn_server import content
from hosts.user_data import ArchivePlace, user_data
from labs.failover.runbooks import blocks
from labs.isolated_sandbox import SAME_PROGRAM, Finished, IsolatedSandbox
from sandbox.wrapper.places import ROOT
from stacks.hosts import openvpn_server
from stacks.sections.openvpn import OpenVpnSettings
from stacks.settings import Settings
from stacks.stack_file import read_stack_file

ACCOUNT = "123456789012"
STACKS = ("dev", "staging", "prod")
JUDGED = ("--policy-pack", ROOT / "policy")


class Deployed:
    """A stack after its first `up`, and the cloud that it is in."""

    def __init__(self, sandbox: IsolatedSandbox, stack: str) -> None:
        self.sandbox, self.stack = sandbox, stack
        self.settings: Settings = read_stack_file(ROOT / "stacks" / f"Pulumi.{stack}.yaml")
        self.first = sandbox.project.up(stack, *JUDGED)
        self.ec2 = sandbox.client("ec2")

    def described(self, operation: str, key: str) -> list[dict[str, Any]]:
        """What EC2 tells of this stack's resources."""
        mine = [{"Name": "tag:Environment", "Values": [self.stack]}]
        return getattr(self.ec2, operation)(Filters=mine)[key]

    def connections(self) -> dict[str, dict[str, Any]]:
        """The VPN connections by the name of their site."""
        connections = self.described("describe_vpn_connections", "VpnConnections")
        return {_tag(connection, "Site"): connection for connection in connections}


def _tag(resource: dict[str, Any], key: str) -> str:
    return next(tag["Value"] for tag in resource["Tags"] if tag["Key"] == key)


@pytest.fixture(scope="module", params=STACKS)
def deployed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Generator[Deployed]:
    sandbox = IsolatedSandbox(tmp_path_factory.mktemp(request.param))
    try:
        yield Deployed(sandbox, request.param)
    finally:
        sandbox.close()


def ok(finished: Finished) -> str:
    """What a command that must succeed printed."""
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


def test_up_succeeds_and_says_what_it_made(deployed: Deployed) -> None:
    text = ok(deployed.first)
    assert "created" in text
    assert "hardwareVpn" in text
    assert "warning" not in text.lower() + deployed.first.stderr.lower()


def test_a_second_up_changes_nothing(deployed: Deployed) -> None:
    ok(deployed.sandbox.project.up(deployed.stack, "--expect-no-changes", *JUDGED))


def test_a_refresh_finds_nothing_changed(deployed: Deployed) -> None:
    ok(
        deployed.sandbox.project.pulumi(
            "refresh", "--preview-only", "--expect-no-changes", "--stack", deployed.stack
        )
    )


def test_there_is_one_vpg_on_the_vpc(deployed: Deployed) -> None:
    (vpc,) = deployed.described("describe_vpcs", "Vpcs")
    (vpg,) = deployed.described("describe_vpn_gateways", "VpnGateways")
    assert vpc["CidrBlock"] == str(deployed.settings.network.cidr)
    assert [(a["VpcId"], a["State"]) for a in vpg["VpcAttachments"]] == [(vpc["VpcId"], "attached")]


def test_each_site_has_a_connection_with_the_asked_tunnels(deployed: Deployed) -> None:
    vpn = deployed.settings.hardware_vpn
    assert vpn is not None
    connections = deployed.connections()
    assert set(connections) == {site.name for site in vpn.sites}
    for site in vpn.sites:
        made = connections[site.name]["Options"]["TunnelOptions"]
        assert len(made) == 2
        assert len({tunnel["OutsideIpAddress"] for tunnel in made}) == 2
        for tunnel, asked, own in zip(made, vpn.tunnel_options(site), site.tunnels, strict=True):
            assert tunnel["TunnelInsideCidr"] == str(own.inside_cidr)
            assert [version["Value"] for version in tunnel["IkeVersions"]] == list(asked.ike_versions)
            groups = {group["Value"] for group in tunnel["Phase1DHGroupNumbers"]}
            assert groups == set(asked.phase1_dh_group_numbers)
            ciphers = {algorithm["Value"] for algorithm in tunnel["Phase2EncryptionAlgorithms"]}
            assert ciphers == set(asked.phase2_encryption_algorithms)
            assert tunnel["DpdTimeoutSeconds"] == asked.dpd_timeout_seconds
            assert tunnel["StartupAction"] == asked.startup_action
            assert tunnel["LogOptions"]["CloudWatchLogOptions"]["LogEnabled"] is True


def test_static_sites_have_their_routes_and_bgp_sites_none(deployed: Deployed) -> None:
    vpn = deployed.settings.hardware_vpn
    assert vpn is not None
    for site in vpn.sites:
        connection = deployed.connections()[site.name]
        assert connection["Options"]["StaticRoutesOnly"] is site.is_static
        routes = {route["DestinationCidrBlock"] for route in connection.get("Routes", [])}
        assert routes == ({str(cidr) for cidr in site.lan_cidrs} if site.is_static else set())


def test_routes_propagate_into_every_private_table(deployed: Deployed) -> None:
    (vpg,) = deployed.described("describe_vpn_gateways", "VpnGateways")
    propagating = {
        _tag(table, "Name").rsplit("-", 2)[-2]: [gateway["GatewayId"] for gateway in table["PropagatingVgws"]]
        for table in deployed.described("describe_route_tables", "RouteTables")
        if "-private-" in _tag(table, "Name")
    }
    assert propagating
    assert set(map(tuple, propagating.values())) == {(vpg["VpnGatewayId"],)}


def openvpn_servers(deployed: Deployed, tunnel: OpenVpnSettings) -> tuple[dict[str, Any], dict[str, Any]]:
    """Main and standby of a tunnel, as EC2 describes them."""
    reservations = deployed.described("describe_instances", "Reservations")
    instances = {_tag(i, "Name"): i for r in reservations for i in r["Instances"]}
    name = f"aws-vpn-{deployed.stack}-openvpn-{tunnel.name}"
    return instances[f"{name}-main"], instances[f"{name}-standby"]


def test_openvpn_servers_stand_in_two_zones_behind_one_address(deployed: Deployed) -> None:
    for tunnel in deployed.settings.open_vpn:
        main, standby = openvpn_servers(deployed, tunnel)
        assert main["Placement"]["AvailabilityZone"] != standby["Placement"]["AvailabilityZone"]
        name = f"aws-vpn-{deployed.stack}-openvpn-{tunnel.name}"
        (address,) = deployed.ec2.describe_addresses(Filters=[{"Name": "tag:Name", "Values": [name]}])[
            "Addresses"
        ]
        assert "AssociationId" not in address
        for server in (main, standby):
            assert server["SourceDestCheck"] is False
            assert server["MetadataOptions"]["HttpTokens"] == "required"
            assert "KeyName" not in server
            (device,) = server["BlockDeviceMappings"]
            (volume,) = deployed.ec2.describe_volumes(VolumeIds=[device["Ebs"]["VolumeId"]])["Volumes"]
            assert volume["Encrypted"] is True


def test_openvpn_servers_are_told_the_tested_files(deployed: Deployed) -> None:
    for tunnel in deployed.settings.open_vpn:
        host = openvpn_server(deployed.stack, deployed.settings, tunnel)
        for server in openvpn_servers(deployed, tunnel):
            told = deployed.ec2.describe_instance_attribute(
                InstanceId=server["InstanceId"], Attribute="userData"
            )["UserData"]["Value"]
            made, bucket = content(host), f"aws-vpn-{deployed.stack}-{ACCOUNT}"
            key = f"hosts/openvpn-{tunnel.name}/{made.digest}.tar"
            place = ArchivePlace(deployed.settings.region, ACCOUNT, bucket, key, host.log_group)
            assert base64.b64decode(told).decode() == user_data(made, place)
            stored = deployed.sandbox.client("s3").get_object(Bucket=bucket, Key=key)
            assert stored["Body"].read() == made.archive


def test_openvpn_servers_let_the_world_in_at_the_vpn_port_alone(deployed: Deployed) -> None:
    for tunnel in deployed.settings.open_vpn:
        for server in openvpn_servers(deployed, tunnel):
            (group,) = server["NetworkInterfaces"][0]["Groups"]
            (found,) = deployed.ec2.describe_security_groups(GroupIds=[group["GroupId"]])["SecurityGroups"]
            ways = {
                cidr["CidrIp"]: (rule["IpProtocol"], rule.get("FromPort"), rule.get("ToPort"))
                for rule in found["IpPermissions"]
                for cidr in rule["IpRanges"]
            }
            port = tunnel.listening_port
            assert ways.pop("0.0.0.0/0") == (tunnel.protocol, port, port)
            assert list(ways) == [str(deployed.settings.network.cidr)]
            assert not any(rule["Ipv6Ranges"] for rule in found["IpPermissions"])


def test_every_private_table_leads_clients_and_offices_to_the_main_server(deployed: Deployed) -> None:
    tables = [
        {route.get("DestinationCidrBlock"): route.get("NetworkInterfaceId") for route in table["Routes"]}
        for table in deployed.described("describe_route_tables", "RouteTables")
        if "-private-" in _tag(table, "Name")
    ]
    assert len(tables) == len(deployed.settings.network.availability_zones)
    for tunnel in deployed.settings.open_vpn:
        main, _ = openvpn_servers(deployed, tunnel)
        interface = main["NetworkInterfaces"][0]["NetworkInterfaceId"]
        lans = [lan for office in tunnel.offices for lan in office.lan_cidrs]
        for table in tables:
            assert {table[str(network)] for network in (tunnel.client_pool, *lans)} == {interface}


def test_openvpn_servers_may_read_their_own_secrets_alone(deployed: Deployed) -> None:
    iam = deployed.sandbox.client("iam")
    secrets = deployed.sandbox.client("secretsmanager")
    for tunnel in deployed.settings.open_vpn:
        main, standby = openvpn_servers(deployed, tunnel)
        assert main["IamInstanceProfile"]["Arn"] == standby["IamInstanceProfile"]["Arn"]
        profile = main["IamInstanceProfile"]["Arn"].rpartition("/")[2]
        (role,) = iam.get_instance_profile(InstanceProfileName=profile)["InstanceProfile"]["Roles"]
        (name,) = iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]
        assert iam.list_attached_role_policies(RoleName=role["RoleName"])["AttachedPolicies"] == []
        policy = iam.get_role_policy(RoleName=role["RoleName"], PolicyName=name)["PolicyDocument"]
        host = openvpn_server(deployed.stack, deployed.settings, tunnel)
        allowed = {
            action: statement["Resource"]
            for statement in policy["Statement"]
            for action in statement["Action"]
        }
        assert {action.partition(":")[0] for action in allowed} == {
            "cloudwatch",
            "logs",
            "s3",
            "secretsmanager",
            "ssm",
            "ssmmessages",
        }
        assert [action for action in allowed if action.startswith("ssm:")] == [
            "ssm:UpdateInstanceInformation"
        ]
        assert [action for action in allowed if action.startswith("secretsmanager:")] == [
            "secretsmanager:GetSecretValue"
        ]
        assert sorted(allowed["secretsmanager:GetSecretValue"]) == sorted(
            secrets.describe_secret(SecretId=secret)["ARN"]
            for secret in (host.server_secret, host.crl_secret, host.probe_secret)
        )


def test_outputs_hide_the_configurations_and_show_the_rest(deployed: Deployed) -> None:
    hidden = json.loads(
        ok(deployed.sandbox.project.pulumi("stack", "output", "--json", "--stack", deployed.stack))
    )
    assert hidden["configurations"] == "[secret]"
    outputs = deployed.sandbox.project.outputs(deployed.stack)
    connections = deployed.connections()
    for site, exported in outputs["hardwareVpn"]["sites"].items():
        connection = connections[site]
        assert exported["vpnConnectionId"] == connection["VpnConnectionId"]
        made = connection["Options"]["TunnelOptions"]
        assert [t["outsideAddress"] for t in exported["tunnels"]] == [t["OutsideIpAddress"] for t in made]
        assert exported["tunnels"][0]["outsideAddress"] in outputs["configurations"][site]


def test_no_key_is_in_clear_in_the_state(deployed: Deployed) -> None:
    state = ok(deployed.sandbox.project.pulumi("stack", "export", "--stack", deployed.stack))
    for connection in deployed.connections().values():
        for tunnel in connection["Options"]["TunnelOptions"]:
            if "PreSharedKey" in tunnel:
                assert tunnel["PreSharedKey"] not in state
    assert "BEGIN PRIVATE KEY" not in state
    assert "<pre_shared_key>" not in state


@pytest.mark.parametrize("deployed", ["dev"], indirect=True)
def test_a_refresh_reports_a_route_deleted_behind_its_back(deployed: Deployed) -> None:
    table = next(
        table
        for table in deployed.described("describe_route_tables", "RouteTables")
        if _tag(table, "Name").endswith("-public")
    )
    deployed.ec2.delete_route(RouteTableId=table["RouteTableId"], DestinationCidrBlock="0.0.0.0/0")
    text = ok(deployed.sandbox.project.refresh(deployed.stack))
    assert "network-public-internet" in text
    assert "deleted" in text
    assert "network-public-internet" in ok(deployed.sandbox.project.up(deployed.stack))
    ok(deployed.sandbox.project.up(deployed.stack, "--expect-no-changes"))


def test_destroy_leaves_nothing_and_prod_must_be_unprotected_first(deployed: Deployed) -> None:
    project = deployed.sandbox.project
    if deployed.settings.deletion_protection:
        refused = project.destroy(deployed.stack)
        assert refused.returncode != 0
        assert "protect" in refused.stdout + refused.stderr
        assert len(deployed.connections()) == 3
        ok(project.pulumi("state", "unprotect", "--all", "--yes", "--stack", deployed.stack))
    ok(project.destroy(deployed.stack))
    assert not any(deployed.sandbox.inventory().values()), deployed.sandbox.inventory()


class Edited:
    """The program with a stack file that a test edits."""

    def __init__(self, sandbox: IsolatedSandbox, config: dict[str, Any]) -> None:
        self.program = sandbox.program("aws-vpn", SAME_PROGRAM, {"dev": config})
        self.config = config

    def save(self) -> None:
        """Writes the configuration back to the stack file."""
        text = json.dumps({"config": self.config})
        (self.program.folder / "Pulumi.dev.yaml").write_text(text, encoding="utf-8")

    def site(self) -> dict[str, Any]:
        """The one site's settings."""
        return self.config["aws-vpn:hardwareVpn"]["sites"][0]


SMALL: dict[str, Any] = {
    "aws:region": "eu-central-1",
    "aws-vpn:network": {"cidr": "10.10.0.0/16", "availabilityZones": ["eu-central-1a", "eu-central-1b"]},
    "aws-vpn:hardwareVpn": {
        "sites": [
            {
                "name": "berlin",
                "publicIp": "203.0.113.10",
                "lanCidrs": ["192.168.10.0/24"],
                "tunnels": [{"presharedKey": "First.Key_1"}, {}],
            }
        ]
    },
    "aws-vpn:tags": {"Owner": "platform"},
}


@pytest.fixture
def edited(sandbox: IsolatedSandbox) -> Edited:
    return Edited(sandbox, json.loads(json.dumps(SMALL)))


def connection(sandbox: IsolatedSandbox) -> dict[str, Any]:
    """The one VPN connection that is not deleted."""
    alive = [{"Name": "state", "Values": ["pending", "available"]}]
    (one,) = sandbox.client("ec2").describe_vpn_connections(Filters=alive)["VpnConnections"]
    return one


def test_some_changes_are_made_in_place_and_what_is_fixed_at_creation_replaces(
    sandbox: IsolatedSandbox, edited: Edited
) -> None:
    outputs = ok(edited.program.up("dev"))
    first = connection(sandbox)
    assert "First.Key_1" in first["CustomerGatewayConfiguration"]

    edited.site()["tunnels"][0]["presharedKey"] = "Second.Key_2"
    edited.config["aws-vpn:tags"]["Owner"] = "network"
    edited.save()
    outputs += ok(edited.program.up("dev"))
    second = connection(sandbox)
    assert second["VpnConnectionId"] == first["VpnConnectionId"]
    assert second["Options"]["TunnelOptions"][0]["PreSharedKey"] == "Second.Key_2"
    assert _tag(second, "Owner") == "network"
    assert "replaced" not in outputs
    assert "_Key" not in outputs
    assert "Second.Key_2" not in ok(edited.program.pulumi("stack", "export", "--stack", "dev"))

    edited.site()["tunnels"][1]["insideCidr"] = "169.254.77.0/30"
    edited.save()
    ok(edited.program.up("dev"))
    third = connection(sandbox)
    assert third["VpnConnectionId"] == second["VpnConnectionId"]
    assert third["VpnGatewayId"] == second["VpnGatewayId"]
    assert third["Options"]["TunnelOptions"][1]["TunnelInsideCidr"] == "169.254.77.0/30"
    assert [route["DestinationCidrBlock"] for route in third["Routes"]] == ["192.168.10.0/24"]

    edited.config["aws-vpn:hardwareVpn"]["amazonSideAsn"] = 64599
    edited.site()["bgpAsn"] = 65010
    edited.save()
    ok(edited.program.up("dev"))
    fourth = connection(sandbox)
    assert fourth["VpnConnectionId"] != third["VpnConnectionId"]
    assert fourth["VpnGatewayId"] != third["VpnGatewayId"]
    assert fourth["Options"]["StaticRoutesOnly"] is False
    assert not fourth.get("Routes")

    edited.site()["publicIp"] = "203.0.113.99"
    edited.save()
    refused = edited.program.preview("dev")
    assert refused.returncode != 0
    assert "berlin: customerGatewayId would lead both tunnels to another router at once" in refused.stdout
    assert "replaced" in ok(edited.program.up("dev", env={"AWS_VPN_CHANGE_TUNNELS": "both"}))
    ok(edited.program.up("dev", "--expect-no-changes"))


def test_environments_that_share_a_router_do_not_share_its_customer_gateway(
    sandbox: IsolatedSandbox,
) -> None:
    program = sandbox.program("aws-vpn", SAME_PROGRAM, {"dev": SMALL, "staging": SMALL})
    for stack in ("dev", "staging"):
        ok(program.up(stack))
    ok(program.destroy("dev"))
    ok(program.up("staging", "--expect-no-changes"))
    gateways = sandbox.client("ec2").describe_customer_gateways()["CustomerGateways"]
    (gateway,) = (gateway for gateway in gateways if gateway["State"] == "available")
    assert gateway["DeviceName"] == "aws-vpn-staging-berlin"


def test_an_engine_killed_in_the_middle_is_made_good_as_the_runbook_says(
    sandbox: IsolatedSandbox, edited: Edited
) -> None:
    ok(edited.program.preview("dev"))
    up = sandbox.start("pulumi", "up", "--yes", "--stack", "dev", cwd=edited.program.folder)
    try:
        assert up.stdout is not None
        for line in up.stdout:
            if "VpnGateway" in line and "created" in line:
                break
    finally:
        up.kill()
        up.wait(timeout=30)
    _, cut_off = [*blocks("change-settings")][2]
    commands = cut_off.replace("--stack prod --policy-pack policy", "--stack dev").replace("prod", "dev")
    ok(sandbox.run("bash", "-euo", "pipefail", "-c", commands, cwd=edited.program.folder))
    ok(edited.program.up("dev", "--expect-no-changes"))
    ec2 = sandbox.client("ec2")
    own = [{"Name": "tag:Environment", "Values": ["dev"]}]
    assert len(ec2.describe_vpcs(Filters=own)["Vpcs"]) == 1
    assert len(ec2.describe_vpn_gateways(Filters=own)["VpnGateways"]) == 1
    assert len(ec2.describe_subnets(Filters=own)["Subnets"]) == 4
    assert connection(sandbox)["State"] == "available"
    ok(edited.program.destroy("dev"))
    assert not any(sandbox.inventory().values()), sandbox.inventory()


def test_bad_settings_register_nothing_and_tell_every_problem(
    sandbox: IsolatedSandbox, edited: Edited
) -> None:
    edited.site()["tunnels"][0]["presharedKey"] = "0.bad"
    edited.site()["lanCidrs"] = ["10.10.1.0/24"]
    edited.config["aws-vpn:tags"]["Environment"] = "mine"
    edited.save()
    refused = edited.program.up("dev")
    told = refused.stdout + refused.stderr
    assert refused.returncode != 0
    for problem in (
        "tunnels[0].presharedKey = (secret)",
        "lanCidrs[0] = 10.10.1.0/24",
        "tags.Environment = mine",
    ):
        assert "stacks/Pulumi.dev.yaml: aws-vpn:" in told
        assert problem in told
    assert "Traceback" not in told
    assert "0.bad" not in told
    assert not any(sandbox.inventory().values())


def test_the_working_tree_is_left_as_it_was(sandbox: IsolatedSandbox) -> None:
    before = {path: path.read_bytes() for path in Path(ROOT / "stacks").glob("*.yaml")}
    ok(sandbox.project.preview("dev"))
    assert {path: path.read_bytes() for path in Path(ROOT / "stacks").glob("*.yaml")} == before

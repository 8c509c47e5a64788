"""The cloud's VPCs, addresses, instances and images, as boto3 sees them."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address, IPv4Network
from typing import Any

import pytest

from labs.moto_server import CloudServer, cloud_server, refusal_of


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CloudServer]:
    with cloud_server(tmp_path_factory.mktemp("cloud")) as server:
        yield server


@pytest.fixture(scope="module")
def ec2(cloud: CloudServer) -> Any:
    return cloud.client("ec2")


@pytest.fixture
def vpc(ec2: Any) -> str:
    return ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]


@pytest.fixture
def subnet(ec2: Any, vpc: str) -> str:
    return subnet_in(ec2, vpc, "10.0.0.0/24", "eu-central-1a")


@pytest.fixture(scope="module")
def image(ec2: Any) -> str:
    return debian_images(ec2, "arm64")[-1]["ImageId"]


def subnet_in(ec2: Any, vpc: str, cidr: str, zone: str) -> str:
    return ec2.create_subnet(VpcId=vpc, CidrBlock=cidr, AvailabilityZone=zone)["Subnet"]["SubnetId"]


def debian_images(ec2: Any, architecture: str) -> list[Any]:
    images = ec2.describe_images(
        Owners=["136693071363"], Filters=[{"Name": "name", "Values": [f"debian-13-{architecture}-*"]}]
    )["Images"]
    return sorted(images, key=lambda image: image["CreationDate"])


def run(ec2: Any, image: str, subnet: str, **parameters: Any) -> Any:
    return ec2.run_instances(
        ImageId=image, InstanceType="t4g.nano", MinCount=1, MaxCount=1, SubnetId=subnet, **parameters
    )["Instances"][0]


def instance(ec2: Any, instance_id: str) -> Any:
    return ec2.describe_instances(InstanceIds=[instance_id])["Reservations"][0]["Instances"][0]


def address_of(ec2: Any, allocation: str) -> Any:
    return ec2.describe_addresses(AllocationIds=[allocation])["Addresses"][0]


def refused(code: str, call: Callable[[], object]) -> None:
    assert refusal_of(call)[0] == code


def test_debian_images(ec2: Any) -> None:
    for debian, architecture in (("arm64", "arm64"), ("amd64", "x86_64")):
        images = debian_images(ec2, debian)
        assert len(images) == 2
        assert images[0]["Name"] == f"debian-13-{debian}-20250814-2205"
        assert images[1]["CreationDate"] > images[0]["CreationDate"]
        for shown in images:
            assert shown["OwnerId"] == "136693071363"
            assert shown["Architecture"] == architecture
            assert shown["VirtualizationType"] == "hvm"
            assert shown["RootDeviceName"] == "/dev/xvda"
            assert shown["Public"] is True


def test_images_differ_by_region(cloud: CloudServer, ec2: Any) -> None:
    here = {image["ImageId"] for image in debian_images(ec2, "arm64")}
    there = {image["ImageId"] for image in debian_images(cloud.client("ec2", "eu-west-1"), "arm64")}
    assert here
    assert not here & there


def test_amazon_linux_by_its_public_parameter(cloud: CloudServer, ec2: Any) -> None:
    name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"
    image_id = cloud.client("ssm").get_parameter(Name=name)["Parameter"]["Value"]
    assert ec2.describe_images(ImageIds=[image_id])["Images"][0]["Architecture"] == "arm64"


def test_availability_zones(ec2: Any) -> None:
    zones = [zone["ZoneName"] for zone in ec2.describe_availability_zones()["AvailabilityZones"]]
    assert sorted(zones) == ["eu-central-1a", "eu-central-1b", "eu-central-1c"]


def test_an_elastic_ip_moves_in_one_step(ec2: Any, image: str, vpc: str, subnet: str) -> None:
    other_subnet = subnet_in(ec2, vpc, "10.0.1.0/24", "eu-central-1b")
    main = run(ec2, image, subnet)["InstanceId"]
    standby = run(ec2, image, other_subnet)["InstanceId"]
    allocated = ec2.allocate_address(Domain="vpc")
    allocation, public = allocated["AllocationId"], allocated["PublicIp"]
    assert IPv4Address(public).is_global
    ec2.associate_address(AllocationId=allocation, InstanceId=main)
    assert instance(ec2, main)["PublicIpAddress"] == public
    refused(
        "Resource.AlreadyAssociated",
        lambda: ec2.associate_address(AllocationId=allocation, InstanceId=standby, AllowReassociation=False),
    )
    ec2.associate_address(AllocationId=allocation, InstanceId=standby, AllowReassociation=True)
    assert instance(ec2, standby)["PublicIpAddress"] == public
    assert "PublicIpAddress" not in instance(ec2, main)
    interface = instance(ec2, main)["NetworkInterfaces"][0]["NetworkInterfaceId"]
    ec2.associate_address(AllocationId=allocation, NetworkInterfaceId=interface, AllowReassociation=True)
    shown = address_of(ec2, allocation)
    assert (shown["InstanceId"], shown["NetworkInterfaceId"]) == (main, interface)
    assert "PublicIpAddress" not in instance(ec2, standby)

    refused("InvalidIPAddress.InUse", lambda: ec2.release_address(AllocationId=allocation))
    second = ec2.allocate_address(Domain="vpc")
    ec2.associate_address(AllocationId=second["AllocationId"], InstanceId=main)
    assert instance(ec2, main)["PublicIpAddress"] == second["PublicIp"]
    assert "AssociationId" not in address_of(ec2, allocation)
    ec2.release_address(AllocationId=allocation)


def test_stopping_keeps_addresses_and_terminating_frees_them(ec2: Any, image: str, subnet: str) -> None:
    launched = run(
        ec2,
        image,
        subnet,
        UserData="first",
        PrivateIpAddress="10.0.0.50",
        InstanceInitiatedShutdownBehavior="stop",
    )["InstanceId"]
    before = instance(ec2, launched)
    assert before["PrivateIpAddress"] == "10.0.0.50"
    allocation = ec2.allocate_address(Domain="vpc")
    ec2.associate_address(AllocationId=allocation["AllocationId"], InstanceId=launched)
    changed = base64.b64encode(b"second").decode()
    change = {"InstanceId": launched, "UserData": {"Value": b"second"}}
    refused("IncorrectInstanceState", lambda: ec2.modify_instance_attribute(**change))
    ec2.stop_instances(InstanceIds=[launched])
    stopped = instance(ec2, launched)
    assert stopped["State"]["Name"] == "stopped"
    assert stopped["PublicIpAddress"] == allocation["PublicIp"]
    ec2.modify_instance_attribute(**change)
    ec2.start_instances(InstanceIds=[launched])
    started = instance(ec2, launched)
    assert started["State"]["Name"] == "running"
    assert started["PublicIpAddress"] == allocation["PublicIp"]
    assert started["PrivateIpAddress"] == "10.0.0.50"
    interfaces = [interface["NetworkInterfaceId"] for interface in before["NetworkInterfaces"]]
    assert [interface["NetworkInterfaceId"] for interface in started["NetworkInterfaces"]] == interfaces
    kept = ec2.describe_instance_attribute(InstanceId=launched, Attribute="userData")["UserData"]["Value"]
    assert kept == changed
    ec2.terminate_instances(InstanceIds=[launched])
    ec2.terminate_instances(InstanceIds=[launched])
    assert "InstanceId" not in address_of(ec2, allocation["AllocationId"])
    refused(
        "InvalidNetworkInterfaceID.NotFound",
        lambda: ec2.describe_network_interfaces(NetworkInterfaceIds=interfaces),
    )
    volumes = [device["Ebs"]["VolumeId"] for device in before["BlockDeviceMappings"]]
    refused("InvalidVolume.NotFound", lambda: ec2.describe_volumes(VolumeIds=volumes))
    refused("IncorrectInstanceState", lambda: ec2.start_instances(InstanceIds=[launched]))


def test_what_a_launch_asks_for(cloud: CloudServer, ec2: Any, image: str, vpc: str, subnet: str) -> None:
    iam = cloud.client("iam")
    trust = {"Version": "2012-10-17", "Statement": []}
    iam.create_role(RoleName="server", AssumeRolePolicyDocument=json.dumps(trust))
    iam.create_instance_profile(InstanceProfileName="server")
    iam.add_role_to_instance_profile(InstanceProfileName="server", RoleName="server")
    group = ec2.create_security_group(GroupName="server", Description="server", VpcId=vpc)["GroupId"]
    launched = run(
        ec2,
        image,
        subnet,
        SecurityGroupIds=[group],
        IamInstanceProfile={"Name": "server"},
        MetadataOptions={"HttpTokens": "required", "HttpPutResponseHopLimit": 1},
        BlockDeviceMappings=[
            {"DeviceName": "/dev/xvda", "Ebs": {"Encrypted": True, "VolumeSize": 10, "VolumeType": "gp3"}}
        ],
        DisableApiTermination=True,
        Placement={"AvailabilityZone": "eu-central-1a", "Tenancy": "default"},
        TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "main"}]}],
    )["InstanceId"]
    shown = instance(ec2, launched)
    assert shown["IamInstanceProfile"]["Arn"].endswith(":instance-profile/server")
    assert shown["MetadataOptions"]["HttpTokens"] == "required"
    assert shown["Placement"]["AvailabilityZone"] == "eu-central-1a"
    assert [item["GroupId"] for item in shown["SecurityGroups"]] == [group]
    assert shown["Tags"] == [{"Key": "Name", "Value": "main"}]
    assert shown["Architecture"] == "arm64"
    (device,) = shown["BlockDeviceMappings"]
    assert (device["DeviceName"], device["Ebs"]["DeleteOnTermination"]) == ("/dev/xvda", True)
    (volume,) = ec2.describe_volumes(VolumeIds=[device["Ebs"]["VolumeId"]])["Volumes"]
    assert (volume["Encrypted"], volume["Size"], volume["VolumeType"]) == (True, 10, "gp3")

    ec2.modify_instance_metadata_options(InstanceId=launched, InstanceMetadataTags="enabled")
    options = instance(ec2, launched)["MetadataOptions"]
    assert (options["HttpTokens"], options["InstanceMetadataTags"]) == ("required", "enabled")
    ec2.modify_instance_attribute(InstanceId=launched, SourceDestCheck={"Value": False})
    shown = instance(ec2, launched)
    assert (shown["SourceDestCheck"], shown["NetworkInterfaces"][0]["SourceDestCheck"]) == (False, False)
    ec2.modify_instance_attribute(
        InstanceId=launched, InstanceInitiatedShutdownBehavior={"Value": "terminate"}
    )
    attribute = "instanceInitiatedShutdownBehavior"
    answer = ec2.describe_instance_attribute(InstanceId=launched, Attribute=attribute)
    assert answer["InstanceInitiatedShutdownBehavior"]["Value"] == "terminate"
    refused("OperationNotPermitted", lambda: ec2.terminate_instances(InstanceIds=[launched]))
    ec2.modify_instance_attribute(InstanceId=launched, DisableApiTermination={"Value": False})
    ec2.terminate_instances(InstanceIds=[launched])


def test_monitoring_is_switched_on_and_off(ec2: Any, image: str, subnet: str) -> None:
    made = run(ec2, image, subnet)["InstanceId"]
    for switch, answer, state in (
        (ec2.monitor_instances, "pending", "enabled"),
        (ec2.unmonitor_instances, "disabling", "disabled"),
    ):
        (switched,) = switch(InstanceIds=[made])["InstanceMonitorings"]
        assert (switched["InstanceId"], switched["Monitoring"]["State"]) == (made, answer)
        assert instance(ec2, made)["Monitoring"]["State"] == state
    refused("InvalidInstanceID.NotFound", lambda: ec2.monitor_instances(InstanceIds=["i-0123456789abcdef0"]))


def test_maintenance_options(ec2: Any, image: str, subnet: str) -> None:
    made = run(ec2, image, subnet)["InstanceId"]
    assert instance(ec2, made)["MaintenanceOptions"] == {
        "AutoRecovery": "default",
        "RebootMigration": "default",
    }
    answer = ec2.modify_instance_maintenance_options(InstanceId=made, AutoRecovery="disabled")
    assert (answer["AutoRecovery"], answer["RebootMigration"]) == ("disabled", "default")
    assert instance(ec2, made)["MaintenanceOptions"]["AutoRecovery"] == "disabled"
    other = run(ec2, image, subnet, MaintenanceOptions={"AutoRecovery": "disabled"})["InstanceId"]
    assert instance(ec2, other)["MaintenanceOptions"]["AutoRecovery"] == "disabled"
    refused(
        "InvalidParameterValue",
        lambda: ec2.modify_instance_maintenance_options(InstanceId=made, AutoRecovery="sometimes"),
    )


def test_launches_that_aws_does_not_make(ec2: Any, image: str, subnet: str) -> None:
    run(ec2, image, subnet, PrivateIpAddress="10.0.0.60")
    taken = {"PrivateIpAddress": "10.0.0.60"}
    refused("InvalidIPAddress.InUse", lambda: run(ec2, image, subnet, **taken))
    for outside in ("10.9.0.4", "10.0.0.3", "10.0.0.255"):
        refused("InvalidParameterValue", lambda: run(ec2, image, subnet, PrivateIpAddress=outside))  # noqa: B023
    refused("InvalidAMIID.NotFound", lambda: run(ec2, "ami-00000000000000000", subnet))


def test_routes_that_aws_does_not_take(ec2: Any, vpc: str, subnet: str) -> None:
    interface = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    asked = {"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0"}
    missing = "nat-00000000000000000"
    refused("InvalidNatGatewayID.NotFound", lambda: ec2.create_route(**asked, NatGatewayId=missing))
    ec2.create_route(**asked, NetworkInterfaceId=interface)
    refused("RouteAlreadyExists", lambda: ec2.create_route(**asked, NetworkInterfaceId=interface))


def test_a_secondary_cidr_overlaps_none(ec2: Any, vpc: str) -> None:
    refused("InvalidVpc.Range", lambda: ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock="10.0.4.0/24"))
    made = ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock="10.1.0.0/16")["CidrBlockAssociation"]
    ec2.disassociate_vpc_cidr_block(AssociationId=made["AssociationId"])
    ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock="10.1.0.0/16")


def test_managed_policies_can_be_attached(cloud: CloudServer) -> None:
    iam = cloud.client("iam")
    iam.create_role(RoleName="managed", AssumeRolePolicyDocument='{"Version": "2012-10-17", "Statement": []}')
    arn = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
    iam.attach_role_policy(RoleName="managed", PolicyArn=arn)
    attached = iam.list_attached_role_policies(RoleName="managed")["AttachedPolicies"]
    assert [policy["PolicyArn"] for policy in attached] == [arn]


def test_a_route_follows_to_another_interface(ec2: Any, image: str, vpc: str, subnet: str) -> None:
    first, second = (run(ec2, image, subnet)["NetworkInterfaces"][0]["NetworkInterfaceId"] for _ in range(2))
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NetworkInterfaceId=first)
    ec2.replace_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NetworkInterfaceId=second)
    routes = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
    (default,) = [route for route in routes if route["DestinationCidrBlock"] == "0.0.0.0/0"]
    assert default["NetworkInterfaceId"] == second


def test_the_main_route_table_can_be_another(ec2: Any, vpc: str) -> None:
    def main() -> Any:
        filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "association.main", "Values": ["true"]}]
        (table,) = ec2.describe_route_tables(Filters=filters)["RouteTables"]
        return table

    other = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    association = main()["Associations"][0]["RouteTableAssociationId"]
    ec2.replace_route_table_association(AssociationId=association, RouteTableId=other)
    assert main()["RouteTableId"] == other


def test_a_nat_gateway_has_an_address_of_its_subnet_and_gives_all_back(ec2: Any, subnet: str) -> None:
    allocation = ec2.allocate_address(Domain="vpc")["AllocationId"]
    gateway = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=allocation)["NatGateway"]
    shown = ec2.describe_nat_gateways(NatGatewayIds=[gateway["NatGatewayId"]])["NatGateways"][0]
    (address,) = shown["NatGatewayAddresses"]
    assert IPv4Address(address["PrivateIp"]) in IPv4Network("10.0.0.0/24")
    assert address["PublicIp"] == address_of(ec2, allocation)["PublicIp"]
    refused("DependencyViolation", lambda: ec2.delete_subnet(SubnetId=subnet))
    again = {"SubnetId": subnet, "AllocationId": allocation}
    refused("Resource.AlreadyAssociated", lambda: ec2.create_nat_gateway(**again))
    ec2.delete_nat_gateway(NatGatewayId=gateway["NatGatewayId"])
    ec2.release_address(AllocationId=allocation)
    ec2.delete_subnet(SubnetId=subnet)


def test_an_interface_has_an_address_of_its_subnet(ec2: Any, subnet: str) -> None:
    addresses = [
        ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["PrivateIpAddress"]
        for _ in range(20)
    ]
    assert len(set(addresses)) == 20
    usable = set(list(IPv4Network("10.0.0.0/24"))[4:-1])
    assert {IPv4Address(address) for address in addresses} <= usable


def test_what_is_in_use_stays(ec2: Any, image: str, vpc: str, subnet: str) -> None:
    group = ec2.create_security_group(GroupName="one", Description="one", VpcId=vpc)["GroupId"]
    other = ec2.create_security_group(GroupName="two", Description="two", VpcId=vpc)["GroupId"]
    rule = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "UserIdGroupPairs": [{"GroupId": group}]}
    ec2.authorize_security_group_ingress(GroupId=other, IpPermissions=[rule])
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    launched = run(ec2, image, subnet, SecurityGroupIds=[group])["InstanceId"]
    allocation = ec2.allocate_address(Domain="vpc")["AllocationId"]
    ec2.associate_address(AllocationId=allocation, InstanceId=launched)
    filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}]
    default = ec2.describe_security_groups(Filters=filters)["SecurityGroups"][0]["GroupId"]

    refused("DependencyViolation", lambda: ec2.delete_subnet(SubnetId=subnet))
    refused("DependencyViolation", lambda: ec2.delete_security_group(GroupId=group))
    refused("CannotDelete", lambda: ec2.delete_security_group(GroupId=default))
    detach = {"InternetGatewayId": gateway, "VpcId": vpc}
    refused("DependencyViolation", lambda: ec2.detach_internet_gateway(**detach))
    refused("DependencyViolation", lambda: ec2.delete_route_table(RouteTableId=table))
    refused("DependencyViolation", lambda: ec2.delete_vpc(VpcId=vpc))

    ec2.terminate_instances(InstanceIds=[launched])
    ec2.release_address(AllocationId=allocation)
    ec2.delete_subnet(SubnetId=subnet)
    refused("DependencyViolation", lambda: ec2.delete_security_group(GroupId=group))
    ec2.delete_security_group(GroupId=other)
    ec2.delete_security_group(GroupId=group)
    ec2.delete_route_table(RouteTableId=table)
    refused("DependencyViolation", lambda: ec2.delete_vpc(VpcId=vpc))
    ec2.detach_internet_gateway(**detach)
    ec2.delete_internet_gateway(InternetGatewayId=gateway)
    ec2.delete_vpc(VpcId=vpc)
    refused("InvalidVpcID.NotFound", lambda: ec2.describe_vpcs(VpcIds=[vpc]))


def test_an_auto_scaling_group_launches_from_its_template(
    cloud: CloudServer, ec2: Any, image: str, vpc: str, subnet: str
) -> None:
    iam, scaling = cloud.client("iam"), cloud.client("autoscaling")
    iam.create_instance_profile(InstanceProfileName="monitor")
    other = subnet_in(ec2, vpc, "10.0.1.0/24", "eu-central-1b")
    group = ec2.create_security_group(GroupName="monitor", Description="monitor", VpcId=vpc)["GroupId"]
    user_data = base64.b64encode(b"#cloud-config").decode()
    template = ec2.create_launch_template(
        LaunchTemplateName="monitor",
        LaunchTemplateData={
            "ImageId": image,
            "InstanceType": "t4g.nano",
            "UserData": user_data,
            "SecurityGroupIds": [group],
            "IamInstanceProfile": {"Name": "monitor"},
            "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 1},
            "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"Encrypted": True, "VolumeSize": 9}}],
            "TagSpecifications": [
                {"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "monitor"}]}
            ],
        },
    )["LaunchTemplate"]["LaunchTemplateId"]
    scaling.create_auto_scaling_group(
        AutoScalingGroupName="monitor",
        MinSize=1,
        MaxSize=1,
        DesiredCapacity=1,
        VPCZoneIdentifier=f"{subnet},{other}",
        LaunchTemplate={"LaunchTemplateId": template, "Version": "$Latest"},
    )
    (shown,) = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=["monitor"])["AutoScalingGroups"]
    (launched,) = shown["Instances"]
    made = instance(ec2, launched["InstanceId"])
    assert made["SubnetId"] in (subnet, other)
    assert made["ImageId"] == image
    assert made["InstanceType"] == "t4g.nano"
    assert [item["GroupId"] for item in made["SecurityGroups"]] == [group]
    assert made["IamInstanceProfile"]["Arn"].endswith("/monitor")
    assert made["MetadataOptions"]["HttpTokens"] == "required"
    (device,) = made["BlockDeviceMappings"]
    (volume,) = ec2.describe_volumes(VolumeIds=[device["Ebs"]["VolumeId"]])["Volumes"]
    assert (device["DeviceName"], volume["Encrypted"], volume["Size"]) == ("/dev/xvda", True, 9)
    kept = ec2.describe_instance_attribute(InstanceId=made["InstanceId"], Attribute="userData")
    assert kept["UserData"]["Value"] == user_data

    ec2.terminate_instances(InstanceIds=[made["InstanceId"]])
    (shown,) = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=["monitor"])["AutoScalingGroups"]
    (replacement,) = shown["Instances"]
    assert replacement["InstanceId"] != made["InstanceId"]
    scaling.delete_auto_scaling_group(AutoScalingGroupName="monitor", ForceDelete=True)
    assert instance(ec2, replacement["InstanceId"])["State"]["Name"] == "terminated"
    ec2.delete_security_group(GroupId=group)


def test_security_group_rules_have_ids(ec2: Any, vpc: str) -> None:
    group = ec2.create_security_group(GroupName="rules", Description="rules", VpcId=vpc)["GroupId"]
    permission = {
        "IpProtocol": "udp",
        "FromPort": 1194,
        "ToPort": 1194,
        "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "clients"}],
    }
    answer = ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])
    (rule,) = answer["SecurityGroupRules"]
    refused(
        "InvalidPermission.Duplicate",
        lambda: ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission]),
    )
    rules = [rule["SecurityGroupRuleId"]]
    shown = ec2.describe_security_group_rules(SecurityGroupRuleIds=rules)["SecurityGroupRules"]
    assert [(item["CidrIpv4"], item["Description"]) for item in shown] == [("0.0.0.0/0", "clients")]
    ec2.revoke_security_group_ingress(GroupId=group, SecurityGroupRuleIds=rules)
    refused(
        "InvalidSecurityGroupRuleId.NotFound",
        lambda: ec2.describe_security_group_rules(SecurityGroupRuleIds=rules),
    )


def test_secondary_cidrs_reach_route_tables(ec2: Any, vpc: str) -> None:
    before = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    made = ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock="10.1.0.0/16")["CidrBlockAssociation"]
    subnet_in(ec2, vpc, "10.1.0.0/24", "eu-central-1c")
    after = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    for table in (before, after):
        routes = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
        local = {route["DestinationCidrBlock"] for route in routes if route["GatewayId"] == "local"}
        assert local == {"10.0.0.0/16", "10.1.0.0/16"}
    assert made["CidrBlock"] == "10.1.0.0/16"

"""A hub with a forwarding pair, in components of another make: nothing is called as in this project."""

import pulumi
import pulumi_aws as aws

LABELS = {"Project": "hub", "Environment": "live", "Owner": "net", "CostCenter": "9"}
ZONES = ("eu-central-1a", "eu-central-1b")


class Hub(pulumi.ComponentResource):
    """A VPC with an edge subnet in each zone."""

    def __init__(self, name: str) -> None:
        super().__init__("acme:net:Hub", name)
        own = pulumi.ResourceOptions(parent=self)
        self.vpc = aws.ec2.Vpc(name, cidr_block="10.90.0.0/20", tags=LABELS, opts=own)
        self.edges = [
            aws.ec2.Subnet(
                f"{name}-{i}",
                vpc_id=self.vpc.id,
                cidr_block=f"10.90.{i}.0/24",
                availability_zone=zone,
                tags=LABELS,
                opts=own,
            )
            for i, zone in enumerate(ZONES)
        ]
        aws.ec2.FlowLog(
            name,
            vpc_id=self.vpc.id,
            traffic_type="ALL",
            log_destination_type="s3",
            log_destination="arn:aws:s3:::hub-flow-logs",
            tags=LABELS,
            opts=own,
        )
        aws.ec2.DefaultSecurityGroup(name, vpc_id=self.vpc.id, opts=own)
        self.register_outputs({"vpcId": self.vpc.id, "edgeIds": [edge.id for edge in self.edges]})


class Concentrator(pulumi.ComponentResource):
    """Two tunnel servers that stand in for each other, and the group of one that watches them."""

    def __init__(self, name: str, hub: Hub, pool: str) -> None:
        super().__init__("acme:vpn:Concentrator", name, {"clientPool": pool})
        own = pulumi.ResourceOptions(parent=self)
        group = aws.ec2.SecurityGroup(
            name, description="Tunnel clients", vpc_id=hub.vpc.id, tags=LABELS, opts=own
        )
        aws.vpc.SecurityGroupIngressRule(
            name,
            security_group_id=group.id,
            ip_protocol="udp",
            from_port=1194,
            to_port=1194,
            cidr_ipv4="0.0.0.0/0",
            tags=LABELS,
            opts=own,
        )
        servers = [
            aws.ec2.Instance(
                f"{name}-{role}",
                ami="ami-0a1b2c3d4e5f60718",
                instance_type="t4g.small",
                subnet_id=edge.id,
                vpc_security_group_ids=[group.id],
                source_dest_check=False,
                metadata_options={"http_tokens": "required", "http_put_response_hop_limit": 1},
                root_block_device={"encrypted": True},
                tags={**LABELS, "FailoverPair": name},
                opts=own,
            )
            for role, edge in zip(("active", "reserve"), hub.edges, strict=True)
        ]
        table = aws.ec2.RouteTable(name, vpc_id=hub.vpc.id, tags=LABELS, opts=own)
        aws.ec2.Route(
            name,
            route_table_id=table.id,
            destination_cidr_block=pool,
            network_interface_id=servers[0].primary_network_interface_id,
            opts=own,
        )
        template = aws.ec2.LaunchTemplate(
            name,
            name=name,
            image_id="ami-0a1b2c3d4e5f60718",
            instance_type="t4g.nano",
            vpc_security_group_ids=[group.id],
            metadata_options={"http_tokens": "required", "http_put_response_hop_limit": 1},
            block_device_mappings=[{"device_name": "/dev/xvda", "ebs": {"encrypted": "true"}}],
            tags=LABELS,
            opts=own,
        )
        aws.autoscaling.Group(
            name,
            name=name,
            min_size=1,
            max_size=1,
            vpc_zone_identifiers=[edge.id for edge in hub.edges],
            launch_template={"id": template.id, "version": "$Latest"},
            tags=[{"key": "FailoverPair", "value": name, "propagate_at_launch": True}],
            opts=own,
        )
        self.register_outputs({"clientPool": pool})


Concentrator("staff", Hub("hub"), "172.31.240.0/24")

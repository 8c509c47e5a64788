"""The table of resource types, one module a service family."""

from __future__ import annotations

from sandbox.provider.resources import (
    addresses,
    autoscaling,
    iam,
    instance,
    launch_template,
    log_metric_filter,
    observability,
    routing,
    secrets,
    security_groups,
    vpc,
    vpn,
    vpn_connection,
)
from sandbox.provider.table import ResourceType

RESOURCE_TYPES: dict[str, ResourceType] = {
    one.typename: one
    for one in (
        vpc.Vpc(),
        vpc.VpcIpv4CidrBlockAssociation(),
        vpc.Subnet(),
        vpc.InternetGateway(),
        vpc.FlowLog(),
        routing.RouteTable(),
        routing.Route(),
        routing.RouteTableAssociation(),
        routing.MainRouteTableAssociation(),
        vpn.VpnGateway(),
        vpn.VpnGatewayAttachment(),
        vpn.CustomerGateway(),
        vpn.VpnConnectionRoute(),
        vpn.VpnGatewayRoutePropagation(),
        vpn_connection.VpnConnection(),
        security_groups.SecurityGroup(),
        security_groups.DefaultSecurityGroup(),
        security_groups.SecurityGroupIngressRule(),
        security_groups.SecurityGroupEgressRule(),
        addresses.Eip(),
        addresses.EipAssociation(),
        addresses.NatGateway(),
        addresses.NetworkInterface(),
        iam.Role(),
        iam.RolePolicy(),
        iam.RolePolicyAttachment(),
        iam.Policy(),
        iam.InstanceProfile(),
        observability.LogGroup(),
        log_metric_filter.LogMetricFilter(),
        observability.MetricAlarm(),
        observability.Topic(),
        observability.TopicSubscription(),
        observability.TopicPolicy(),
        secrets.Secret(),
        secrets.SecretVersion(),
        secrets.Parameter(),
        secrets.Key(),
        instance.Instance(),
        launch_template.LaunchTemplate(),
        autoscaling.Group(),
    )
}
"""Every type that the sandbox knows, by its name."""

"""A VPN connection whose loss raises no alarm."""

import pulumi_aws as aws

TAGS = {"Project": "shop", "Environment": "test", "Owner": "net", "CostCenter": "7"}

logs = aws.cloudwatch.LogGroup("tunnels", name="/shop/tunnels", retention_in_days=30, tags=TAGS)
router = aws.ec2.CustomerGateway(
    "mill", type="ipsec.1", ip_address="203.0.113.50", bgp_asn="65010", tags=TAGS
)
vpg = aws.ec2.VpnGateway("shop", amazon_side_asn="64600", tags=TAGS)
connection = aws.ec2.VpnConnection(
    "mill",
    type="ipsec.1",
    vpn_gateway_id=vpg.id,
    customer_gateway_id=router.id,
    static_routes_only=False,
    tunnel1_ike_versions=["ikev2"],
    tunnel1_phase1_encryption_algorithms=["AES256-GCM-16"],
    tunnel1_phase2_encryption_algorithms=["AES256-GCM-16"],
    tunnel1_phase1_integrity_algorithms=["SHA2-384"],
    tunnel1_phase2_integrity_algorithms=["SHA2-384"],
    tunnel1_phase1_dh_group_numbers=[20],
    tunnel1_phase2_dh_group_numbers=[20],
    tunnel1_dpd_timeout_action="restart",
    tunnel1_log_options={"cloudwatch_log_options": {"log_enabled": True, "log_group_arn": logs.arn}},
    tunnel2_ike_versions=["ikev2"],
    tunnel2_phase1_encryption_algorithms=["AES256-GCM-16"],
    tunnel2_phase2_encryption_algorithms=["AES256-GCM-16"],
    tunnel2_phase1_integrity_algorithms=["SHA2-384"],
    tunnel2_phase2_integrity_algorithms=["SHA2-384"],
    tunnel2_phase1_dh_group_numbers=[20],
    tunnel2_phase2_dh_group_numbers=[20],
    tunnel2_dpd_timeout_action="restart",
    tunnel2_log_options={"cloudwatch_log_options": {"log_enabled": True, "log_group_arn": logs.arn}},
    tags=TAGS,
)

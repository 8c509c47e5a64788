"""A log group that keeps everything indefinitely."""

import pulumi_aws as aws

TAGS = {"Project": "shop", "Environment": "test", "Owner": "net", "CostCenter": "7"}

aws.cloudwatch.LogGroup("tunnels", name="/shop/tunnels", tags=TAGS)

"""A private key in a parameter that is kept in clear."""

import pulumi_aws as aws

TAGS = {"Project": "shop", "Environment": "test", "Owner": "net", "CostCenter": "7"}

aws.ssm.Parameter(
    "key",
    name="/shop/key",
    type="String",
    value="-----BEGIN PRIVATE KEY-----\nnot a key that opens anything\n",
    tags=TAGS,
)

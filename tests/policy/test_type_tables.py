"""The tables of types against pulumi-aws itself: a type that nobody has thought of fails here."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

import pulumi_aws
import pytest

from policy.facts import aws_types as aws
from policy.facts.openings import GROUPS, HOST_FIREWALLS, SEPARATE_RULES
from policy.facts.permissions import ATTACHMENTS, DOCUMENTS, ROLES_OF
from policy.rules.hosts.launching import HOSTS
from policy.rules.hosts.no_keys_in_the_open import READABLE
from policy.rules.hosts.no_keys_in_user_data import WITH_USER_DATA
from policy.rules.operations.resources_in_sight import OPAQUE

LAUNCHED_BY_AWS = {
    "aws:emr/instanceFleet:InstanceFleet",
}
"""Hosts that AWS looks after: their specification has nothing that the rules ask for."""

NOT_PERMISSIONS = {
    "aws:cfg/conformancePack:ConformancePack",
    "aws:cfg/organizationConformancePack:OrganizationConformancePack",
    "aws:cloudwatch/logAccountPolicy:LogAccountPolicy",
    "aws:cloudwatch/logDataProtectionPolicy:LogDataProtectionPolicy",
    "aws:cloudwatch/logIndexPolicy:LogIndexPolicy",
    "aws:ecr/lifecyclePolicy:LifecyclePolicy",
    "aws:networkmanager/coreNetworkPolicyAttachment:CoreNetworkPolicyAttachment",
    "aws:opensearch/serverlessLifecyclePolicy:ServerlessLifecyclePolicy",
    "aws:opensearch/serverlessSecurityPolicy:ServerlessSecurityPolicy",
    "aws:resiliencehub/resiliencyPolicy:ResiliencyPolicy",
    "aws:resiliencehub/v2Service:V2Service",
    "aws:resiliencehub/v2UserJourney:V2UserJourney",
    "aws:ses/receiptFilter:ReceiptFilter",
    "aws:sns/dataProtectionPolicy:DataProtectionPolicy",
}
"""What is called a policy, and says how long things are kept or what is recorded."""

NARROWER = {
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
    "aws:eks/podIdentityAssociation:PodIdentityAssociation",
    "aws:iot/policy:Policy",
    "aws:iot/policyAttachment:PolicyAttachment",
    "aws:iot/provisioningTemplate:ProvisioningTemplate",
    "aws:quicksight/iamPolicyAssignment:IamPolicyAssignment",
    "aws:transfer/access:Access",
    "aws:transfer/user:User",
}
"""What an identity may do within one service, or less than its role may: it moves no address or route."""

OF_A_RESOURCE = {
    "aws:acmpca/policy:Policy",
    "aws:amp/resourcePolicy:ResourcePolicy",
    "aws:apigateway/domainName:DomainName",
    "aws:apigateway/restApi:RestApi",
    "aws:apigateway/restApiPolicy:RestApiPolicy",
    "aws:backup/vaultPolicy:VaultPolicy",
    "aws:bedrock/agentcoreResourcePolicy:AgentcoreResourcePolicy",
    "aws:cloudwatch/eventBusPolicy:EventBusPolicy",
    "aws:cloudwatch/logResourcePolicy:LogResourcePolicy",
    "aws:codeartifact/domainPermissions:DomainPermissions",
    "aws:codeartifact/repositoryPermissionsPolicy:RepositoryPermissionsPolicy",
    "aws:codebuild/resourcePolicy:ResourcePolicy",
    "aws:dsql/clusterPolicy:ClusterPolicy",
    "aws:dynamodb/resourcePolicy:ResourcePolicy",
    "aws:ec2/vpcEndpoint:VpcEndpoint",
    "aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy",
    "aws:ecr/registryPolicy:RegistryPolicy",
    "aws:ecr/repositoryPolicy:RepositoryPolicy",
    "aws:ecrpublic/repositoryPolicy:RepositoryPolicy",
    "aws:efs/fileSystemPolicy:FileSystemPolicy",
    "aws:glacier/vaultLock:VaultLock",
    "aws:glue/resourcePolicy:ResourcePolicy",
    "aws:kinesis/resourcePolicy:ResourcePolicy",
    "aws:kms/externalKey:ExternalKey",
    "aws:kms/key:Key",
    "aws:kms/keyPolicy:KeyPolicy",
    "aws:kms/replicaExternalKey:ReplicaExternalKey",
    "aws:kms/replicaKey:ReplicaKey",
    "aws:lambda/resourcePolicy:ResourcePolicy",
    "aws:mediastore/containerPolicy:ContainerPolicy",
    "aws:msk/clusterPolicy:ClusterPolicy",
    "aws:networkfirewall/resourcePolicy:ResourcePolicy",
    "aws:oam/sinkPolicy:SinkPolicy",
    "aws:opensearch/serverlessAccessPolicy:ServerlessAccessPolicy",
    "aws:opensearchingest/resourcePolicy:ResourcePolicy",
    "aws:pinpoint/smsvoicev2ResourcePolicy:Smsvoicev2ResourcePolicy",
    "aws:redshift/resourcePolicy:ResourcePolicy",
    "aws:redshiftserverless/resourcePolicy:ResourcePolicy",
    "aws:s3/accessPoint:AccessPoint",
    "aws:s3/bucket:Bucket",
    "aws:s3/bucketPolicy:BucketPolicy",
    "aws:s3/bucketV2:BucketV2",
    "aws:s3/filesFileSystemPolicy:FilesFileSystemPolicy",
    "aws:s3/vectorsVectorBucketPolicy:VectorsVectorBucketPolicy",
    "aws:s3control/accessGrantsInstanceResourcePolicy:AccessGrantsInstanceResourcePolicy",
    "aws:s3control/accessPointPolicy:AccessPointPolicy",
    "aws:s3control/bucketPolicy:BucketPolicy",
    "aws:s3control/objectLambdaAccessPointPolicy:ObjectLambdaAccessPointPolicy",
    "aws:schemas/registryPolicy:RegistryPolicy",
    "aws:secretsmanager/secret:Secret",
    "aws:secretsmanager/secretPolicy:SecretPolicy",
    "aws:ses/identityPolicy:IdentityPolicy",
    "aws:sesv2/emailIdentityPolicy:EmailIdentityPolicy",
    "aws:sns/topic:Topic",
    "aws:sns/topicPolicy:TopicPolicy",
    "aws:sqs/queue:Queue",
    "aws:sqs/queuePolicy:QueuePolicy",
    "aws:verifiedaccess/endpoint:Endpoint",
    "aws:verifiedaccess/group:Group",
    "aws:vpclattice/authPolicy:AuthPolicy",
    "aws:vpclattice/resourcePolicy:ResourcePolicy",
    "aws:xray/resourcePolicy:ResourcePolicy",
}
"""Policies of the resource that they are on: who may use it, and not what an identity may do elsewhere."""


USES_A_ROLE = {
    "aws:auditmanager/assessment:Assessment",
    "aws:cognito/identityPoolRoleAttachment:IdentityPoolRoleAttachment",
    "aws:ebs/snapshotImport:SnapshotImport",
    "aws:elastictranscoder/pipeline:Pipeline",
    "aws:glue/crawler:Crawler",
    "aws:grafana/roleAssociation:RoleAssociation",
    "aws:guardduty/malwareProtectionPlan:MalwareProtectionPlan",
    "aws:iam/instanceProfile:InstanceProfile",
    "aws:iam/rolePoliciesExclusive:RolePoliciesExclusive",
    "aws:lambda/function:Function",
    "aws:organizations/account:Account",
    "aws:quicksight/roleCustomPermission:RoleCustomPermission",
    "aws:quicksight/roleMembership:RoleMembership",
    "aws:s3/bucketReplicationConfig:BucketReplicationConfig",
    "aws:s3tables/tableBucketReplication:TableBucketReplication",
    "aws:s3tables/tableReplication:TableReplication",
}
"""What works with a role, or names one of another service's: it gives the role nothing."""

NO_WAY_IN = {
    "aws:directoryservice/ipRoute:IpRoute",
    "aws:ec2/defaultNetworkAcl:DefaultNetworkAcl",
    "aws:ec2/networkAcl:NetworkAcl",
    "aws:route53/cidrLocation:CidrLocation",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
}
"""What has blocks of addresses and lets nobody in: routes, ways out, and lists that only refuse."""


def types_with(*properties: str) -> set[str]:
    """The resource types of the installed pulumi-aws that have one of these inputs."""
    found: set[str] = set()
    for file in Path(pulumi_aws.__file__ or "").parent.glob("*/*.py"):
        text = "" if file.name.startswith(("get_", "_", "outputs")) else file.read_text(encoding="utf-8")
        token = re.search(r"super\(\w+, __self__\)\.__init__\(\s*'(aws:[^']+)'", text)
        inputs = text.partition("@pulumi.input_type\nclass _")[0]
        if token and set(re.findall(r"^                 (\w+): ", inputs, re.MULTILINE)) & set(properties):
            found.add(token[1])
    return found


@pytest.mark.parametrize(
    ("properties", "tables"),
    [
        (("metadata_options", "launch_specifications"), HOSTS | LAUNCHED_BY_AWS),
        (("user_data", "user_data_base64"), WITH_USER_DATA),
        (
            ("policy", "policy_document", "inline_policy", "inline_policies"),
            {*DOCUMENTS, *ATTACHMENTS, *NOT_PERMISSIONS, *NARROWER, *OF_A_RESOURCE},
        ),
        (
            ("policy_arn", "policy_arns", "managed_policy_arn", "managed_policy_arns"),
            {*ATTACHMENTS, *NARROWER, *NOT_PERMISSIONS},
        ),
        (("template_body",), OPAQUE | NARROWER | NOT_PERMISSIONS),
        (("assume_role_policy",), {aws.IAM_ROLE}),
        (("role", "roles", "role_name"), {*ROLES_OF, aws.IAM_ROLE_POLICY} | USES_A_ROLE | NARROWER),
        (
            ("cidr_blocks", "ipv6_cidr_blocks", "cidr_ipv4", "cidr_ipv6", "ingress"),
            {*GROUPS, *SEPARATE_RULES} | NO_WAY_IN,
        ),
        (("port_infos", "ec2_inbound_permissions", "inbound_permissions"), HOST_FIREWALLS),
        (("container_definitions", "environment_variables", "environment"), READABLE),
    ],
    ids=[
        "hosts",
        "user-data",
        "documents",
        "attachments",
        "templates",
        "trust",
        "roles",
        "openings",
        "firewalls",
        "texts",
    ],
)
def test_every_type_is_in_a_table_or_excepted(properties: tuple[str, ...], tables: Collection[str]) -> None:
    types = types_with(*properties)
    assert types
    assert types - set(tables) == set()

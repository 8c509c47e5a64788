"""Managed policies."""

from __future__ import annotations

from typing import Any

from sandbox.provider.arguments import tag_map
from sandbox.provider.aws_client import Cloud
from sandbox.provider.errors import answer_of
from sandbox.provider.resources.iam import IamType, as_text, retag_with
from sandbox.provider.table import Change, document, text
from sandbox.provider.values import Values


class Policy(IamType):
    """A managed policy of the account."""

    typename = "aws:iam/policy:Policy"
    creator = "CreatePolicy"
    auto_named = "name"
    properties = (
        text("name", "PolicyName", computed=True, force_new=True),
        text("path", "Path", default="/", force_new=True),
        text("description", "Description", force_new=True),
        document("policy", required=True),
    )
    outputs = ("arn", "policyId", "attachmentCount")

    def create(self, cloud: Cloud, inputs: Values) -> str:
        """Make the policy."""
        made = cloud.client("iam").create_policy(**self.request(inputs), PolicyDocument=inputs["policy"])
        return made["Policy"]["Arn"]

    def read(self, cloud: Cloud, ident: str, known: Values) -> Values | None:
        """The policy and its default version's document."""
        iam = cloud.client("iam")
        answer = answer_of(iam.get_policy, PolicyArn=ident)
        if answer is None:
            return None
        found: Values = answer["Policy"]
        version = iam.get_policy_version(PolicyArn=ident, VersionId=found["DefaultVersionId"])
        return {
            "tagsAll": tag_map(found.get("Tags")),
            "name": found["PolicyName"],
            "arn": found["Arn"],
            "path": found["Path"],
            "policyId": found["PolicyId"],
            "attachmentCount": found.get("AttachmentCount", 0),
            "description": found.get("Description", ""),
            "policy": as_text(version["PolicyVersion"]["Document"]),
        }

    def update(self, cloud: Cloud, ident: str, change: Change) -> None:
        """Make a new default version; IAM keeps five, so older ones go first."""
        iam = cloud.client("iam")
        self._drop_versions(iam, ident)
        iam.create_policy_version(PolicyArn=ident, PolicyDocument=change.new["policy"], SetAsDefault=True)

    def retag(self, cloud: Cloud, ident: str, state: Values, tags: dict[str, str]) -> None:
        """Set the policy's tags."""
        retag_with(cloud, "policy", {"PolicyArn": ident}, state, tags)

    def delete(self, cloud: Cloud, ident: str, state: Values) -> None:
        """Delete the policy with its versions."""
        iam = cloud.client("iam")
        self._drop_versions(iam, ident)
        iam.delete_policy(PolicyArn=ident)

    @staticmethod
    def _drop_versions(iam: Any, ident: str) -> None:
        for version in iam.list_policy_versions(PolicyArn=ident)["Versions"]:
            if not version["IsDefaultVersion"]:
                iam.delete_policy_version(PolicyArn=ident, VersionId=version["VersionId"])

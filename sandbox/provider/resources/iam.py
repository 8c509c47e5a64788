"""Roles, their policies, and instance profiles."""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import ClientError

from sandbox.provider.arguments import arguments, surplus, tag_list, tag_map
from sandbox.provider.aws_client import Cloud
from sandbox.provider.constraints import arn
from sandbox.provider.errors import is_gone
from sandbox.provider.table import Change, ResourceType, document, flag, number, text
from sandbox.provider.values import Values, part, parts


class _IamType(ResourceType):
    """A type of IAM: it belongs to no region, and tags of each kind have operations of their own."""

    service = "iam"
    regional = False

    def request(self, inputs: Values) -> Values:
        """The creating operation's arguments, tags included."""
        tags = {"Tags": tag_list(inputs["tagsAll"])} if inputs.get("tagsAll") else {}
        return {**arguments(self.properties, inputs), **tags}


def _found(operation: Any, **request: Any) -> Values | None:
    """What a reading operation answers, or None when there is no such thing."""
    try:
        return operation(**request)
    except ClientError as error:
        if is_gone(error):
            return None
        raise


def _retag(cloud: Cloud, noun: str, key: Values, state: Values, tags: dict[str, str]) -> None:
    iam = cloud.client("iam")
    surplus_keys = surplus(state, tags)
    if tags:
        getattr(iam, f"tag_{noun}")(**key, Tags=tag_list(tags))
    if surplus_keys:
        getattr(iam, f"untag_{noun}")(**key, TagKeys=surplus_keys)


def _text(policy: Any) -> str:
    """A policy document as text: boto3 decodes it to an object."""
    return policy if isinstance(policy, str) else json.dumps(policy)


class Role(_IamType):
    """A role."""

    typename = "aws:iam/role:Role"
    creator = "CreateRole"
    auto_named = "name"
    properties = (
        text("name", "RoleName", computed=True, force_new=True),
        text("path", "Path", default="/", force_new=True),
        document("assumeRolePolicy", required=True),
        text("description", "Description"),
        number("maxSessionDuration", "MaxSessionDuration", default=3600),
        text("permissionsBoundary", "PermissionsBoundary", rule=arn("iam", "policy/.+")),
        flag("forceDetachPolicies", default=False),
    )
    outputs = ("arn", "createDate", "uniqueId")

    def create(self, cloud: Cloud, inputs: Values) -> str:
        """Make the role."""
        request = self.request(inputs)
        cloud.client("iam").create_role(**request, AssumeRolePolicyDocument=inputs["assumeRolePolicy"])
        return inputs["name"]

    def read(self, cloud: Cloud, ident: str, known: Values) -> Values | None:
        """The role."""
        answer = _found(cloud.client("iam").get_role, RoleName=ident)
        if answer is None:
            return None
        found: Values = answer["Role"]
        return {
            "tagsAll": tag_map(found.get("Tags")),
            "name": found["RoleName"],
            "arn": found["Arn"],
            "path": found["Path"],
            "uniqueId": found["RoleId"],
            "createDate": found["CreateDate"].strftime("%Y-%m-%dT%H:%M:%SZ"),
            "assumeRolePolicy": _text(found["AssumeRolePolicyDocument"]),
            "description": found.get("Description", ""),
            "maxSessionDuration": found.get("MaxSessionDuration", 3600),
            "permissionsBoundary": part(found, "PermissionsBoundary").get("PermissionsBoundaryArn", ""),
        }

    def update(self, cloud: Cloud, ident: str, change: Change) -> None:
        """Change the role, each part by its own operation."""
        iam, new = cloud.client("iam"), change.new
        if "assumeRolePolicy" in change.names:
            iam.update_assume_role_policy(RoleName=ident, PolicyDocument=new["assumeRolePolicy"])
        if change.names & {"description", "maxSessionDuration"}:
            iam.update_role(
                RoleName=ident,
                Description=new.get("description", ""),
                MaxSessionDuration=new["maxSessionDuration"],
            )
        if "permissionsBoundary" in change.names:
            if new.get("permissionsBoundary"):
                iam.put_role_permissions_boundary(
                    RoleName=ident, PermissionsBoundary=new["permissionsBoundary"]
                )
            else:
                iam.delete_role_permissions_boundary(RoleName=ident)

    def retag(self, cloud: Cloud, ident: str, state: Values, tags: dict[str, str]) -> None:
        """Set the role's tags."""
        _retag(cloud, "role", {"RoleName": ident}, state, tags)

    def delete(self, cloud: Cloud, ident: str, state: Values) -> None:
        """Delete the role; with `forceDetachPolicies` its policies first."""
        iam = cloud.client("iam")
        for profile in iam.list_instance_profiles_for_role(RoleName=ident)["InstanceProfiles"]:
            iam.remove_role_from_instance_profile(
                InstanceProfileName=profile["InstanceProfileName"], RoleName=ident
            )
        if state.get("forceDetachPolicies"):
            for policy in iam.list_attached_role_policies(RoleName=ident)["AttachedPolicies"]:
                iam.detach_role_policy(RoleName=ident, PolicyArn=policy["PolicyArn"])
            for name in iam.list_role_policies(RoleName=ident)["PolicyNames"]:
                iam.delete_role_policy(RoleName=ident, PolicyName=name)
        iam.delete_role(RoleName=ident)


class RolePolicy(_IamType):
    """A policy inside a role."""

    typename = "aws:iam/rolePolicy:RolePolicy"
    creator = "PutRolePolicy"
    tagged = False
    auto_named = "name"
    properties = (
        text("name", "PolicyName", computed=True, force_new=True),
        text("role", "RoleName", required=True, force_new=True),
        document("policy", required=True),
    )

    def create(self, cloud: Cloud, inputs: Values) -> str:
        """Put the policy."""
        self._put(cloud, inputs)
        return f"{inputs['role']}:{inputs['name']}"

    def read(self, cloud: Cloud, ident: str, known: Values) -> Values | None:
        """The policy."""
        role, _, name = ident.partition(":")
        found = _found(cloud.client("iam").get_role_policy, RoleName=role, PolicyName=name)
        return found and {"role": role, "name": name, "policy": _text(found["PolicyDocument"])}

    def update(self, cloud: Cloud, ident: str, change: Change) -> None:
        """Put the policy again."""
        self._put(cloud, change.new)

    def delete(self, cloud: Cloud, ident: str, state: Values) -> None:
        """Delete the policy."""
        role, _, name = ident.partition(":")
        cloud.client("iam").delete_role_policy(RoleName=role, PolicyName=name)

    @staticmethod
    def _put(cloud: Cloud, inputs: Values) -> None:
        cloud.client("iam").put_role_policy(
            RoleName=inputs["role"], PolicyName=inputs["name"], PolicyDocument=inputs["policy"]
        )


class RolePolicyAttachment(_IamType):
    """A managed policy attached to a role."""

    typename = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
    creator = "AttachRolePolicy"
    tagged = False
    deleted_first = True
    properties = (
        text("role", "RoleName", required=True, force_new=True),
        text("policyArn", "PolicyArn", required=True, force_new=True, rule=arn("iam", "policy/.+")),
    )

    def create(self, cloud: Cloud, inputs: Values) -> str:
        """Attach the policy."""
        cloud.client("iam").attach_role_policy(**arguments(self.properties, inputs))
        return f"{inputs['role']}/{inputs['policyArn']}"

    def read(self, cloud: Cloud, ident: str, known: Values) -> Values | None:
        """The attachment."""
        role, _, policy = ident.partition("/")
        found = _found(cloud.client("iam").list_attached_role_policies, RoleName=role)
        attached = {one["PolicyArn"] for one in (found or {}).get("AttachedPolicies", ())}
        return {"role": role, "policyArn": policy} if policy in attached else None

    def delete(self, cloud: Cloud, ident: str, state: Values) -> None:
        """Detach the policy."""
        role, _, policy = ident.partition("/")
        cloud.client("iam").detach_role_policy(RoleName=role, PolicyArn=policy)


class Policy(_IamType):
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
        answer = _found(iam.get_policy, PolicyArn=ident)
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
            "policy": _text(version["PolicyVersion"]["Document"]),
        }

    def update(self, cloud: Cloud, ident: str, change: Change) -> None:
        """Make a new default version; IAM keeps five, so older ones go first."""
        iam = cloud.client("iam")
        self._drop_versions(iam, ident)
        iam.create_policy_version(PolicyArn=ident, PolicyDocument=change.new["policy"], SetAsDefault=True)

    def retag(self, cloud: Cloud, ident: str, state: Values, tags: dict[str, str]) -> None:
        """Set the policy's tags."""
        _retag(cloud, "policy", {"PolicyArn": ident}, state, tags)

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


class InstanceProfile(_IamType):
    """An instance profile: the role of an instance."""

    typename = "aws:iam/instanceProfile:InstanceProfile"
    creator = "CreateInstanceProfile"
    auto_named = "name"
    properties = (
        text("name", "InstanceProfileName", computed=True, force_new=True),
        text("path", "Path", default="/", force_new=True),
        text("role"),
    )
    outputs = ("arn", "createDate", "uniqueId")

    def create(self, cloud: Cloud, inputs: Values) -> str:
        """Make the profile."""
        cloud.client("iam").create_instance_profile(**self.request(inputs))
        return inputs["name"]

    def settle(self, cloud: Cloud, ident: str, inputs: Values) -> None:
        """Give it its role, unless it has it."""
        has = (self.read(cloud, ident, {}) or {}).get("role")
        if inputs.get("role") and has != inputs["role"]:
            cloud.client("iam").add_role_to_instance_profile(
                InstanceProfileName=ident, RoleName=inputs["role"]
            )

    def read(self, cloud: Cloud, ident: str, known: Values) -> Values | None:
        """The profile and its role."""
        answer = _found(cloud.client("iam").get_instance_profile, InstanceProfileName=ident)
        if answer is None:
            return None
        found: Values = answer["InstanceProfile"]
        roles: list[Values] = parts(found, "Roles")
        return {
            "tagsAll": tag_map(found.get("Tags")),
            "name": found["InstanceProfileName"],
            "arn": found["Arn"],
            "path": found["Path"],
            "uniqueId": found["InstanceProfileId"],
            "createDate": found["CreateDate"].strftime("%Y-%m-%dT%H:%M:%SZ"),
            "role": roles[0]["RoleName"] if roles else "",
        }

    def update(self, cloud: Cloud, ident: str, change: Change) -> None:
        """Give it another role."""
        if change.old.get("role"):
            cloud.client("iam").remove_role_from_instance_profile(
                InstanceProfileName=ident, RoleName=change.old["role"]
            )
        self.settle(cloud, ident, change.new)

    def retag(self, cloud: Cloud, ident: str, state: Values, tags: dict[str, str]) -> None:
        """Set the profile's tags."""
        _retag(cloud, "instance_profile", {"InstanceProfileName": ident}, state, tags)

    def delete(self, cloud: Cloud, ident: str, state: Values) -> None:
        """Take its role away, and delete it."""
        role = (self.read(cloud, ident, {}) or {}).get("role")
        if role:
            cloud.client("iam").remove_role_from_instance_profile(InstanceProfileName=ident, RoleName=role)
        cloud.client("iam").delete_instance_profile(InstanceProfileName=ident)

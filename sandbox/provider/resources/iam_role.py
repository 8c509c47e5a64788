"""Roles, and what they may: policies of their own, and attached ones."""

from __future__ import annotations

from sandbox.provider.arguments import arguments, tag_map
from sandbox.provider.aws_client import Cloud
from sandbox.provider.constraints import arn
from sandbox.provider.errors import answer_of
from sandbox.provider.resources.iam import IamType, as_text, retag_with
from sandbox.provider.table import Change, document, flag, number, text
from sandbox.provider.values import Values, part


class Role(IamType):
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
        answer = answer_of(cloud.client("iam").get_role, RoleName=ident)
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
            "assumeRolePolicy": as_text(found["AssumeRolePolicyDocument"]),
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
        retag_with(cloud, "role", {"RoleName": ident}, state, tags)

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


class RolePolicy(IamType):
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
        found = answer_of(cloud.client("iam").get_role_policy, RoleName=role, PolicyName=name)
        return found and {"role": role, "name": name, "policy": as_text(found["PolicyDocument"])}

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


class RolePolicyAttachment(IamType):
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
        found = answer_of(cloud.client("iam").list_attached_role_policies, RoleName=role)
        attached = {one["PolicyArn"] for one in (found or {}).get("AttachedPolicies", ())}
        return {"role": role, "policyArn": policy} if policy in attached else None

    def delete(self, cloud: Cloud, ident: str, state: Values) -> None:
        """Detach the policy."""
        role, _, policy = ident.partition("/")
        cloud.client("iam").detach_role_policy(RoleName=role, PolicyArn=policy)

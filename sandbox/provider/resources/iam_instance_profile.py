"""Instance profiles."""

from __future__ import annotations

from sandbox.provider.arguments import tag_map
from sandbox.provider.aws_client import Cloud
from sandbox.provider.errors import answer_of
from sandbox.provider.resources.iam import IamType, retag_with
from sandbox.provider.table import Change, text
from sandbox.provider.values import Values, parts


class InstanceProfile(IamType):
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
        answer = answer_of(cloud.client("iam").get_instance_profile, InstanceProfileName=ident)
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
        retag_with(cloud, "instance_profile", {"InstanceProfileName": ident}, state, tags)

    def delete(self, cloud: Cloud, ident: str, state: Values) -> None:
        """Take its role away, and delete it."""
        role = (self.read(cloud, ident, {}) or {}).get("role")
        if role:
            cloud.client("iam").remove_role_from_instance_profile(InstanceProfileName=ident, RoleName=role)
        cloud.client("iam").delete_instance_profile(InstanceProfileName=ident)

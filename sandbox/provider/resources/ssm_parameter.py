"""Parameters in the parameter store."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.provider.arguments import arguments, surplus, tag_list, tag_map
from sandbox.provider.aws_client import Cloud
from sandbox.provider.constraints import matching
from sandbox.provider.errors import answer_of
from sandbox.provider.table import Change, ResourceType, flag, text
from sandbox.provider.values import Values


class Parameter(ResourceType):
    """A parameter of the parameter store."""

    typename = "aws:ssm/parameter:Parameter"
    service = "ssm"
    creator = "PutParameter"
    auto_named = "name"
    properties = (
        text(
            "name",
            "Name",
            force_new=True,
            rule=matching(
                r"(?!(?i:/?(aws|ssm)))[\w./-]+",
                "letters, digits and /_.-, not starting with aws or ssm, which AWS keeps for itself",
            ),
        ),
        text("type", "Type", required=True),
        text("value", "Value", computed=True, secret=True),
        text("insecureValue", computed=True),
        text("description", "Description"),
        text("tier", "Tier", computed=True),
        text("keyId", "KeyId", computed=True),
        text("allowedPattern", "AllowedPattern"),
        text("dataType", "DataType", computed=True, force_new=True),
        flag("overwrite"),
    )
    outputs = ("arn", "version")
    secret_outputs = frozenset(("value",))
    renewed = ("version",)

    def problems(self, inputs: Values) -> Iterator[tuple[str, str]]:
        """One value; a secure one is not insecure."""
        if ("value" in inputs) == ("insecureValue" in inputs):
            yield "value", "must be set, or insecureValue, and not both"
        if inputs.get("type") == "SecureString" and "insecureValue" in inputs:
            yield "insecureValue", "must not be set for a SecureString"

    def create(self, cloud: Cloud, inputs: Values) -> str:
        """Put the parameter. An existing one of that name is an error, unless `overwrite`."""
        self._put(cloud, inputs, overwrite=bool(inputs.get("overwrite")))
        return inputs["name"]

    def settle(self, cloud: Cloud, ident: str, inputs: Values) -> None:
        """Set its tags: PutParameter takes none when it overwrites."""
        if inputs.get("tagsAll"):
            self.retag(cloud, ident, {}, inputs["tagsAll"])

    def read(self, cloud: Cloud, ident: str, known: Values) -> Values | None:
        """The parameter, decrypted."""
        ssm = cloud.client("ssm")
        answer = answer_of(ssm.get_parameter, Name=ident, WithDecryption=True)
        if answer is None:
            return None
        found: Values = answer["Parameter"]
        named = [{"Key": "Name", "Option": "Equals", "Values": [ident]}]
        described: list[Values] = ssm.describe_parameters(ParameterFilters=named)["Parameters"]
        detail = described[0] if described else {}
        tags = ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=ident)["TagList"]
        return {
            "tagsAll": tag_map(tags),
            "name": found["Name"],
            "arn": found.get("ARN") or cloud.arn("ssm", f"parameter/{ident.lstrip('/')}"),
            "type": found["Type"],
            "value": found["Value"],
            "insecureValue": "" if found["Type"] == "SecureString" else found["Value"],
            "version": found["Version"],
            "dataType": found.get("DataType", "text"),
            "description": detail.get("Description", ""),
            "tier": detail.get("Tier", "Standard"),
            "keyId": detail.get("KeyId", ""),
            "allowedPattern": detail.get("AllowedPattern", ""),
        }

    def update(self, cloud: Cloud, ident: str, change: Change) -> None:
        """Put the parameter again."""
        self._put(cloud, change.new, overwrite=True)

    def retag(self, cloud: Cloud, ident: str, state: Values, tags: dict[str, str]) -> None:
        """Set the parameter's tags."""
        ssm, about = cloud.client("ssm"), {"ResourceType": "Parameter", "ResourceId": ident}
        surplus_keys = surplus(state, tags)
        if tags:
            ssm.add_tags_to_resource(**about, Tags=tag_list(tags))
        if surplus_keys:
            ssm.remove_tags_from_resource(**about, TagKeys=surplus_keys)

    def delete(self, cloud: Cloud, ident: str, state: Values) -> None:
        """Delete the parameter."""
        cloud.client("ssm").delete_parameter(Name=ident)

    def _put(self, cloud: Cloud, inputs: Values, *, overwrite: bool) -> None:
        value = inputs.get("value") or inputs.get("insecureValue")
        request = {**arguments(self.properties, inputs), "Value": value, "Overwrite": overwrite}
        cloud.client("ssm").put_parameter(**request)

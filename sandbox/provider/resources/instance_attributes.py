"""What EC2 tells of an instance one attribute at a time, user data among it."""

from __future__ import annotations

import base64
from typing import Any

from sandbox.provider.aws_client import Cloud
from sandbox.provider.values import Values, part


def attribute_of(cloud: Cloud, ident: str, name: str) -> Any:
    """An attribute's value."""
    answer: Values = cloud.ec2.describe_instance_attribute(InstanceId=ident, Attribute=name)
    return part(answer, name[0].upper() + name[1:]).get("Value")


def user_data(cloud: Cloud, ident: str, known: Values) -> Values:
    """User data in the form in which the program gave it."""
    encoded = attribute_of(cloud, ident, "userData") or ""
    if known.get("userDataBase64"):
        return {"userDataBase64": encoded}
    try:
        return {"userData": base64.b64decode(encoded).decode()}
    except ValueError:
        return {"userDataBase64": encoded}


def decoded(inputs: Values) -> Any:
    """User data before its encoding: botocore encodes it."""
    if inputs.get("userDataBase64"):
        return base64.b64decode(inputs["userDataBase64"])
    return inputs.get("userData", "")

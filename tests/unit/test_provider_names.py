"""The provider's names are those of pulumi-aws: every type, function and property, down to nested ones."""

from __future__ import annotations

import importlib
import inspect
import re
from importlib.metadata import version
from typing import Any

import pulumi_aws
import pytest

from sandbox.provider import VERSION
from sandbox.provider.functions import FUNCTIONS
from sandbox.provider.resources import RESOURCE_TYPES
from sandbox.provider.table import Kind, Property, ResourceType

EVERY_TYPE = pytest.mark.parametrize("kind", RESOURCE_TYPES.values(), ids=list(RESOURCE_TYPES))


def python_class(typename: str) -> Any:
    module, name = typename.split(":")[1].split("/")[0], typename.rsplit(":", 1)[1]
    return getattr(importlib.import_module(f"pulumi_aws.{module}"), name)


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def wire_names(cls: Any) -> set[str]:
    """The names that a class of pulumi-aws sends: those of `@pulumi.getter`, else the Python ones."""
    getters: list[Any] = [value.fget for value in vars(cls).values() if isinstance(value, property)]
    return {getattr(getter, "_pulumi_name", None) or getter.__name__ for getter in getters}


def input_names(cls: Any) -> set[str]:
    """The Python names of a resource's inputs."""
    skipped = {"__self__", "resource_name", "opts", "__props__"}
    return set(inspect.signature(cls._internal_init).parameters) - skipped


def args_class(cls: Any, name: str) -> Any:
    """The args class of a nested property."""
    makes = cls._internal_init if hasattr(cls, "_internal_init") else cls.__init__
    found = re.search(r"(\w+Args)\b", str(inspect.signature(makes).parameters[name].annotation))
    assert found, f"{cls.__name__}.{name} has no nested type"
    service = cls.__module__.removesuffix("._inputs").split(".")[1]
    return getattr(importlib.import_module(f"pulumi_aws.{service}"), found.group(1))


def assert_nested(cls: Any, fields: tuple[Property, ...]) -> None:
    known = wire_names(cls)
    for one in fields:
        assert one.name in known, f"{cls.__name__} has no {one.name}"
        if one.fields:
            assert_nested(args_class(cls, snake(one.name)), one.fields)


@EVERY_TYPE
def test_every_property_is_one_of_pulumi_aws(kind: ResourceType) -> None:
    cls: Any = python_class(kind.typename)
    assert cls.pulumi_type == kind.typename
    outputs, inputs = wire_names(cls), input_names(cls)
    for one in kind.inputs:
        assert snake(one.name) in inputs, f"no input {one.name}"
        assert one.name in outputs, f"no property {one.name}"
        if one.fields and (one.kind is Kind.OBJECT or one.element is Kind.OBJECT):
            assert_nested(args_class(cls, snake(one.name)), one.fields)
    for name in kind.computed:
        assert name in outputs, f"no output {name}"


@EVERY_TYPE
def test_every_required_property_is_required_by_pulumi_aws(kind: ResourceType) -> None:
    source = inspect.getsource(python_class(kind.typename)._internal_init)
    required = set(re.findall(r"Missing required property '(\w+)'", source))
    ours = {snake(one.name) for one in kind.inputs if one.required}
    assert required <= ours


@EVERY_TYPE
def test_what_pulumi_aws_marks_secret_is_secret_here(kind: ResourceType) -> None:
    source = inspect.getsource(python_class(kind.typename)._internal_init)
    listed = re.search(r"additional_secret_outputs=\[([^\]]*)\]", source)
    marked = set(re.findall(r'"(\w+)"', listed.group(1))) if listed else set[str]()
    known = {one.name for one in kind.inputs} | set(kind.outputs)
    assert marked & known <= kind.secret_outputs


@pytest.mark.parametrize("token", FUNCTIONS)
def test_every_function_and_argument_is_one_of_pulumi_aws(token: str) -> None:
    module, name = token.split(":")[1].split("/")[0], token.rsplit(":", 1)[1]
    home = pulumi_aws if module == "index" else importlib.import_module(f"pulumi_aws.{module}")
    function: Any = getattr(home, snake(name))
    assert {snake(one) for one in FUNCTIONS[token].arguments} <= set(inspect.signature(function).parameters)
    assert f"'{token}'" in inspect.getsource(function)


def test_the_version_is_that_of_the_package() -> None:
    assert version("pulumi-aws") == VERSION

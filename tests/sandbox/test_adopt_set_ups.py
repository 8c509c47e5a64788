"""The VPNs of `labs.vpn_set_ups` adopted by the engine: one deployment has them all, each an environment."""

from __future__ import annotations

import json
import os
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from unittest import mock

import pytest
from hypothesis.errors import NonInteractiveExampleWarning

from labs.adoptions import settings_with_keys
from labs.isolated_sandbox import Finished, IsolatedSandbox, Program
from labs.moto_server import CloudServer
from labs.random_vpns import VPNS, Drawn, make
from labs.vpn_set_ups import SET_UPS
from labs.vpns_by_hand import Account
from operations.adopt.description import describe
from operations.adopt.found import Found
from operations.adopt.reading import AwsAnswers, read
from operations.adopt.release import released
from operations.status.asking import Clients
from sandbox.wrapper import moto_process, variables

REGION = "eu-central-1"

SOURCE = """
import json
from pathlib import Path

import pulumi
from pulumi.runtime.settings import get_root_resource, set_root_resource

from stacks.environment import Environment
from stacks.validation import parse

stack = get_root_resource()
for name, config in json.loads((Path(__file__).parent / "adopted.json").read_text()).items():
    inside = pulumi.ResourceOptions(parent=stack)
    set_root_resource(pulumi.ComponentResource(f"labs:{name}:SetUp", name, opts=inside))
    Environment(name, parse(name, config))
set_root_resource(stack)
"""


ANYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
CALLER = "sandbox"
"""The key that commands in the sandbox call with."""
READING = re.compile(r"\w+:(Describe|Get|List)")
RANDOM = 3


@dataclass
class Adopted:
    """All set-ups in one cloud, what each was found as, and the first `up`, with the calls that it made."""

    program: Program
    account: Account
    found: dict[str, Found]
    before: dict[str, Any]
    first: Finished
    calls: set[str]

    @property
    def ids(self) -> set[str]:
        """The VPGs, the connections, and the customer gateways that nobody else uses."""
        connections = [one for found in self.found.values() for one in found.connections]
        return {
            *(found.vpg_id for found in self.found.values()),
            *(one.connection_id for one in connections),
            *(one.gateway.gateway_id for one in connections if len(one.gateway.used_by) == 1),
            *(f"{route}:{one.connection_id}" for one in connections for route in one.routes),
        }


@pytest.fixture(scope="module")
def adopted(shared_sandbox: IsolatedSandbox) -> Adopted:
    account = Account(shared_sandbox.client("ec2"), shared_sandbox.client("cloudwatch"))
    vpcs = {set_up.__name__.replace("_", "-"): set_up(account) for set_up in SET_UPS}
    for number in range(RANDOM):
        drawn = _drawn()
        # whoever sees this test fail sees what was drawn
        print(f"random-{number}: {drawn}")
        vpcs[f"random-{number}"] = make(account, drawn)
    before = account.described()
    endpoint = moto_process.ensure(shared_sandbox.places).endpoint
    found = _found(vpcs, variables.aws(endpoint, REGION))
    configs = {name: settings_with_keys(describe(one)) for name, one in found.items()}
    program = shared_sandbox.program("adopted", SOURCE, {"all": {"aws:region": REGION}})
    (program.folder / "adopted.json").write_text(json.dumps(configs), encoding="utf-8")
    cloud = CloudServer(0, endpoint)
    cloud.control("PUT", "/sandbox/permissions", {CALLER: [json.dumps(ANYTHING)]})
    first = program.up("all")
    _, asked = cloud.control("GET", "/sandbox/permissions")
    return Adopted(program, account, found, before, first, {one["call"] for one in asked})


def _drawn() -> Drawn:
    with warnings.catch_warnings():
        # a draw without shrinking: each example of a property would be a deployment of its own
        warnings.simplefilter("ignore", NonInteractiveExampleWarning)
        return VPNS.example()


def _found(vpcs: Mapping[str, str], aws: Mapping[str, str]) -> dict[str, Found]:
    with mock.patch.dict(os.environ, variables.inside(os.environ, aws), clear=True):
        answers = AwsAnswers(Clients(REGION))
        return {name: read(answers, REGION, vpc) for name, vpc in vpcs.items()}


def told(finished: Finished) -> str:
    return finished.stdout + finished.stderr


def test_first_up_imports_all_and_calls_nothing_that_changes_a_tunnel(adopted: Adopted) -> None:
    assert adopted.first.returncode == 0, told(adopted.first)
    assert adopted.account.described() == adopted.before
    changing = {call for call in adopted.calls if call.startswith("ec2:") and not READING.match(call)}
    assert changing == {"ec2:EnableVgwRoutePropagation"}
    state = adopted.program.resources("all")
    assert {one["id"] for one in state if one.get("importID")} == adopted.ids
    assert len(adopted.found) >= 15


def test_second_preview_is_empty(adopted: Adopted) -> None:
    again = adopted.program.preview("all", "--expect-no-changes")
    assert again.returncode == 0, told(again)


def test_destroy_after_release_leaves_all_of_it(adopted: Adopted) -> None:
    state, ids = released(adopted.program.pulumi("stack", "export", "--stack", "all").stdout, "all")
    assert adopted.ids <= set(ids)
    file = adopted.program.folder / "released.json"
    file.write_text(state, encoding="utf-8")
    put = adopted.program.pulumi("stack", "import", "--stack", "all", "--file", file)
    assert put.returncode == 0, told(put)
    destroyed = adopted.program.destroy("all")
    assert destroyed.returncode == 0, told(destroyed)
    assert adopted.program.resources("all") == []
    assert adopted.account.described() == adopted.before

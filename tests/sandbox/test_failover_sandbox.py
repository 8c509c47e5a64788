"""Failover of what `make up STACK=prod` deploys, and the runbooks, each run as it is written."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from labs.failover.prod import MONITOR_ROLE, Prod, running_prod
from labs.failover.runbooks import Done, blocks, run_block
from labs.isolated_sandbox import IsolatedSandbox
from labs.namespaces import wait_until


@pytest.fixture(scope="module")
def prod(shared_sandbox: IsolatedSandbox, tmp_path_factory: pytest.TempPathFactory) -> Generator[Prod]:
    with running_prod(shared_sandbox, tmp_path_factory.mktemp("prod")) as prod:
        yield prod


def test_main_loses_address_and_routes_as_the_role_allows_and_a_drill_brings_them_back(prod: Prod) -> None:
    before = prod.routes()
    assert prod.holder() == prod.main.interface
    following = before[prod.main.interface]
    assert following >= 1
    allow_monitor = monitors_policy(prod)
    allow_monitor("ec2:AssociateAddress", "ec2:ReplaceRoute")
    prod.power(prod.main, on=False)
    wait_for_refusal(prod, "AssociateAddress")
    assert prod.holder() == prod.main.interface
    allow_monitor("ec2:ReplaceRoute")
    wait_for_refusal(prod, "ReplaceRoute")
    assert prod.routes() == before
    allow_monitor()
    assert prod.monitor.wait("moved", 30, after=1)["to"] == "standby"
    assert prod.holder() == prod.standby.interface
    assert prod.routes() == {**_without(before, prod.main.interface), prod.standby.interface: following}

    refused = prod.monitor.ask("drill")
    assert refused.returncode == 1
    assert "main is down" in refused.stderr

    prod.power(prod.main, on=True)
    prod.monitor.wait("verdict", 15, after=3)
    drill = prod.monitor.ask("drill", "--to", "main")
    assert (drill.returncode, drill.stderr) == (0, "")
    assert drill.stdout.startswith("moved to main: address after ")
    assert prod.holder() == prod.main.interface
    assert prod.routes() == before


def test_a_deployment_after_a_failover_leaves_the_address_where_it_is(prod: Prod) -> None:
    drill = prod.monitor.ask("drill", "--to", "standby")
    assert drill.returncode == 0, drill.stderr
    routes = prod.routes()
    deployed = prod.sandbox.project.up("prod")
    assert deployed.returncode == 0, deployed.stdout + deployed.stderr
    assert prod.holder() == prod.standby.interface
    assert prod.routes() == routes


def test_the_check_explains_the_deployed_pair(prod: Prod) -> None:
    check = prod.monitor.ask("--check")
    assert check.returncode == 0, check.stdout + check.stderr
    assert check.stdout.startswith("prod/openvpn-staff: ")


def test_the_drill_is_as_the_runbook_says(prod: Prod) -> None:
    prod.monitor.ask("drill", "--to", "main")
    outputs = [done.stdout for done in run(prod, "failover-drill")]
    assert "decision Stay: main has the address" in outputs[0]
    assert outputs[1].startswith("moved to standby: address after ")
    assert "decision Stay: standby has the address" in outputs[2]
    assert outputs[3].startswith("moved to main: address after ")
    assert prod.holder() == prod.main.interface


def test_failback_is_as_the_runbook_says(prod: Prod) -> None:
    prod.monitor.ask("drill", "--to", "standby")
    run(prod, "failback")
    assert prod.holder() == prod.main.interface


def test_a_server_is_replaced_as_the_runbook_says(prod: Prod) -> None:
    # The sandbox's provider takes a thing for half-made until a later deployment has compared it.
    assert prod.sandbox.project.up("prod").returncode == 0
    before = prod.main
    steps = blocks("replace-a-server")
    for _ in range(2):
        succeed(prod, *next(steps))
    assert prod.holder() == prod.standby.interface
    prod.replace("main")
    for place, commands in steps:
        succeed(prod, place, commands)
    assert prod.holder() == prod.main.interface
    assert before.interface not in prod.routes()


def test_a_change_is_rolled_out_as_the_runbook_says(prod: Prod) -> None:
    changed = prod.stack_file({"aws-vpn:hostImage": "20250814-2205"})
    steps = list(blocks("roll-out-a-change"))
    assert "replace" in succeed(prod, *steps[0], changed).stdout

    main, standby = prod.main, prod.standby
    succeed(prod, *steps[1], changed)
    prod.replace("standby")
    assert prod.state(main) == "running"
    assert prod.holder() == main.interface
    succeed(prod, *steps[2])
    assert prod.holder() == prod.standby.interface

    succeed(prod, *steps[3], changed)
    prod.replace("main")
    assert prod.state(prod.standby) == "running"
    assert prod.holder() == prod.standby.interface
    succeed(prod, *steps[4])
    assert prod.holder() == prod.main.interface
    assert not {main.interface, standby.interface} & prod.routes().keys()
    for step in steps[5:]:
        succeed(prod, *step, changed)


def test_keys_are_rotated_as_the_runbook_says(prod: Prod) -> None:
    succeed(prod, "here", "aws-vpn access --stack prod --tunnel staff issue alice")
    for place, commands in blocks("rotate-keys"):
        succeed(prod, place, commands)
        if "publish" in commands:
            for machine in (prod.main, prod.standby):
                machine.fetch_and_restart()


def test_a_client_is_revoked_as_the_runbook_says(prod: Prod) -> None:
    listed = succeed(prod, "here", "aws-vpn access --stack prod --tunnel staff list").stdout
    if "alice" not in listed:
        succeed(prod, "here", "aws-vpn access --stack prod --tunnel staff issue alice")
    outputs = [done.stdout for done in run(prod, "revoke-a-client")]
    for machine in (prod.main, prod.standby):
        machine.fetch()
    assert any("alice" in line and "revoked" in line for line in outputs[1].splitlines())


def monitors_policy(prod: Prod) -> Callable[..., None]:
    """Lets the monitor's role do all that the program gave it, except the actions that are named."""
    iam = prod.sandbox.client("iam")
    (name,) = iam.list_role_policies(RoleName=MONITOR_ROLE)["PolicyNames"]
    given = iam.get_role_policy(RoleName=MONITOR_ROLE, PolicyName=name)["PolicyDocument"]

    def put(*missing: str) -> None:
        less = [
            {**one, "Action": [action for action in one["Action"] if action not in missing] or "none:None"}
            for one in given["Statement"]
        ]
        document = json.dumps({**given, "Statement": less})
        iam.put_role_policy(RoleName=MONITOR_ROLE, PolicyName=name, PolicyDocument=document)

    return put


def wait_for_refusal(prod: Prod, call: str) -> None:
    """Until a move has failed for want of a right."""

    def is_refused() -> bool:
        failed = prod.monitor.events("move-attempt-failed")
        return any(call in one["error"] and "UnauthorizedOperation" in one["error"] for one in failed)

    wait_until(is_refused, 30, f"{call} refused")


def run(prod: Prod, runbook: str) -> list[Done]:
    """All blocks of a runbook, each of which succeeds."""
    return [succeed(prod, place, commands) for place, commands in blocks(runbook)]


def succeed(prod: Prod, place: str, commands: str, stack_file: Path | None = None) -> Done:
    """One block, run to its good end, with another stack file than the committed one if there is any."""
    done = run_block(prod, prod.folder, place, commands, stack_file)
    assert done.returncode == 0, f"{commands}\n{done.stdout}{done.stderr}"
    return done


def _without(routes: dict[str, int], interface: str) -> dict[str, int]:
    return {other: count for other, count in routes.items() if other != interface}

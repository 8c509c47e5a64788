"""The command `failover-monitor`: run the monitor, check what it sees, or drill."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from .cloud import Cloud, CloudError
from .configuration import Configuration
from .control import NoMonitorError, ask
from .inspection import inspect
from .service import read_setup, serve

NOT_WELL = 1
NOT_USABLE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    options = _parser().parse_args(arguments)
    if not options.region or not options.configuration:
        print(
            "failover-monitor: no --region and --configuration,"
            " nor AWS_DEFAULT_REGION and FAILOVER_CONFIGURATION",
            file=sys.stderr,
        )
        return NOT_USABLE
    try:
        if options.check:
            return asyncio.run(_check(options))
        return asyncio.run(_drill(options) if options.command == "drill" else _run(options))
    except (ValueError, CloudError, NoMonitorError) as error:
        print(f"failover-monitor: {options.configuration}: {error}", file=sys.stderr)
        return NOT_USABLE
    except asyncio.CancelledError:
        return 0


async def _run(options: argparse.Namespace) -> int:
    task = asyncio.current_task()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, lambda: task.cancel() if task else None)
    await serve(options.region, options.configuration, options.control_socket)
    return 0


async def _check(options: argparse.Namespace) -> int:
    cloud = Cloud(options.region)
    setup = await read_setup(cloud, options.configuration)
    inspection = await inspect(cloud, setup)
    well, monitor = await _running(options.control_socket, setup.configuration)
    for line in (*inspection.lines, f"monitor  {monitor}"):
        print(line)
    return 0 if well and inspection.well else NOT_WELL


async def _running(control_socket: Path, configuration: Configuration) -> tuple[bool, str]:
    """Whether a monitor runs here with the present configuration and trusts both servers, in words too."""
    try:
        running = await ask(control_socket, command="status")
    except NoMonitorError as error:
        return False, str(error)
    if running.get("fingerprint") != configuration.fingerprint:
        return False, "runs here, and has not taken over the present configuration yet"
    if running["unproven"]:
        return False, f"runs here, and has not proven {' and '.join(running['unproven'])} itself"
    return True, f"runs here: {running['explanation']}"


async def _drill(options: argparse.Namespace) -> int:
    reply = await ask(options.control_socket, command="drill", to=options.to)
    if not reply["done"]:
        print(f"failover-monitor: drill refused: {reply['explanation']}", file=sys.stderr)
        return NOT_WELL
    print(
        f"{reply['explanation']}: address after {reply['addressSeconds']:.2f} s,"
        f" routes checked after {reply['seconds']:.2f} s, {reply['attempts']} attempts"
    )
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="failover-monitor", description=__doc__)
    parser.add_argument("--check", action="store_true", help="explain what the monitor sees, and end")
    parser.add_argument("--region", default=os.environ.get("AWS_DEFAULT_REGION"), help="AWS region")
    parser.add_argument(
        "--configuration",
        default=os.environ.get("FAILOVER_CONFIGURATION"),
        help="the object with the configuration: s3://BUCKET/KEY",
    )
    parser.add_argument(
        "--control-socket",
        type=Path,
        default=Path("/run/failover-monitor/control"),
        help="where the running monitor takes drills",
    )
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("run", help="watch until stopped (the default)")
    drill = commands.add_parser(
        "drill", help="a planned move to the other server, through the running monitor"
    )
    drill.add_argument("--to", choices=("main", "standby"), help="where to (default: where it is not)")
    return parser

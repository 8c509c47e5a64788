"""The service: keeps a watch running over the configuration that its object in S3 holds now."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from .cloud import Cloud, CloudError
from .configuration import Configuration, OpenVpnProbe, parse_configuration
from .control import serve_control
from .history import History
from .journal import Journal
from .notice import notice
from .openvpn_packet import ClientKey, parse_client_key
from .probes import service_probe
from .service_manager import notify
from .watch import Watch

READ_EVERY = 10.0
READ_KEY_EVERY = 60.0
ALIVE_EVERY = 2.0


@dataclass(frozen=True)
class Setup:
    """A configuration, and the key its probe needs, if any."""

    configuration: Configuration
    key: ClientKey | None


async def read_setup(cloud: Cloud, location: str) -> Setup:
    """The configuration as it is now.

    Raises:
        ConfigurationError: the document cannot be used.
        ProbeKeyError: the probe's key cannot be used.
        CloudError: AWS did not give them.
    """
    configuration = parse_configuration(await cloud.document(location))
    return Setup(configuration, await _key(cloud, configuration))


async def serve(region: str, location: str, control_socket: Path) -> None:
    """Watch until stopped; a changed configuration or key is taken over, one that cannot be used is refused.

    Raises:
        ConfigurationError, ProbeKeyError: the very first configuration cannot be used.
    """
    journal = Journal(location=location)
    cloud, setup = await _first_setup(region, location, journal)
    current: list[Watch] = []
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(serve_control(control_socket, lambda: current[-1] if current else None))
        tasks.create_task(_stay_alive(current))
        await _watch_for_ever(cloud, location, setup, current, journal)


async def _watch_for_ever(
    cloud: Cloud, location: str, setup: Setup, current: list[Watch], journal: Journal
) -> None:
    history = History()
    while True:
        configuration = setup.configuration
        common = Journal(environment=configuration.environment, name=configuration.name)
        common.info("watching", allocation=configuration.allocation_id)
        watch = Watch(
            configuration,
            service_probe(configuration.probe, setup.key),
            cloud,
            common,
            history,
            notice(configuration.probe, setup.key),
        )
        current[:] = [watch]
        running = asyncio.create_task(watch.run())
        changing = asyncio.create_task(_changed(cloud, location, setup, journal))
        try:
            await asyncio.wait((running, changing), return_when=asyncio.FIRST_COMPLETED)
            if running.done():
                await running
            setup = changing.result()
            journal.info("configuration-changed")
            await watch.settle()
        finally:
            changing.cancel()
            running.cancel()
            await asyncio.gather(running, changing, return_exceptions=True)


async def _first_setup(region: str, location: str, journal: Journal) -> tuple[Cloud, Setup]:
    while True:
        # Anew each time: clients that were made while the instance had no credentials never get any.
        cloud = Cloud(region)
        try:
            return cloud, await read_setup(cloud, location)
        except CloudError as error:
            journal.warning("configuration-not-read", error=str(error), then="trying again")
            notify(f"STATUS=waiting for {location}: {error}")
            await asyncio.sleep(2)


async def _changed(cloud: Cloud, location: str, setup: Setup, journal: Journal) -> Setup:
    """The next setup that differs from this one and can be used."""
    refused = ""
    key_age = 0.0
    while True:
        await asyncio.sleep(READ_EVERY)
        key_age += READ_EVERY
        try:
            configuration = parse_configuration(await cloud.document(location))
            key = setup.key
            if configuration != setup.configuration or key_age >= READ_KEY_EVERY:
                key, key_age = await _key(cloud, configuration), 0.0
        except CloudError as error:
            journal.warning("configuration-not-read", error=str(error), then="going on with what is known")
            continue
        except ValueError as error:
            if str(error) != refused:
                refused = str(error)
                journal.warning("configuration-refused", error=refused, then="going on with the one before")
            continue
        refused = ""
        if Setup(configuration, key) != setup:
            return Setup(configuration, key)


async def _key(cloud: Cloud, configuration: Configuration) -> ClientKey | None:
    probe = configuration.probe
    if not isinstance(probe, OpenVpnProbe):
        return None
    return parse_client_key(await cloud.secret(probe.key_secret))


async def _stay_alive(current: list[Watch]) -> None:
    """Tell systemd that the monitor is alive, but only as long as its deciding loop comes round."""
    ready = False
    while True:
        if current and current[-1].is_turning:
            if not ready:
                notify("READY=1")
                ready = True
            notify(f"WATCHDOG=1\nSTATUS={current[-1].describe()}")
        await asyncio.sleep(ALIVE_EVERY)

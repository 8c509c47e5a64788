"""The sandbox's cloud in a process of its own, for tests that need one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

ROOT = Path(__file__).parents[1]
START_SECONDS = 60
RELAYS = {"AWS_VPN_SANDBOX_HOSTS": "198.51.100.1,10.30.250.1"}
"""The addresses in the labs' networks at which the server is reached through a relay."""


@dataclass(frozen=True)
class CloudServer:
    """A running server."""

    pid: int
    url: str

    def client(self, service: str, region: str = "eu-central-1", read_timeout: float = 30) -> Any:
        """A boto3 client that talks to it, without second attempts."""
        create: Any = boto3.client
        return create(
            service,
            region_name=region,
            endpoint_url=self.url,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}, read_timeout=read_timeout),
        )

    def control(self, method: str, path: str, document: object = None) -> tuple[int, Any]:
        """Status and answer of a request to `/sandbox/...`."""
        request = urllib.request.Request(
            self.url + path,
            method=method,
            data=None if document is None else json.dumps(document).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)


def refusal_of(call: Callable[[], object]) -> tuple[str, int]:
    """The error code and HTTP status that a call is refused with."""
    with pytest.raises(ClientError) as caught:
        call()
    response: Any = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


@contextmanager
def cloud_server(directory: Path) -> Generator[CloudServer]:
    """A server that ends with the block, whatever happens in it."""
    port_file = directory / "port"
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox.moto_server", "--port-file", str(port_file)],
        cwd=ROOT,
        env={**os.environ, **RELAYS},
    )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not port_file.exists():
            assert process.poll() is None, "the server ended at start"
            assert time.monotonic() < deadline, "the server does not start"
            time.sleep(0.05)
        yield CloudServer(process.pid, f"http://127.0.0.1:{int(port_file.read_text())}")
        process.terminate()
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()

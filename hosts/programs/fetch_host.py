#!/usr/bin/python3
"""Fetch this host's archive from S3, check it, unpack it, start what is in it. Once in an instance's life.

An archive with another SHA-256 than the user data names, or that would write outside of the root, is refused
in one line, here and in the host's log group: what would send the journal there is in the archive. Ends with
1 and one line until all is done; the service manager starts it again.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import socket
import subprocess
import sys
import tarfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

START_PROGRAM = "usr/local/sbin/start-host"
DONE = "var/lib/fetch-host/done"
PATIENCE = Config(connect_timeout=5, read_timeout=30, retries={"total_max_attempts": 2, "mode": "standard"})


class RefusedError(Exception):
    """What is in the bucket is not what this host's user data names."""


def main() -> int:
    """Try once."""
    place = json.loads(Path(sys.argv[1]).read_text())
    root = Path(sys.argv[2] if len(sys.argv) > 2 else "/")
    try:
        archive = fetch(place)
        unpack(archive, root, place)
        subprocess.run([str(root / START_PROGRAM)], check=True)
    except RefusedError as error:
        print(error, file=sys.stderr)
        tell(place, str(error))
        return 1
    except (BotoCoreError, ClientError) as error:
        print(f"host archive not fetched, trying again: {error}", file=sys.stderr)
        return 1
    except (subprocess.CalledProcessError, OSError) as error:
        print(f"host not started, trying again: {error}", file=sys.stderr)
        return 1
    (root / DONE).parent.mkdir(parents=True, exist_ok=True)
    (root / DONE).touch()
    return 0


def fetch(place: dict[str, str]) -> bytes:
    """The archive, if it is the right one."""
    answer = client("s3", place).get_object(
        Bucket=place["bucket"], Key=place["key"], ExpectedBucketOwner=place["account"]
    )
    archive: bytes = answer["Body"].read()
    found = hashlib.sha256(archive).hexdigest()
    if found != place["sha256"]:
        raise refused(place, f"has SHA-256 {found}, should be {place['sha256']}")
    return archive


def unpack(archive: bytes, root: Path, place: dict[str, str]) -> None:
    """Write the archive's files below the root, or none of them."""
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:") as files:
            for member in files.getmembers():
                below = (root / member.name).resolve().is_relative_to(root.resolve())
                if not below or not (member.isfile() or member.isdir()):
                    raise tarfile.TarError(member.name)
            # Python 3.12 and later ask for a filter; what could do harm was refused already.
            files.extraction_filter = lambda member, _: member
            files.extractall(root)  # noqa: S202
    except tarfile.TarError as error:
        raise refused(place, f"is not one of files below {root}: {error}") from None


def refused(place: dict[str, str], why: str) -> RefusedError:
    """The line about an archive that is not what it should be; the alarm waits for how it begins."""
    return RefusedError(f"host archive refused: s3://{place['bucket']}/{place['key']} {why}")


def tell(place: dict[str, str], line: str) -> None:
    """Write a line to the host's log group, for the alarm; what cannot be told stays in the journal."""
    logs, stream = client("logs", place), f"{socket.gethostname()}-fetch-host"
    group = place["logGroup"]
    with suppress(BotoCoreError, ClientError):
        with suppress(logs.exceptions.ResourceAlreadyExistsException):
            logs.create_log_stream(logGroupName=group, logStreamName=stream)
        event = {"timestamp": int(time.time() * 1000), "message": f"fetch-host: {line}"}
        logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[event])


def client(service: Any, place: dict[str, str]) -> Any:
    """A client with the instance's role."""
    return boto3.client(  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        service,
        region_name=place["region"],
        endpoint_url=os.environ.get("AWS_ENDPOINT_URL"),
        config=PATIENCE,
    )


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/python3
"""Send the journal to a CloudWatch log group, each entry once, from where it left off.

Runs as a service. The place in the journal is saved after each batch that CloudWatch has taken, so that
neither a restart nor an outage loses or repeats more than one batch.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from itertools import groupby, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_logs.type_defs import InputLogEventTypeDef

BATCH_ENTRIES = 1000
MESSAGE_BYTES = 1000
DAY_MILLISECONDS = 86_400_000
"""PutLogEvents takes 10,000 events and 1 MiB at a time, 26 bytes an event included, of 24 hours at most."""

FIELDS = "MESSAGE,SYSLOG_IDENTIFIER,__REALTIME_TIMESTAMP,__CURSOR"


def main() -> None:
    """Ship until stopped."""
    options = arguments()
    logs = boto3.client(  # pyright: ignore[reportUnknownMemberType]
        "logs", region_name=options.region, endpoint_url=os.environ.get("AWS_ENDPOINT_URL")
    )
    while True:
        try:
            ship(logs, options.log_group, options.stream, options.cursor)
        except NoCredentialsError as error:
            # A client that was made without credentials never gets any: the service manager starts another.
            sys.exit(f"ship-journal: {error}")
        except (BotoCoreError, ClientError) as error:
            print(f"ship-journal: {error}", file=sys.stderr)
        if options.once:
            return
        time.sleep(5)


def arguments() -> argparse.Namespace:
    """What the systemd unit says."""
    parser = argparse.ArgumentParser(description="Send the journal to CloudWatch Logs.")
    parser.add_argument("--region", required=True)
    parser.add_argument("--log-group", required=True)
    parser.add_argument("--stream", required=True, help="the log stream, created if missing")
    parser.add_argument("--cursor", type=Path, required=True, help="file that keeps the place in the journal")
    parser.add_argument("--once", action="store_true", help="ship what there is, then stop")
    return parser.parse_args()


def ship(logs: CloudWatchLogsClient, group: str, stream: str, cursor: Path) -> None:
    """Send what the journal has gained, batch by batch."""
    with suppress(logs.exceptions.ResourceAlreadyExistsException):
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
    command = ["journalctl", "--output=json", f"--output-fields={FIELDS}", "--no-pager", "--quiet"]
    if cursor.exists() and (place := cursor.read_text()):
        command.append(f"--after-cursor={place}")
    with subprocess.Popen(command, stdout=subprocess.PIPE) as journal:
        entries = map(json.loads, journal.stdout or ())
        while batch := list(islice(entries, BATCH_ENTRIES)):
            events = sorted(map(event, batch), key=lambda e: e["timestamp"])
            for _, day in groupby(events, key=lambda e: e["timestamp"] // DAY_MILLISECONDS):
                logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=list(day))
            save(cursor, batch[-1]["__CURSOR"])


def event(entry: dict[str, Any]) -> InputLogEventTypeDef:
    """A journal entry as CloudWatch takes it; its message may be bytes, or missing."""
    message = entry.get("MESSAGE") or ""
    text = message if isinstance(message, str) else bytes(message).decode(errors="replace")
    line = f"{entry.get('SYSLOG_IDENTIFIER', 'kernel')}: {text}".encode()[:MESSAGE_BYTES]
    return {
        "timestamp": int(entry["__REALTIME_TIMESTAMP"]) // 1000,
        "message": line.decode(errors="ignore"),
    }


def save(path: Path, text: str) -> None:
    """Replace the file as a whole."""
    temporary = path.with_suffix(".new")
    temporary.write_text(text)
    temporary.replace(path)


if __name__ == "__main__":
    main()

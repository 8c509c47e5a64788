"""What an authority issued, as `aws-vpn access list --json` prints it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from model.errors import AwsVpnError
from operations.report.model import Issued


def issued(file: Path) -> Iterator[Issued]:
    """Every certificate in such a document.

    Raises:
        AwsVpnError: the file is none.
    """
    try:
        document = cast("dict[str, Any]", json.loads(file.read_text("utf-8")))
        for client in document["clients"]:
            yield Issued.model_validate({**client, "stack": document["stack"], "tunnel": document["tunnel"]})
    except (OSError, ValueError, KeyError, TypeError, ValidationError):
        raise AwsVpnError(f"{file} should be what `aws-vpn access list --json` prints") from None

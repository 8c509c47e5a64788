"""A release of the hosts' image that a region does not have: one line, with the key and the value."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components.host_image import debian_image


def test_a_release_that_is_not_there_is_refused_by_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(**_: Any) -> None:
        raise RuntimeError("0 match, one must\nwith more lines")

    monkeypatch.setattr(aws.ec2, "get_ami", nothing)
    parent: Any = None
    with pytest.raises(pulumi.RunError) as refused:
        debian_image("t4g.nano", "19990101-0001", parent)
    text = str(refused.value)
    assert text.startswith("aws-vpn:hostImage = 19990101-0001; should be a release that the region has")
    assert "debian-13-arm64-19990101-0001" in text
    assert "\n" not in text

"""Prices from AWS's price list service: a server on this machine answers in the service's own form."""

from __future__ import annotations

import json
import threading
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from model.prices.price_list import read_price_list
from operations.cost import command

Answers = dict[str, list[dict[str, Any]]]


def offer(usage_type: str, unit: str, *tiers: tuple[str, str, str], **attributes: str) -> dict[str, Any]:
    """A product as GetProducts has it: `tiers` are where each begins and ends, and its price."""
    sku, code = "ABCDEFGH", "JRTCKXETXF"
    return {
        "product": {
            "productFamily": "any",
            "attributes": {"usagetype": usage_type, "servicecode": "any", **attributes},
            "sku": sku,
        },
        "serviceCode": "any",
        "terms": {
            "OnDemand": {
                f"{sku}.{code}": {
                    "priceDimensions": {
                        f"{sku}.{code}.{i}": {
                            "unit": unit,
                            "beginRange": begin,
                            "endRange": end,
                            "description": f"${usd} per unit",
                            "appliesTo": [],
                            "rateCode": f"{sku}.{code}.{i}",
                            "pricePerUnit": {"USD": usd},
                        }
                        for i, (begin, end, usd) in enumerate(tiers)
                    },
                    "sku": sku,
                    "effectiveDate": "2026-11-01T00:00:00Z",
                    "offerTermCode": code,
                    "termAttributes": {},
                }
            }
        },
        "version": "20261101000000",
        "publicationDate": "2026-11-01T00:00:00Z",
    }


OFFERS: Answers = {
    "AmazonVPC": [
        offer("EUW9-VPN-Usage-Hours:ipsec.1", "Hrs", ("0", "Inf", "0.0700000000")),
        offer("EUW9-VPN-large-Usage-Hours:ipsec.1", "Hrs", ("0", "Inf", "0.8000000000")),
        offer("EUW9-PublicIPv4:InUseAddress", "Quarters", ("0", "Inf", "0.0050000000")),
    ],
    "AmazonEC2": [
        offer("EUW9-BoxUsage:t4g.nano", "Hrs", ("0", "Inf", "0.0051000000"), instanceType="t4g.nano"),
        offer("EUW9-UnusedBox:t4g.nano", "Hrs", ("0", "Inf", "0.0001000000"), instanceType="t4g.nano"),
    ],
    "AWSDataTransfer": [
        offer("EUW9-DataTransfer-Out-Bytes", "GB", ("10240", "Inf", "0.07"), ("0", "10240", "0.11")),
    ],
    "awskms": [
        offer("eu-west-9-KMS-Keys", "Keys", ("0", "Inf", "1.0")),
        offer("other-eu-west-9-KMS-Keys", "Keys", ("0", "Inf", "2.0")),
    ],
}


class Service(ThreadingHTTPServer):
    """Answers a page a product, so that the pages have to be followed."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[dict[str, Any]] = []
        self.refuses = False


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        service = self.server
        assert isinstance(service, Service)
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert self.headers["X-Amz-Target"] == "AWSPriceListService.GetProducts"
        service.asked.append(request)
        if service.refuses:
            self._answer(400, {"__type": "AccessDeniedException", "message": "no pricing:GetProducts"})
            return
        offers = OFFERS.get(request["ServiceCode"], [])
        page = int(request.get("NextToken", "0"))
        more = {"NextToken": str(page + 1)} if page + 1 < len(offers) else {}
        listed = [json.dumps(one) for one in offers[page : page + 1]]
        self._answer(200, {"FormatVersion": "aws_v1", "PriceList": listed, **more})

    def _answer(self, status: int, document: dict[str, Any]) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on the test's output."""


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Generator[Service]:
    server = Service()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL_PRICING", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(command, "FOLDER", tmp_path)
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def refresh(*words: str) -> Result:
    return CliRunner().invoke(command.cost, ["refresh", *words], standalone_mode=False)


def test_prices_come_by_usage_type_unit_and_tier(service: Service, tmp_path: Path) -> None:
    done = refresh("--region", "eu-west-9")
    assert done.exception is None, done.exception
    found = read_price_list("eu-west-9", tmp_path)
    prices = {key: [(tier.begins_at, tier.usd) for tier in one.tiers] for key, one in found.prices.items()}
    assert prices == {
        "vpn-connection": [(0, 0.07)],
        "vpn-connection-large": [(0, 0.8)],
        "instance/t4g.nano": [(0, 0.0051)],
        "out-gb": [(0, 0.11), (10240, 0.07)],
    }
    assert "no price of public-ipv4 in eu-west-9" in done.stderr, "by another unit"
    assert "no price of kms-key in eu-west-9" in done.stderr, "two prices for one thing"
    fields = [{one["Field"]: one["Value"] for one in request["Filters"]} for request in service.asked]
    assert all("eu-west-9" in (each.get("regionCode"), each.get("fromRegionCode")) for each in fields)


def test_another_instance_type_is_asked_for(service: Service) -> None:
    refresh("--region", "eu-west-9", "--instance-type", "c7g.medium")
    types = {
        one["Value"]
        for request in service.asked
        for one in request["Filters"]
        if one["Field"] == "instanceType"
    }
    assert "c7g.medium" in types


def test_a_refusal_is_one_line_and_leaves_the_file_alone(service: Service, tmp_path: Path) -> None:
    service.refuses = True
    error = refresh("--region", "eu-west-9").exception
    assert "AWS's price list service:" in str(error)
    assert "no pricing:GetProducts" in str(error)
    assert list(tmp_path.iterdir()) == []

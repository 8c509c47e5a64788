"""Renews a region's prices from AWS's price list service (the Price List Query API's GetProducts)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from typing import Any, cast

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from model.errors import AwsVpnError
from model.prices.price_list import Price, PriceList, Tier
from model.prices.products import Product, Unit, product

ENDPOINT_REGION = "us-east-1"
"""Where the service is; it tells the prices of all regions ("Using the AWS Price List Query API")."""

UNITS: dict[Unit, frozenset[str]] = {
    "hour": frozenset({"hrs", "hours", "hour"}),
    "month": frozenset({"gb-mo", "keys", "secrets", "alarms", "metrics", "dashboards", "month"}),
    "GB": frozenset({"gb", "gigabytes"}),
}
"""How the price list calls the units, in small letters. A price by another unit would mean another sum."""


class RefreshError(AwsVpnError):
    """The price list service could not be asked."""


def refreshed(region: str, keys: Iterable[str]) -> tuple[PriceList, tuple[str, ...]]:
    """The prices of products in a region today, and the keys that the service has no price of.

    Raises:
        RefreshError: it does not answer, or refuses.
    """

    client = cast("Any", boto3).client(
        "pricing",
        region_name=ENDPOINT_REGION,
        config=Config(connect_timeout=10, read_timeout=30, retries={"total_max_attempts": 4}),
    )
    prices: dict[str, Price] = {}
    missing: list[str] = []
    for key in keys:
        wanted = product(key)
        tiers = _tiers(client, region, wanted)
        if tiers:
            prices[key] = Price(tiers=tiers, source=wanted.page)
        else:
            missing.append(key)
    source = "AWS's price list service, GetProducts"
    return PriceList(region=region, date=_today(), source=source, prices=prices), tuple(missing)


def _today() -> date:
    return datetime.now(UTC).date()


def _tiers(client: Any, region: str, wanted: Product) -> tuple[Tier, ...]:
    """The tiers of the one price that the product has; none when there is none, or more than one."""
    found = {tiers for document in _documents(client, region, wanted) if (tiers := _price(document, wanted))}
    return found.pop() if len(found) == 1 else ()


def _documents(client: Any, region: str, wanted: Product) -> Iterator[dict[str, Any]]:
    fields = {wanted.region_attribute: region, **wanted.attributes}
    filters = [{"Type": "TERM_MATCH", "Field": name, "Value": value} for name, value in fields.items()]
    pages = client.get_paginator("get_products").paginate(
        ServiceCode=wanted.service, Filters=filters, FormatVersion="aws_v1"
    )
    try:
        for page in pages:
            for document in page["PriceList"]:
                yield json.loads(document)
    except (BotoCoreError, ClientError) as error:
        raise RefreshError(f"AWS's price list service: {error}") from None


def _price(document: dict[str, Any], wanted: Product) -> tuple[Tier, ...]:
    usage_type = str(document["product"]["attributes"].get("usagetype", ""))
    if usage_type != wanted.usage_type and not usage_type.endswith(f"-{wanted.usage_type}"):
        return ()
    terms = cast("dict[str, Any]", document.get("terms", {}).get("OnDemand", {}))
    dimensions = [each for term in terms.values() for each in term["priceDimensions"].values()]
    if not dimensions or any(each["unit"].lower() not in UNITS[wanted.unit] for each in dimensions):
        return ()
    tiers = [
        Tier(begins_at=float(each["beginRange"]), usd=float(each["pricePerUnit"]["USD"]))
        for each in dimensions
        if "USD" in each["pricePerUnit"]
    ]
    return tuple(sorted(tiers, key=lambda tier: tier.begins_at))

"""The prices of a region, out of the dated file beside this module."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from pydantic import ValidationError

from model.errors import AwsVpnError
from model.prices.products import HOURS, product
from model.strict_model import StrictModel

FOLDER = Path(__file__).parent


class NoPricesError(AwsVpnError):
    """There is no usable file of prices for a region."""


class Tier(StrictModel):
    """What a unit costs from an amount a month on."""

    begins_at: float = 0
    """Units a month."""
    usd: float
    """US dollars a unit."""


class Price(StrictModel):
    """What a product costs."""

    tiers: tuple[Tier, ...]
    """Lowest first; the first begins at nothing."""
    source: str
    """Where AWS publishes it."""

    def of(self, units: float) -> float:
        """What so many units cost, in US dollars."""
        ends = (*(tier.begins_at for tier in self.tiers[1:]), float("inf"))
        return sum(
            tier.usd * max(0.0, min(units, end) - tier.begins_at)
            for tier, end in zip(self.tiers, ends, strict=True)
        )


class PriceList(StrictModel):
    """The prices of a region on a day, by the keys of `products`. What is not in it has no price here."""

    region: str
    date: date
    """The day on which AWS's prices were these."""
    source: str
    """How they came here."""
    prices: dict[str, Price]

    def monthly(self, key: str, count: float) -> float | None:
        """What so many of a product cost in a month, in US dollars; None when it has no price."""
        price = self.prices.get(key)
        return None if price is None else price.of(count * (HOURS if product(key).unit == "hour" else 1))


def file_of(region: str, folder: Path = FOLDER) -> Path:
    """Where the prices of a region are kept."""
    return folder / f"{region}.json"


def regions(folder: Path = FOLDER) -> tuple[str, ...]:
    """The regions that there are prices of."""
    return tuple(sorted(file.stem for file in folder.glob("*.json")))


def read_price_list(region: str, folder: Path = FOLDER) -> PriceList:
    """The prices of a region.

    Raises:
        NoPricesError: there is no file of them, or it is not one.
    """
    file = file_of(region, folder)
    try:
        return PriceList.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        raise NoPricesError(
            f"no prices of {region}, only of {', '.join(regions(folder))};"
            f" aws-vpn cost refresh --region {region} gets them"
        ) from None
    except (OSError, ValidationError):
        raise NoPricesError(
            f"{file} is no list of prices; aws-vpn cost refresh --region {region} writes it anew"
        ) from None


def write_price_list(prices: PriceList, folder: Path = FOLDER) -> Path:
    """Write a region's file anew; returns its path."""
    file = file_of(prices.region, folder)
    head = prices.model_dump(mode="json", by_alias=True, exclude={"prices"})
    lines = [f" {json.dumps(key)}: {json.dumps(value)}," for key, value in head.items()]
    products = [
        f"  {json.dumps(key)}: {json.dumps(price.model_dump(by_alias=True, exclude_defaults=True))}"
        for key, price in sorted(prices.prices.items())
    ]
    text = "\n".join(("{", *lines, ' "prices": {', ",\n".join(products), " }", "}")) + "\n"
    file.write_text(text, encoding="utf-8")
    return file

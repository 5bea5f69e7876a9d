"""Places of a page for new products, so that they are seen before anybody has clicked on them."""

import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime

from aisle.catalog.v1.product_pb2 import Product

from services.recs.domain.candidates import Candidate
from services.recs.domain.scenarios import Exploration

HOUR_S = 3600
LABEL = "explore: new product"


def places(exploration: Exploration, size: int, seed: str) -> list[int]:
    """Indexes of the places on a page that new products get, spread over it.

    The share of a small page is no whole number: chance, fixed by the seed, rounds it up or down.
    """
    exact = exploration.share * size
    count = int(exact) + (chance(seed) < exact % 1)
    return [int((i + 0.5) * size / count) for i in range(count)]


def seed_of(shopper: str, now: datetime) -> str:
    """The same for a shopper within an hour, so that a page that is loaded again looks the same."""
    return f"{shopper} {int(now.timestamp()) // HOUR_S}"


def in_turn(products: Mapping[str, Product], exploration: Exploration, now: datetime, seed: str) -> Sequence[str]:
    """New products in an order that differs from shopper to shopper and hour to hour: all of them get their turn."""
    oldest = now.timestamp() - exploration.max_age_days * 86_400
    new = [item for item, product in products.items() if product.create_time.seconds >= oldest]
    return sorted(new, key=lambda item: chance(f"{seed} {item}"))


def chance(text: str) -> float:
    """A number from 0 to 1 that looks random and depends on the text alone."""
    return zlib.crc32(text.encode()) / 2**32


def candidate(product_id: str, rank: int) -> Candidate:
    """A product that was chosen."""
    return Candidate(product_id, "new_arrivals", rank, 0.0)

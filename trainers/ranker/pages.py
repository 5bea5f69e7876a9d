"""What shoppers were shown, where on the page it stood, and what they opened."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as compute
import pyarrow.parquet as parquet

from trainers.datasets import DataError, Shop
from trainers.datasets.tables import Floats, Ints

SHOWN, OPENED = "impression", "view"
OPENED_WITHIN_S = 1800.0
FEWEST = 2
"""Products of a page that can be compared."""


@dataclass(frozen=True)
class Page:
    """One page, shown to one shopper at one moment."""

    user: int
    """Position in the shop's shoppers."""
    time: float
    items: Ints
    places: Ints
    """1 is the top."""
    opened: Floats
    """1 where the shopper opened the product soon after, else 0."""


def read(file: Path, shop: Shop) -> list[Page]:
    """Reads the pages of an events.parquet in the order of time; those on which nothing was opened say nothing.

    Raises:
        DataError: the file has no kinds, products or positions.
    """
    try:
        table = parquet.read_table(file, columns=["user", "kind", "product", "time", "position"])
    except (OSError, KeyError, ValueError, pa.ArrowException) as error:
        raise DataError(f"{file} has no impressions with positions: {error}") from error
    shown = table.filter(compute.equal(compute.utf8_lower(table["kind"]), SHOWN))
    users = {name: i for i, name in enumerate(shop.events.users)}
    rows: dict[tuple[int, float], list[tuple[int, int]]] = {}
    for name, product, time, place in zip(
        *(shown[column].to_pylist() for column in ("user", "product", "time", "position")), strict=True
    ):
        user = users.get(name if "/" in name else f"users/{name}", -1)
        item = shop.products.index.get(str(product).removeprefix("products/"), -1)
        if user >= 0 and item >= 0 and place:
            rows.setdefault((user, time.timestamp()), []).append((item, int(place)))
    pages = (
        _page(shop, user, time, sorted(entries, key=lambda entry: entry[1])) for (user, time), entries in rows.items()
    )
    return sorted((page for page in pages if page.opened.any()), key=lambda page: page.time)


def _page(shop: Shop, user: int, time: float, entries: list[tuple[int, int]]) -> Page:
    events = shop.events
    own = slice(events.starts[user], events.starts[user + 1])
    soon = (events.time[own] >= time) & (events.time[own] < time + OPENED_WITHIN_S) & events.chosen[own]
    items = np.array([item for item, _ in entries], np.int64)
    opened = np.isin(items, events.item[own][soon]).astype(np.float64)
    opened = opened if len(items) >= FEWEST else np.zeros(len(items))
    return Page(user, time, items, np.array([place for _, place in entries], np.int64), opened)

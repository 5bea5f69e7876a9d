"""What shoppers were shown, where on the page it stood, and what they opened."""

import base64
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as compute
import pyarrow.parquet as parquet

from trainers.datasets import DataError, Shop
from trainers.datasets.tables import Events, Floats, Ints

COLUMNS = ("user", "kind", "product", "time", "position")
REPLY = "attribution_token"
SHOWN = "impression"
OPENED_WITHIN_S = 1800.0
SEARCH = "search"
FEWEST = 2
"""Products of a page that can be compared."""


@dataclass(frozen=True)
class Page:
    """One page, shown to one shopper at one moment."""

    user: int
    """Position in the shop's shoppers."""
    time: float
    """When the first of its products came into sight, in seconds since 1970."""
    items: Ints
    places: Ints
    """1 is the top."""
    opened: Floats
    """1 where the shopper chose the product within half an hour of its coming into sight, else 0."""


@dataclass(frozen=True)
class _Shown:
    """One impression of a page."""

    place: int
    item: int
    time: float


def read(file: Path, shop: Shop) -> list[Page]:
    """Reads the pages of an events.parquet in the order of time; those on which nothing was opened say nothing.

    A page is what one reply showed one shopper. A browser tells of its products one by one, as they come into sight,
    with the reply's attribution token; impressions without one, such as imported ones, are a page when they have one
    time. What search showed is left out: there the words decide.

    Raises:
        DataError: the file has no kinds, products or positions.
    """
    try:
        columns = COLUMNS + ((REPLY,) if REPLY in parquet.read_schema(file).names else ())
        table = parquet.read_table(file, columns=list(columns))
    except (OSError, KeyError, ValueError, pa.ArrowException) as error:
        raise DataError(f"{file} has no impressions with positions: {error}") from error
    shown = table.filter(compute.equal(compute.utf8_lower(table["kind"]), SHOWN))
    users = {name: i for i, name in enumerate(shop.events.users)}
    rows: defaultdict[tuple[int, str | float], list[_Shown]] = defaultdict(list)
    for row in shown.to_pylist():
        name, when = row["user"], row["time"].timestamp()
        user = users.get(name if "/" in name else f"users/{name}", -1)
        item = shop.products.index.get(str(row["product"]).removeprefix("products/"), -1)
        reply = row.get(REPLY) or ""
        if user >= 0 and item >= 0 and row["position"] and not _of_search(reply):
            rows[user, reply or when].append(_Shown(int(row["position"]), item, when))
    pages = (_page(shop, user, _once(impressions)) for (user, _), impressions in rows.items())
    return sorted((page for page in pages if page is not None), key=lambda page: page.time)


@lru_cache(maxsize=1024)
def _of_search(token: str) -> bool:
    """Whether a reply of search has shown it, in the order of what was typed: tokens begin with the scenario."""
    body = token.partition(".")[0]
    try:
        return bool(json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))[0] == SEARCH)
    except (ValueError, LookupError, TypeError):
        return False


def _once(impressions: Sequence[_Shown]) -> list[_Shown]:
    """Each product as it was shown first, from the top: a page that is loaded again tells of the same ones."""
    first: dict[int, _Shown] = {}
    for shown in sorted(impressions, key=lambda shown: shown.time):
        first.setdefault(shown.item, shown)
    return sorted(first.values(), key=lambda shown: shown.place)


def _page(shop: Shop, user: int, impressions: Sequence[_Shown]) -> Page | None:
    """The page; None where nothing can be compared, or two products at one place say that it is none."""
    items = np.array([shown.item for shown in impressions], np.int64)
    places = np.array([shown.place for shown in impressions], np.int64)
    times = np.array([shown.time for shown in impressions])
    if len(items) < FEWEST or len(np.unique(places)) < len(places):
        return None
    opened = _opened(shop.events, user, items, times)
    return Page(user, float(times.min()), items, places, opened) if opened.any() else None


def _opened(events: Events, user: int, items: Ints, times: Floats) -> Floats:
    """1 for what was chosen after the page was there, and soon after the product came into sight."""
    start, end = events.starts[user], events.starts[user + 1]
    first, last = start + np.searchsorted(events.time[start:end], [times.min(), times.max() + OPENED_WITHIN_S])
    soon = slice(first, last)
    same = (events.item[soon] == items[:, None]) & events.chosen[soon]
    opened: Floats = (same & (events.time[soon] < times[:, None] + OPENED_WITHIN_S)).any(1).astype(np.float64)
    return opened

"""What shoppers were shown, where on the page it stood, and what they opened."""

import base64
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

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
    """1 where the shopper chose the product within half an hour of its coming into sight, else 0. A choice that names
    the reply it came of counts for that page alone."""


@dataclass(frozen=True)
class _Shown:
    """One impression of a page."""

    place: int
    item: int
    time: float


Choice = tuple[int, int, int]
"""Shopper, product, and when in microseconds since 1970."""


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
    shown = compute.equal(compute.utf8_lower(table["kind"]), SHOWN)
    replies = _replies(table.filter(compute.invert(shown)), shop)
    rows: defaultdict[tuple[int, str, float], list[_Shown]] = defaultdict(list)
    for user, item, row in _known(table.filter(shown), shop):
        reply, when = row.get(REPLY) or "", row["time"].timestamp()
        if row["position"] and not _of_search(reply):
            rows[user, reply, 0.0 if reply else when].append(_Shown(int(row["position"]), item, when))
    pages = (_page(shop, user, reply, _once(found), replies) for (user, reply, _), found in rows.items())
    return sorted((page for page in pages if page is not None), key=lambda page: page.time)


def _known(table: pa.Table, shop: Shop) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """Rows with the positions of their shopper and product; those of others are left out."""
    users = {name: i for i, name in enumerate(shop.events.users)}
    for row in table.to_pylist():
        name = row["user"]
        user = users.get(name if "/" in name else f"users/{name}", -1)
        item = shop.products.index.get(str(row["product"]).removeprefix("products/"), -1)
        if user >= 0 and item >= 0:
            yield user, item, row


def _replies(table: pa.Table, shop: Shop) -> dict[Choice, str]:
    """The replies that choices came of, as far as they name them."""
    if REPLY not in table.column_names:
        return {}
    telling = table.filter(compute.not_equal(compute.fill_null(table[REPLY], ""), ""))
    return {(user, item, _micros(row["time"].timestamp())): row[REPLY] for user, item, row in _known(telling, shop)}


def _micros(seconds: float) -> int:
    return round(seconds * 1e6)


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


def _page(
    shop: Shop, user: int, reply: str, impressions: Sequence[_Shown], replies: Mapping[Choice, str]
) -> Page | None:
    """The page; None where nothing can be compared, or two products at one place say that it is none."""
    items = np.array([shown.item for shown in impressions], np.int64)
    places = np.array([shown.place for shown in impressions], np.int64)
    times = np.array([shown.time for shown in impressions])
    if len(items) < FEWEST or len(np.unique(places)) < len(places):
        return None
    chosen, when = _choices(shop.events, user, times)
    named = np.array(
        [replies.get((user, int(item), _micros(time)), "") for item, time in zip(chosen, when, strict=True)], np.str_
    )
    unnamed, here = named == "", named == reply
    # A choice that names its reply came of this page, also where its card is told of later: it was half in sight.
    begun = np.full(len(times), times.min())
    opened = np.maximum(
        _opened(items, times, times, chosen[unnamed], when[unnamed]),
        _opened(items, begun, times, chosen[here], when[here]),
    )
    return Page(user, float(times.min()), items, places, opened) if opened.any() else None


def _choices(events: Events, user: int, times: Floats) -> tuple[Ints, Floats]:
    """Products and times of what the shopper chose from when the page was there until half an hour after its end."""
    start, end = events.starts[user], events.starts[user + 1]
    first, last = start + np.searchsorted(events.time[start:end], [times.min(), times.max() + OPENED_WITHIN_S])
    chosen = events.chosen[first:last]
    return events.item[first:last][chosen], events.time[first:last][chosen]


def _opened(items: Ints, since: Floats, times: Floats, chosen: Ints, when: Floats) -> Floats:
    """1 for what was chosen from the moment on, and soon after the product came into sight."""
    soon = (when >= since[:, None]) & (when < times[:, None] + OPENED_WITHIN_S)
    opened: Floats = ((chosen == items[:, None]) & soon).any(1).astype(np.float64)
    return opened

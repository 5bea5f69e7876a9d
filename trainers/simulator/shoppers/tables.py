"""Writes what shoppers did in Aisle's own format, and beside it the truth: events are streamed, memory stays small."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet

from trainers.simulator.shoppers import reviews
from trainers.simulator.shoppers.items import Items
from trainers.simulator.shoppers.sessions import History, behave
from trainers.simulator.shoppers.tastes import Shopper, make_shopper

TIME = pa.timestamp("us", tz="UTC")
EVENTS = pa.schema(
    [("event_id", pa.string()), ("user", pa.string()), ("kind", pa.string()), ("product", pa.string()), ("time", TIME),
     ("rating", pa.int32()), ("query", pa.string()), ("position", pa.int32()), ("quantity", pa.int32())]
)  # fmt: skip
REVIEWS = pa.schema(
    [("id", pa.string()), ("product", pa.string()), ("user", pa.string()), ("user_name", pa.string()),
     ("rating", pa.int32()), ("title", pa.string()), ("text", pa.string()), ("time", TIME)]
)  # fmt: skip
USERS = pa.schema(
    [
        ("id", pa.string()),
        ("email", pa.string()),
        ("display_name", pa.string()),
        ("preferred_categories", pa.list_(pa.string())),
    ]
)
TASTES = pa.schema(
    [("user", pa.string()), ("since", TIME), ("leaves", pa.list_(pa.string())), ("weights", pa.list_(pa.float64())),
     ("brands", pa.list_(pa.string())), ("price_level", pa.float64()), ("likes", pa.list_(pa.string())),
     ("dislikes", pa.list_(pa.string()))]
)  # fmt: skip
BROWSES = pa.schema(
    [("user", pa.string()), ("start", TIME), ("end", TIME), ("leaf", pa.string()), ("goes_with", pa.string())]
)
ONBOARDED = 0.6
"""Share of shoppers who say which categories they like; mostly the truth."""
MAIL = "shoppers.example"
"""Names below .example never reach anybody (RFC 2606)."""
BUFFER = 50_000
TRUTH = "truth"


class _Table:
    """A Parquet file that is written as rows come."""

    def __init__(self, file: Path, schema: pa.Schema) -> None:
        self._schema = schema
        self._writer = parquet.ParquetWriter(file, schema)
        self._rows: list[dict[str, Any]] = []
        self.count = 0

    def add(self, **row: Any) -> None:
        self._rows.append(row)
        self.count += 1
        if len(self._rows) >= BUFFER:
            self._flush()

    def _flush(self) -> None:
        self._writer.write_table(pa.Table.from_pylist(self._rows, self._schema))
        self._rows.clear()

    def close(self) -> None:
        self._flush()
        self._writer.close()


def write_behaviour(
    items: Items,
    folder: Path,
    shoppers: int,
    seed: int,
    start: float,
    until: float,
    prefix: str,
    tick: Callable[[], None] = lambda: None,
) -> dict[str, int]:
    """Simulates shoppers one after the other and writes events, reviews, users and the truth.

    Returns:
        How many rows each table has.
    """
    (folder / TRUTH).mkdir(parents=True, exist_ok=True)
    tables = {
        "events": _Table(folder / "events.parquet", EVENTS),
        "reviews": _Table(folder / "reviews.parquet", REVIEWS),
        "users": _Table(folder / "users.parquet", USERS),
        "tastes": _Table(folder / TRUTH / "tastes.parquet", TASTES),
        "browses": _Table(folder / TRUTH / "browses.parquet", BROWSES),
    }
    for number in range(1, shoppers + 1):
        shopper = make_shopper(number, items, seed, start, until, prefix)
        history = behave(shopper, number, items, seed, start, until)
        _write_shopper(tables, seed, shopper, history, items, np.random.default_rng([seed, 5, number]))
        tick()
    for table in tables.values():
        table.close()
    _write_items(items, folder / TRUTH)
    return {name: table.count for name, table in tables.items()}


def _write_shopper(
    tables: dict[str, _Table],
    seed: int,
    shopper: Shopper,
    history: History,
    items: Items,
    random: np.random.Generator,
) -> None:
    name = reviews.name(random)
    tables["users"].add(
        id=shopper.id,
        email=f"{shopper.id}@{MAIL}",
        display_name=name,
        preferred_categories=_stated(shopper, items, random),
    )
    for number, act in enumerate(history.acts):
        tables["events"].add(
            event_id=f"{seed}:{shopper.id}:{number}",
            user=shopper.id,
            kind=act.kind,
            product=items.ids[act.item] if act.item >= 0 else None,
            time=_micros(act.time),
            rating=act.rating or None,
            query=act.query or None,
            position=act.position or None,
            quantity=act.quantity or None,
        )
    for number, opinion in enumerate(history.opinions):
        words = reviews.word(opinion.rating, opinion.item, items, shopper.taste(opinion.time), random)
        tables["reviews"].add(
            id=f"{shopper.id}-{number:04d}",
            product=items.ids[opinion.item],
            user=shopper.id,
            user_name=name,
            rating=opinion.rating,
            title=words.title,
            text=words.text,
            time=_micros(opinion.time),
        )
    _write_truth(tables, shopper, history, items)


def _stated(shopper: Shopper, items: Items, random: np.random.Generator) -> list[str]:
    """What a shopper says at the first visit: the two leaves wanted most, sometimes one by mistake."""
    if random.random() >= ONBOARDED:
        return []
    said = shopper.tastes[0].leaves[:2].tolist()
    if random.random() < 0.2:
        said[-1] = int(random.integers(len(items.leaves)))
    return [items.leaves[leaf][-1] for leaf in dict.fromkeys(said) if items.leaves[leaf] != ("all",)]


def _write_truth(tables: dict[str, _Table], shopper: Shopper, history: History, items: Items) -> None:
    for taste in shopper.tastes:
        tables["tastes"].add(
            user=shopper.id,
            since=_micros(taste.since) if np.isfinite(taste.since) else None,
            leaves=[items.leaves[leaf][-1] for leaf in taste.leaves],
            weights=taste.weights.tolist(),
            brands=[items.brands[brand] for brand in taste.brands],
            price_level=taste.level,
            likes=[items.attributes[value] for value in taste.likes],
            dislikes=[items.attributes[value] for value in taste.dislikes],
        )
    for browse in history.browses:
        tables["browses"].add(
            user=shopper.id,
            start=_micros(browse.start),
            end=_micros(browse.end),
            leaf=items.leaves[browse.leaf][-1],
            goes_with=items.ids[browse.partner] if browse.partner >= 0 else None,
        )


def _write_items(items: Items, folder: Path) -> None:
    """What was planted in the catalogue."""
    peaks = [_micros(peak) if np.isfinite(peak) else None for peak in items.peak.tolist()]
    launches = [_micros(moment) if np.isfinite(moment) else None for moment in items.launch.tolist()]
    table = pa.table(
        {
            "id": list(items.ids),
            "leaf": [items.leaves[leaf][-1] for leaf in items.leaf],
            "brand": [items.brands[brand] for brand in items.brand],
            "quality": items.quality,
            "price_level": items.level,
            "values": [[items.attributes[v] for v in row if v >= 0] for row in items.values.tolist()],
            "fashion_peak": pa.array(peaks, TIME),
            "launch": pa.array(launches, TIME),
        }
    )
    parquet.write_table(table, folder / "items.parquet")
    leaves = {
        path[-1]: {
            "season_day": round(float(items.season[place]), 3),
            "goes_with": [items.leaves[other][-1] for other in items.partner[place]],
        }
        for place, path in enumerate(items.leaves)
    }
    (folder / "leaves.json").write_text(json.dumps(leaves, indent=1) + "\n", encoding="utf-8")


def _micros(time: float) -> int:
    return round(time * 1e6)

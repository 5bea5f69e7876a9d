"""A log of events and the views that are made from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
from rich.console import Console
from sqlalchemy.ext.asyncio import AsyncEngine

from services.recs.adapters.events import PostgresEvents
from services.recs.domain.events import HISTORY_KINDS, Event, Kind
from services.recs.features.app import Batch
from services.recs.features.definitions import TIME, View
from services.recs.features.monitor import Report
from services.recs.features.repository import Repository
from services.recs.features.settings import BatchSettings
from tests.integration.recs.test_statistics import NOON
from trainers.datasets import KINDS, Products, Shop
from trainers.datasets.tables import make_events

PRODUCTS = [f"p{i}" for i in range(30)]
SECOND = timedelta(seconds=1)


@dataclass
class Log:
    """A log of events, the feature store's repository, and the batch work between them."""

    engine: AsyncEngine
    settings: BatchSettings
    written: Sequence[Event] = ()

    @property
    def repository(self) -> Repository:
        return Repository(self.settings.feast_repo)

    async def write(self, events: Sequence[Event]) -> None:
        """Adds events."""
        await PostgresEvents(self.engine).write(events)
        self.written = [*self.written, *events]

    async def build(self) -> Report:
        """Writes the files."""
        async with Batch(self.settings, Console(quiet=True)) as batch:
            return await batch.build()

    def rows(self, view: View) -> list[dict[str, object]]:
        """A view's file."""
        return list(parquet.read_table(view.file(self.settings.feast_repo)).to_pylist())

    def last(self, view: View) -> dict[object, dict[str, object]]:
        """The last row of each shopper or product."""
        return {row[view.entity]: row for row in sorted(self.rows(view), key=lambda row: str(row[TIME]))}

    def plant(self, view: View, rows: Sequence[dict[str, object]]) -> None:
        """Adds rows to a view's file that no batch would write."""
        table = pa.Table.from_pylist([*self.rows(view), *rows], view.schema)
        parquet.write_table(table, view.file(self.settings.feast_repo))


def some_events(shoppers: int = 12, each: int = 70, seed: int = 3) -> list[Event]:
    """More than a history holds, of every kind, some in the same moment; times to the microsecond."""
    random = np.random.default_rng(seed)
    found = []
    for shopper in range(shoppers):
        time = NOON
        for number in range(each):
            time += timedelta(microseconds=int(random.exponential(3e9))) * int(random.random() > 0.1)
            kind = Kind(int(random.choice([int(kind) for kind in HISTORY_KINDS])))
            item = PRODUCTS[int(random.integers(len(PRODUCTS)))]
            rating = 4 if kind is Kind.RATE else 0
            found.append(Event(f"users/u{shopper}", f"e{number}", kind, item, time, rating))
    return found


def shop_of(events: Sequence[Event]) -> Shop:
    """The same log as the trainers extract it."""
    blank = [""] * len(PRODUCTS)
    products = Products(PRODUCTS, blank, [()] * len(PRODUCTS), blank, np.ones(len(PRODUCTS)), [{}] * len(PRODUCTS))
    ordered = sorted(events, key=lambda event: event.event_time)
    return Shop(
        "log",
        products,
        make_events(
            products,
            [event.shopper for event in ordered],
            [event.product_id for event in ordered],
            np.array([KINDS[event.kind.name] for event in ordered]),
            np.array([event.event_time.timestamp() for event in ordered]),
        ),
        {},
    )

"""What the views are made from, read from PostgreSQL in the order that they need."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.recs.features.definitions import PRODUCT, SHOPPER, TIME
from services.recs.features.rows import Row, histories, statistics

AT_ONCE = 5_000
"""Rows that PostgreSQL sends at a time."""
# The conditions on `kind` are those of the partial indexes, whose order is asked for.
BY_SHOPPER = text("""
    SELECT shopper, product_id, kind, event_time FROM user_events
    WHERE kind <= 6 ORDER BY shopper, event_time, sequence
""")
BY_PRODUCT = text("""
    SELECT shopper, product_id, kind, event_time FROM user_events
    WHERE kind <= 3 ORDER BY product_id, event_time, sequence
""")
ATTRIBUTES = text("SELECT * FROM item_attributes ORDER BY product_id, since")
PROFILES = text("SELECT * FROM profile_changes ORDER BY shopper, change_time")


class FeatureLog:
    """Rows of the views, in groups that hold all of a shopper or a product."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def histories(self) -> AsyncIterator[Sequence[Row]]:
        """Of `shopper_history`."""
        async for events in self._whole(BY_SHOPPER, "shopper"):
            yield list(histories(events))

    async def statistics(self) -> AsyncIterator[Sequence[Row]]:
        """Of `item_statistics`."""
        async for events in self._whole(BY_PRODUCT, "product_id"):
            yield list(statistics(events))

    async def attributes(self) -> AsyncIterator[Sequence[Row]]:
        """Of `item_attributes`."""
        async for rows in self._parts(ATTRIBUTES):
            yield [_named(row, PRODUCT, "since") for row in rows]

    async def profiles(self) -> AsyncIterator[Sequence[Row]]:
        """Of `shopper_profile`."""
        async for rows in self._parts(PROFILES):
            yield [_named(row, SHOPPER, "change_time") for row in rows]

    async def size(self) -> int:
        """How many rows there will be, roughly: for a progress bar."""
        counted = text("SELECT count(*) FROM user_events WHERE kind <= 6")
        async with self._engine.connect() as connection:
            return int((await connection.execute(counted)).scalar_one())

    async def _whole(self, statement: TextClause, entity: str) -> AsyncIterator[list[Any]]:
        """Parts that end where an entity does."""
        held: list[Any] = []
        async for part in self._parts(statement):
            held += part
            last = getattr(held[-1], entity)
            cut = len(held)
            while cut and getattr(held[cut - 1], entity) == last:
                cut -= 1
            if cut:
                yield held[:cut]
                held = held[cut:]
        if held:
            yield held

    async def _parts(self, statement: TextClause) -> AsyncIterator[Sequence[Any]]:
        async with self._engine.connect() as connection:
            options = {"yield_per": AT_ONCE}
            async with connection.stream(statement, execution_options=options) as rows:
                async for part in rows.partitions():
                    yield part


def _named(row: Any, entity: str, time: str) -> Row:
    values = dict(row._mapping)
    values[TIME] = values.pop(time)
    values[entity] = values.pop("product_id" if entity == PRODUCT else "shopper")
    return values

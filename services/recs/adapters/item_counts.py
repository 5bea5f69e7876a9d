"""Fading counts of products, from the log of events."""

from collections.abc import Set

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.kit import changes
from services.recs.adapters.tables import user_events
from services.recs.features.decay import COUNTED, FORGOTTEN, HALF_LIFE
from services.recs.worker.item_counter import ItemCounts

COUNTS = ", ".join(
    f"coalesce(sum(weight) FILTER (WHERE kind = {int(kind)}), 0) AS {name}" for kind, name in COUNTED.items()
)
# The condition on `kind` is that of the partial index, which finds each product's newest event at once.
COUNT = text(f"""
    SELECT wanted.product_id, newest.time AS as_of, counted.*
    FROM unnest(CAST(:products AS text[])) AS wanted (product_id)
    JOIN LATERAL (
        SELECT event_time AS time FROM user_events
        WHERE user_events.product_id = wanted.product_id AND kind <= 3
        ORDER BY event_time DESC LIMIT 1
    ) AS newest ON TRUE
    CROSS JOIN LATERAL (
        SELECT {COUNTS}
        FROM (
            SELECT kind, power(0.5, extract(epoch FROM newest.time - event_time) / CAST(:half_life_s AS float8))
                   AS weight
            FROM user_events
            WHERE user_events.product_id = wanted.product_id AND kind <= 3
              AND event_time > newest.time - CAST(:span AS interval)
        ) AS weighed
    ) AS counted
""")  # noqa: S608


class PostgresItemCounts:
    """services.recs.worker.item_counter.CountedItems."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def after(self, cursor: str, limit: int) -> tuple[set[str], str, int]:
        rows = changes.safe_changes(user_events, cursor, limit).subquery()
        async with self._engine.connect() as connection:
            statement = select(rows.c.product_id, rows.c.kind, rows.c._transaction, rows.c._sequence)
            found = (await connection.execute(statement)).all()
        products = {row.product_id for row in found if row.kind in COUNTED}
        return products, changes.cursor_of(found[-1]) if found else cursor, len(found)

    async def counts(self, products: Set[str]) -> list[ItemCounts]:
        values = {"products": sorted(products), "half_life_s": HALF_LIFE.total_seconds(), "span": FORGOTTEN}
        async with self._engine.connect() as connection:
            rows = await connection.execute(COUNT, values)
            return [
                ItemCounts(row.product_id, {name: float(getattr(row, name)) for name in COUNTED.values()}, row.as_of)
                for row in rows
            ]

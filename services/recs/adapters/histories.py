"""Shoppers' histories, computed from the log of events."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.recs.domain.shopper import BOUGHT_LENGTH, HISTORY_LENGTH, NOBODY, Interaction, Shopper

# The newest by index, a shopper at a time. In `verdicts` the newest word on a product comes first: who likes a
# product again no longer dislikes it. The conditions on `kind` are those of the partial indexes.
READ = text(f"""
    SELECT wanted.shopper, history.products, history.kinds, history.times, verdicts.products AS judged,
           verdicts.kinds AS verdicts, profiles.preferred_categories
    FROM unnest(CAST(:shoppers AS text[])) AS wanted (shopper)
    LEFT JOIN profiles ON profiles.shopper = wanted.shopper
    CROSS JOIN LATERAL (
        SELECT array_agg(product_id ORDER BY event_time, sequence) AS products,
               array_agg(kind ORDER BY event_time, sequence) AS kinds,
               array_agg((extract(epoch FROM event_time) * 1000)::bigint ORDER BY event_time, sequence) AS times
        FROM (
            SELECT product_id, kind, event_time, sequence FROM user_events
            WHERE user_events.shopper = wanted.shopper AND kind <= 6
            ORDER BY event_time DESC, sequence DESC LIMIT {HISTORY_LENGTH}
        ) AS newest
    ) AS history
    CROSS JOIN LATERAL (
        SELECT array_agg(product_id ORDER BY event_time DESC, sequence DESC) AS products,
               array_agg(kind ORDER BY event_time DESC, sequence DESC) AS kinds
        FROM (
            SELECT product_id, kind, event_time, sequence FROM user_events
            WHERE user_events.shopper = wanted.shopper AND kind IN (3, 4, 5)
            ORDER BY event_time DESC, sequence DESC LIMIT {BOUGHT_LENGTH}
        ) AS newest
    ) AS verdicts
""")  # noqa: S608


class PostgresHistories:
    """services.recs.ports.Histories."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def read(self, shopper: str) -> Shopper:
        return (await self.read_many([shopper])).get(shopper, NOBODY)

    async def read_many(self, shoppers: Collection[str]) -> dict[str, Shopper]:
        async with self._engine.connect() as connection:
            rows = await connection.execute(READ, {"shoppers": list(shoppers)})
            return {row.shopper: _shopper(row) for row in rows}


def _shopper(row: Any) -> Shopper:
    events = zip(row.products or (), row.kinds or (), row.times or (), strict=True)
    bought, disliked, liked = set[str](), set[str](), set[str]()
    for product_id, kind in zip(row.judged or (), row.verdicts or (), strict=True):
        if kind == 3:
            bought.add(product_id)
        elif product_id not in liked and product_id not in disliked:
            (liked if kind == 4 else disliked).add(product_id)
    return Shopper(
        history=tuple(Interaction(*event) for event in events),
        bought=frozenset(bought),
        disliked=frozenset(disliked),
        preferred_categories=tuple(row.preferred_categories or ()),
    )

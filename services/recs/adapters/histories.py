"""Shoppers' histories, computed from the log of events."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.recs.domain.shopper import (
    BOUGHT_LENGTH,
    HISTORY_LENGTH,
    LOOKED_THROUGH,
    NOBODY,
    Interaction,
    Shopper,
)

NEWEST = f"""
    SELECT DISTINCT ON (product_id) product_id, event_time, sequence
    FROM (
        SELECT product_id, event_time, sequence FROM user_events
        WHERE user_events.shopper = wanted.shopper AND kind = {{kind}}
        ORDER BY event_time DESC, sequence DESC LIMIT {LOOKED_THROUGH}
    ) AS events
    ORDER BY product_id, event_time DESC, sequence DESC
"""  # noqa: S608
# The newest by index, a shopper at a time. Who likes a product again no longer dislikes it: that is looked up by
# product, so that likes cost nothing however many there are. The conditions on `kind` are those of the partial indexes.
READ = text(f"""
    SELECT wanted.shopper, history.products, history.kinds, history.times, bought.products AS bought,
           disliked.products AS disliked, profiles.preferred_categories
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
        SELECT array_agg(product_id) AS products
        FROM (
            SELECT product_id FROM ({NEWEST.format(kind=3)}) AS newest
            ORDER BY event_time DESC, sequence DESC LIMIT {BOUGHT_LENGTH}
        ) AS kept
    ) AS bought
    CROSS JOIN LATERAL (
        SELECT array_agg(product_id) AS products
        FROM (
            SELECT newest.product_id FROM ({NEWEST.format(kind=5)}) AS newest
            LEFT JOIN LATERAL (
                SELECT event_time, sequence FROM user_events
                WHERE user_events.shopper = wanted.shopper AND kind = 4 AND product_id = newest.product_id
                ORDER BY event_time DESC, sequence DESC LIMIT 1
            ) AS liked ON true
            WHERE (liked.event_time, liked.sequence) < (newest.event_time, newest.sequence) OR liked.sequence IS NULL
            ORDER BY newest.event_time DESC, newest.sequence DESC LIMIT {BOUGHT_LENGTH}
        ) AS kept
    ) AS disliked
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
    return Shopper(
        history=tuple(Interaction(*event) for event in events),
        bought=frozenset(row.bought or ()),
        disliked=frozenset(row.disliked or ()),
        preferred_categories=tuple(row.preferred_categories or ()),
    )

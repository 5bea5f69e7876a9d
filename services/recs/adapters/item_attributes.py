"""What was known of products when, in the recs database."""

import json
from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.kit.database import UnitOfWork
from services.recs.worker.item_follower import KnownItem

# A product's first row counts from its creation; a later one is written only where something differs from the newest.
RECORD = text("""
    WITH given AS (
        SELECT product_id, create_time, change_time, title, brand, price, currency,
               ARRAY(SELECT jsonb_array_elements_text(category_ids)) AS category_ids,
               ARRAY(SELECT jsonb_array_elements_text(attributes)) AS attributes
        FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS row (
            product_id text, create_time timestamptz, change_time timestamptz, title text, brand text,
            price float8, currency text, category_ids jsonb, attributes jsonb
        )
    )
    INSERT INTO item_attributes (product_id, since, title, category_ids, brand, price, currency, attributes)
    SELECT given.product_id, CASE WHEN newest.product_id IS NULL THEN given.create_time ELSE given.change_time END,
           given.title, given.category_ids, given.brand, given.price, given.currency, given.attributes
    FROM given LEFT JOIN LATERAL (
        SELECT * FROM item_attributes AS kept WHERE kept.product_id = given.product_id ORDER BY since DESC LIMIT 1
    ) AS newest ON TRUE
    WHERE newest.product_id IS NULL
       OR (newest.since < given.change_time
           AND (newest.title, newest.category_ids, newest.brand, newest.price, newest.currency, newest.attributes)
               IS DISTINCT FROM
               (given.title, given.category_ids, given.brand, given.price, given.currency, given.attributes))
    ON CONFLICT (product_id, since) DO NOTHING
""")


class PostgresItemAttributes:
    """services.recs.worker.item_follower.Attributes."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def record(self, items: Sequence[KnownItem]) -> None:
        rows = [
            {
                "product_id": item.facts.product_id,
                "create_time": item.create_time.isoformat(),
                "change_time": item.change_time.isoformat(),
                "title": item.facts.title,
                "brand": item.facts.brand,
                "price": item.facts.price,
                "currency": item.facts.currency,
                "category_ids": list(item.facts.category_ids),
                "attributes": item.attributes,
            }
            for item in items
        ]
        async with UnitOfWork(self._engine) as connection:
            await connection.execute(RECORD, {"rows": json.dumps(rows)})

"""The categories of products, in the recs database."""

from collections.abc import Mapping

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from services.kit.database import UnitOfWork
from services.recs.adapters.tables import product_categories


class PostgresCategories:
    """services.recs.worker.category_follower.Categories."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def put(self, categories: Mapping[str, tuple[str, ...] | None]) -> None:
        kept = [{"product_id": item, "category_ids": list(path)} for item, path in categories.items() if path]
        gone = [item for item, path in categories.items() if not path]
        async with UnitOfWork(self._engine) as connection:
            if kept:
                statement = insert(product_categories)
                values = {"category_ids": statement.excluded.category_ids}
                await connection.execute(
                    statement.on_conflict_do_update(index_elements=["product_id"], set_=values), kept
                )
            if gone:
                await connection.execute(delete(product_categories).where(product_categories.c.product_id.in_(gone)))

"""What shoppers searched for, in PostgreSQL: own searches, and what many search for."""

from collections.abc import Collection

from sqlalchemy import bindparam, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.kit.database import UnitOfWork
from services.search.adapters.tables import popular_queries, shopper_queries

MOST_OWN = 100
"""Searches of a shopper that are kept."""
MOST_POPULAR = 5000
WRITE = text("""
    INSERT INTO shopper_queries (shopper, query, typed)
    SELECT * FROM unnest(CAST(:shoppers AS text[]), CAST(:queries AS text[]), CAST(:typed AS text[]))
    ON CONFLICT (shopper, query) DO UPDATE SET typed = excluded.typed, search_time = now()
""")
OWN = (
    select(shopper_queries.c.typed)
    .where(shopper_queries.c.shopper == bindparam("shopper"))
    .order_by(shopper_queries.c.search_time.desc())
    .limit(bindparam("most"))
)
# A query that few people typed may hold what they would not want to be read by others.
COUNT = text("""
    INSERT INTO popular_queries (query, shoppers)
    SELECT query, count(*) FROM shopper_queries
    WHERE search_time > now() - make_interval(days => :window)
    GROUP BY query HAVING count(*) >= :least ORDER BY count(*) DESC, query LIMIT :most
""")
TRIM = text("""
    DELETE FROM shopper_queries USING (
        SELECT shopper, query FROM (
            SELECT shopper, query, row_number() OVER (PARTITION BY shopper ORDER BY search_time DESC) AS place
            FROM shopper_queries
        ) AS placed WHERE place > :most
    ) AS old WHERE shopper_queries.shopper = old.shopper AND shopper_queries.query = old.query
""")


class PostgresQueries:
    """services.search.ports.Queries."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def remember(self, searches: Collection[tuple[str, str, str]]) -> None:
        # In one order, so that two replicas that write the same rows do not wait for each other.
        latest = sorted({(shopper, query): typed for shopper, query, typed in searches}.items())
        values = {
            "shoppers": [shopper for (shopper, _), _ in latest],
            "queries": [query for (_, query), _ in latest],
            "typed": [typed for _, typed in latest],
        }
        async with UnitOfWork(self._engine) as connection:
            await connection.execute(WRITE, values)

    async def own(self, shopper: str, limit: int) -> list[str]:
        async with self._engine.connect() as connection:
            return list((await connection.execute(OWN, {"shopper": shopper, "most": limit})).scalars())

    async def popular(self) -> list[str]:
        order = (popular_queries.c.shoppers.desc(), popular_queries.c.query)
        async with self._engine.connect() as connection:
            return list((await connection.execute(select(popular_queries.c.query).order_by(*order))).scalars())

    async def count(self, window_days: int, least: int) -> None:
        values = {"window": window_days, "least": least, "most": MOST_POPULAR}
        async with UnitOfWork(self._engine) as connection:
            await connection.execute(text("DELETE FROM popular_queries"))
            await connection.execute(COUNT, values)
            await connection.execute(TRIM, {"most": MOST_OWN})

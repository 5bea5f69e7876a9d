"""What shoppers searched for, in PostgreSQL: own searches, and what many search for."""

from collections.abc import Collection

from sqlalchemy import bindparam, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.kit.database import UnitOfWork
from services.search.adapters.tables import popular_queries, shopper_queries

MOST_OWN = 100
"""Searches of a shopper that are kept."""
MOST_POPULAR = 5000
# Accounts that change meanwhile wait, and the next writer sees that they did.
HOLD = text("LOCK TABLE former_shoppers IN SHARE MODE")
# Whoever logged in or was erased since the search is a former shopper. In one order, so that two replicas that write
# the same rows do not wait for each other.
WRITE = text("""
    WITH waiting AS (
        SELECT coalesce(account, searched.shopper) AS shopper, query, typed, place
        FROM unnest(CAST(:shoppers AS text[]), CAST(:queries AS text[]), CAST(:typed AS text[]))
            WITH ORDINALITY AS searched (shopper, query, typed, place)
        LEFT JOIN former_shoppers AS former ON former.shopper = searched.shopper
    )
    INSERT INTO shopper_queries (shopper, query, typed, search_time)
    -- Those of one statement have one time; a microsecond each keeps their order.
    SELECT DISTINCT ON (shopper, query) shopper, query, typed, now() + place * interval '1 microsecond' FROM waiting
    WHERE NOT EXISTS (SELECT FROM former_shoppers AS former WHERE former.shopper = waiting.shopper)
    ORDER BY shopper, query, place DESC
    ON CONFLICT (shopper, query) DO UPDATE SET typed = excluded.typed, search_time = excluded.search_time
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
    DELETE FROM shopper_queries USING unnest(CAST(:shoppers AS text[])) AS searched (shopper) CROSS JOIN LATERAL (
        SELECT shopper, query FROM shopper_queries AS own WHERE own.shopper = searched.shopper
        ORDER BY search_time DESC OFFSET :most
    ) AS old WHERE shopper_queries.shopper = old.shopper AND shopper_queries.query = old.query
""")
FORGET = (
    text("DELETE FROM shopper_queries WHERE search_time < now() - make_interval(days => :window)"),
    # What waited for so long to be written is gone with the replica that it waited in.
    text("DELETE FROM former_shoppers WHERE change_time < now() - make_interval(days => :window)"),
)


class PostgresQueries:
    """services.search.ports.Queries."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def remember(self, searches: Collection[tuple[str, str, str]]) -> None:
        latest = {(shopper, query): typed for shopper, query, typed in searches}
        shoppers = [shopper for shopper, _ in latest]
        values = {"shoppers": shoppers, "queries": [query for _, query in latest], "typed": list(latest.values())}
        async with UnitOfWork(self._engine) as connection:
            await connection.execute(HOLD)
            await connection.execute(WRITE, values)
        # On its own, so that what is written is not held up by what is deleted.
        async with UnitOfWork(self._engine) as connection:
            await connection.execute(TRIM, {"shoppers": sorted(set(shoppers)), "most": MOST_OWN})

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

    async def forget(self, window_days: int) -> None:
        for statement in FORGET:
            async with UnitOfWork(self._engine) as connection:
                await connection.execute(statement, {"window": window_days})

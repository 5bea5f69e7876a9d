"""What changes of accounts do to the recs database, and how far feeds were followed."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.kit.database import UnitOfWork
from services.recs.adapters.tables import profiles, visitor_merges, watermarks
from services.recs.ports import AccountChange

# An event that came under both names counts once. The new transaction id lets the feature updater see it again.
DROP_DOUBLE = text("""
    DELETE FROM user_events AS theirs USING user_events AS ours
    WHERE theirs.shopper = :visitor AND ours.shopper = :user AND ours.event_id = theirs.event_id
""")
MOVE = text("""
    UPDATE user_events SET shopper = :user, transaction_id = pg_current_xact_id() WHERE shopper = :visitor
""")
# With the visitors who became the user: their tokens live on as well.
ERASE = text("""
    WITH merged AS (DELETE FROM visitor_merges WHERE "user" = :user RETURNING visitor)
    INSERT INTO erased_shoppers (shopper) SELECT visitor FROM merged UNION SELECT CAST(:user AS text)
    ON CONFLICT (shopper) DO UPDATE SET erase_time = now()
    RETURNING shopper
""")
DROP_ERASED = text("""
    DELETE FROM user_events USING erased_shoppers
    WHERE erased_shoppers.shopper = ANY(CAST(:shoppers AS text[])) AND user_events.shopper = erased_shoppers.shopper
""")
# A page of changes may come again: what is known already is not known anew.
KNOWN_SINCE = text("""
    INSERT INTO profile_changes (shopper, change_time, preferred_categories)
    SELECT :shopper, clock_timestamp(), CAST(:categories AS text[])
    WHERE CAST(:categories AS text[]) IS DISTINCT FROM (
        SELECT preferred_categories FROM profile_changes WHERE shopper = :shopper ORDER BY change_time DESC LIMIT 1
    )
""")
FORGET_PROFILES = text("DELETE FROM profile_changes WHERE shopper = :shopper")
ERASED_KEPT = timedelta(days=7)
"""Far longer than an access token lives and the catalogue's events are on their way, also when the worker was away."""
FORGET_ERASED = text("DELETE FROM erased_shoppers WHERE erase_time < now() - CAST(:kept AS interval)")


class PostgresAccounts:
    """Applies changes of accounts, each page of them in one transaction. A page may come again."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def apply(self, changes: Sequence[AccountChange]) -> set[str]:
        """The shoppers whose features are no longer right."""
        touched: set[str] = set()
        async with UnitOfWork(self._engine) as connection:
            for change in changes:
                touched |= await _apply(connection, change)
        # By now every transaction sees who was erased: of their events, those that are not here yet meet `merge_late`.
        async with UnitOfWork(self._engine) as connection:
            await connection.execute(DROP_ERASED, {"shoppers": list(touched)})
        return touched

    async def merge_late(self, shoppers: set[str]) -> set[str]:
        """Moves what a visitor did after the log-in was followed; returns the users who got it.

        What somebody did after their erasure was followed is dropped.
        """
        visitors = [name for name in shoppers if name.startswith("visitors/")]
        async with UnitOfWork(self._engine) as connection:
            query = select(visitor_merges).where(visitor_merges.c.visitor.in_(visitors))
            merges = (await connection.execute(query)).all() if visitors else []
            for merge in merges:
                await _merge(connection, merge.visitor, merge.user)
            users = {merge.user for merge in merges}
            await connection.execute(DROP_ERASED, {"shoppers": list(shoppers | users)})
        return users

    async def all_profiles(self) -> set[str]:
        """Shoppers who chose preferences."""
        async with self._engine.connect() as connection:
            return set((await connection.execute(select(profiles.c.shopper))).scalars())


class PostgresWatermarks:
    """services.recs.ports.Watermarks."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def get(self, name: str) -> str:
        async with self._engine.connect() as connection:
            query = select(watermarks.c.cursor).where(watermarks.c.name == name)
            return (await connection.execute(query)).scalar_one_or_none() or ""

    async def set(self, name: str, cursor: str) -> None:
        async with UnitOfWork(self._engine) as connection:
            await _set(connection, name, cursor)

    async def forget(self, prefix: str) -> None:
        """Feeds whose names begin like this are followed from their beginning."""
        async with UnitOfWork(self._engine) as connection:
            await connection.execute(delete(watermarks).where(watermarks.c.name.startswith(prefix, autoescape=True)))

    async def moved(self) -> dict[str, datetime]:
        """When each feed was followed last."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(select(watermarks.c.name, watermarks.c.update_time))
            return {row.name: row.update_time for row in rows}


async def _apply(connection: AsyncConnection, change: AccountChange) -> set[str]:
    if change.preferences is not None:
        shopper, categories = change.preferences
        values = {"preferred_categories": list(categories)}
        statement = upsert(profiles).values(shopper=shopper, **values)
        await connection.execute(statement.on_conflict_do_update(index_elements=["shopper"], set_=values))
        await connection.execute(KNOWN_SINCE, {"shopper": shopper, "categories": list(categories)})
        return {shopper}
    if change.merge is not None:
        visitor, user = change.merge
        statement = upsert(visitor_merges).values(visitor=visitor, user=user)
        await connection.execute(statement.on_conflict_do_update(index_elements=["visitor"], set_={"user": user}))
        await _merge(connection, visitor, user)
        return {visitor, user}
    if change.erased:
        return await _erase(connection, change.erased)
    return set()


async def _erase(connection: AsyncConnection, user: str) -> set[str]:
    await connection.execute(FORGET_ERASED, {"kept": ERASED_KEPT})
    await connection.execute(delete(profiles).where(profiles.c.shopper == user))
    await connection.execute(FORGET_PROFILES, {"shopper": user})
    return set((await connection.execute(ERASE, {"user": user})).scalars())


async def _merge(connection: AsyncConnection, visitor: str, user: str) -> None:
    await connection.execute(DROP_DOUBLE, {"visitor": visitor, "user": user})
    await connection.execute(MOVE, {"visitor": visitor, "user": user})


async def _set(connection: AsyncConnection, name: str, cursor: str) -> None:
    values = {"cursor": cursor, "update_time": text("now()")}
    statement = upsert(watermarks).values(name=name, **values)
    await connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))

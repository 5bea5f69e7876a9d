"""Counters of tries, shared by all replicas through PostgreSQL."""

from datetime import timedelta

from sqlalchemy import case, delete, func, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncEngine

from services.kit.database import UnitOfWork
from services.users.adapters.tables import attempts


class PostgresAttempts:
    """A window a key; it starts anew with the first try after its end."""

    def __init__(self, engine: AsyncEngine, window_s: int) -> None:
        self._engine = engine
        self._window = timedelta(seconds=window_s)

    async def count(self, key: str) -> tuple[int, float]:
        """Counts one more; how many there were in the window, and the seconds until it ends."""
        over = attempts.c.window_start < func.now() - self._window
        statement = (
            upsert(attempts)
            .values(key=key, count=1, window_start=func.now())
            .on_conflict_do_update(
                index_elements=["key"],
                set_={
                    "count": case((over, 1), else_=attempts.c.count + 1),
                    "window_start": case((over, func.now()), else_=attempts.c.window_start),
                },
            )
            .returning(attempts.c.count, attempts.c.window_start + self._window - func.now())
        )
        async with UnitOfWork(self._engine) as connection:
            count, left = (await connection.execute(statement)).one()
        return count, left.total_seconds()

    async def take_back(self, key: str) -> None:
        """Counts one less."""
        less = update(attempts).where(attempts.c.key == key, attempts.c.count > 0).values(count=attempts.c.count - 1)
        async with UnitOfWork(self._engine) as connection:
            await connection.execute(less)

    async def sweep(self) -> int:
        """Forgets every window that is over; how many there were."""
        over = attempts.c.window_start < func.now() - self._window
        async with UnitOfWork(self._engine) as connection:
            return len((await connection.execute(delete(attempts).where(over).returning(attempts.c.key))).all())

    async def forget(self, key: str) -> None:
        """Starts the key's window anew."""
        async with UnitOfWork(self._engine) as connection:
            await connection.execute(delete(attempts).where(attempts.c.key == key))

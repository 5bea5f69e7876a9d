"""What the worker counted, read from PostgreSQL."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from services.recs.adapters.tables import statistics
from services.recs.ports import Counted, Statistic


class PostgresStatistics:
    """services.recs.ports.StatisticsReader."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def changed(self, after: int) -> tuple[list[Counted], int]:
        newest = select(func.coalesce(func.max(statistics.c.version), 0))
        async with self._engine.connect() as connection:
            version = int((await connection.execute(newest)).scalar_one())
            if version <= after:
                return [], after
            query = select(statistics).where(statistics.c.version > after, statistics.c.version <= version)
            rows = await connection.execute(query)
            return [Counted(Statistic(row.kind), row.key, tuple(row.ids), tuple(row.scores)) for row in rows], version

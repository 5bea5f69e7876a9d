"""Releases and popularity in PostgreSQL."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import case, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.kit.database import UnitOfWork
from services.kit.errors import NotFound
from services.recs.adapters.tables import popularity, releases
from services.recs.domain import feature_spec
from services.recs.domain.events import Kind
from services.recs.domain.releases import Release, State
from services.recs.ports import PopularProducts

CHANNEL = "releases"
KINDS = {kind.name: int(kind) for kind in Kind}
WRITTEN = (
    "number", "collection", "dimension", "user_tower_version", "item_tower_version", "feature_spec", "report",
    "data_fingerprint", "catalog_cursor", "ranker_version",
)  # fmt: skip


class PostgresReleases:
    """services.recs.ports.Releases."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def add(self, release: Release) -> Release | None:
        values = {name: getattr(release, name) for name in WRITTEN}
        statement = upsert(releases).values(values).on_conflict_do_nothing().returning(*releases.c)
        async with UnitOfWork(self._engine) as connection:
            row = (await connection.execute(statement)).first()
        return _release(row) if row else None

    async def get(self, number: int) -> Release | None:
        return await self._one(releases.c.number == number)

    async def promoted(self) -> Release | None:
        return await self._one(releases.c.state == State.PROMOTED)

    async def page(self, below: int | None, limit: int) -> list[Release]:
        statement = select(releases).order_by(releases.c.number.desc()).limit(limit)
        if below is not None:
            statement = statement.where(releases.c.number < below)
        async with self._engine.connect() as connection:
            return [_release(row) for row in await connection.execute(statement)]

    async def canary(self) -> Release | None:
        return await self._one(releases.c.state == State.CANARY)

    async def before(self, number: int) -> Release | None:
        own = select(releases.c.promote_time).where(releases.c.number == number).scalar_subquery()
        async with self._engine.connect() as connection:
            row = (await connection.execute(_before(own))).first()
        return _release(row) if row else None

    async def delete(self, number: int) -> bool:
        answers = releases.c.state.in_((State.PROMOTED, State.CANARY))
        promoted = select(releases.c.promote_time).where(releases.c.state == State.PROMOTED).scalar_subquery()
        back = _before(promoted).with_only_columns(releases.c.number).scalar_subquery()
        old = releases.c.number == number, ~answers, releases.c.number.is_distinct_from(back)
        async with self._alone() as connection:
            return (await connection.execute(delete(releases).where(*old))).rowcount > 0

    async def promote(self, number: int) -> Release:
        async with self._alone() as connection:
            await _end_canary(connection)
            was = releases.c.state == State.PROMOTED
            await connection.execute(update(releases).where(was).values(state=State.RETIRED))
            row = await _set(connection, number, state=State.PROMOTED, promote_time=func.now())
        return _release(row)

    async def split(self, number: int, percent: int) -> Release | None:
        async with self._alone() as connection:
            await _end_canary(connection, besides=number)
            here = releases.c.number == number
            found = _there((await connection.execute(select(releases).where(here))).first(), number)
            if found.state == State.PROMOTED:
                return None
            # One that answered before is a retired one again when its share ends.
            rest = State.RETIRED if found.promote_time else State.CANDIDATE
            row = await _set(connection, number, state=State.CANARY if percent else rest, traffic_percent=percent)
        return _release(row)

    async def roll_back(self, number: int, to: int) -> Release | None:
        async with self._alone() as connection:
            here = releases.c.number == number
            found = _there((await connection.execute(select(releases).where(here))).first(), number)
            if found.state != State.PROMOTED:
                return None
            await _end_canary(connection)
            # It has never answered, as far as the next one to roll back is concerned.
            await _set(connection, number, state=State.CANDIDATE, promote_time=None)
            row = await _set(connection, to, state=State.PROMOTED)
        return _release(row)

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[AsyncConnection]:
        """Changes of who answers take turns, and the later one stands; all replicas hear of them."""
        async with UnitOfWork(self._engine) as connection:
            await connection.execute(text("LOCK TABLE releases IN SHARE ROW EXCLUSIVE MODE"))
            yield connection
            await connection.execute(text(f"NOTIFY {CHANNEL}"))

    async def _one(self, condition: Any) -> Release | None:
        async with self._engine.connect() as connection:
            row = (await connection.execute(select(releases).where(condition))).first()
        return _release(row) if row else None


class PostgresPopularity:
    """services.recs.ports.Popularity."""

    def __init__(self, engine: AsyncEngine, size: int) -> None:
        self._engine = engine
        self._size = size

    async def newest(self) -> PopularProducts | None:
        last = select(func.max(popularity.c.version)).scalar_subquery()
        statement = select(popularity).where(popularity.c.version == last).order_by(popularity.c.rank)
        async with self._engine.connect() as connection:
            rows = (await connection.execute(statement.limit(self._size))).all()
        if not rows:
            return None
        return PopularProducts(rows[0].version, tuple(row.product_id for row in rows), tuple(row.score for row in rows))


def _before(promoted: Any) -> Any:
    """The one that was promoted last before a time."""
    earlier = select(releases).where(releases.c.state == State.RETIRED, releases.c.promote_time < promoted)
    return earlier.order_by(releases.c.promote_time.desc()).limit(1)


async def _set(connection: AsyncConnection, number: int, **values: Any) -> Any:
    statement = update(releases).where(releases.c.number == number).values(traffic_percent=0).values(**values)
    return _there((await connection.execute(statement.returning(*releases.c))).first(), number)


def _there(row: Any, number: int) -> Any:
    """The row of a release, unless somebody deleted it meanwhile: then nothing of the change stands.

    Raises:
        NotFound: it is gone.
    """
    if row is None:
        raise NotFound(f"releases/{number}")
    return row


async def _end_canary(connection: AsyncConnection, besides: int = -1) -> None:
    was = (releases.c.state == State.CANARY) & (releases.c.number != besides)
    rest = case((releases.c.promote_time.is_(None), State.CANDIDATE.value), else_=State.RETIRED.value)
    await connection.execute(update(releases).where(was).values(state=rest, traffic_percent=0))


def _release(row: Any) -> Release:
    return Release(
        **{name: getattr(row, name) for name in WRITTEN},
        spec=feature_spec.parse(row.feature_spec, KINDS),
        state=State(row.state),
        create_time=row.create_time,
        promote_time=row.promote_time,
        traffic_percent=row.traffic_percent,
    )

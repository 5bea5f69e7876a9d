"""Releases and builds in PostgreSQL."""

from collections import OrderedDict
from dataclasses import replace
from typing import Any

from sqlalchemy import func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.kit.database import UnitOfWork
from services.search.adapters.tables import builds, releases
from services.search.domain import encoders
from services.search.domain.releases import Build, Release, State

CHANNEL = "search_builds"
WRITTEN = ("number", "encoder_spec", "report", "data_fingerprint")
BUILDING, SERVING, RETIRED = "BUILDING", "SERVING", "RETIRED"
KEPT = 4
"""Releases that are kept, read: the one that serves and the one that is built, with room."""
CHANGING = ("state", "create_time", "promote_time", "ready_time")
"""All of a release that changes after it was registered, and when it was."""


class PostgresReleases:
    """services.search.ports.Releases."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._known: OrderedDict[int, Release] = OrderedDict()

    async def add(self, release: Release) -> Release | None:
        values = {name: getattr(release, name) for name in WRITTEN}
        statement = upsert(releases).values(values).on_conflict_do_nothing().returning(*releases.c)
        async with UnitOfWork(self._engine) as connection:
            row = (await connection.execute(statement)).first()
        return _release(row) if row else None

    async def get(self, number: int) -> Release | None:
        async with self._engine.connect() as connection:
            row = (await connection.execute(select(releases).where(releases.c.number == number))).first()
        return _release(row) if row else None

    async def page(self, below: int | None, limit: int) -> list[Release]:
        statement = select(releases).order_by(releases.c.number.desc()).limit(limit)
        if below is not None:
            statement = statement.where(releases.c.number < below)
        async with self._engine.connect() as connection:
            return [_release(row) for row in await connection.execute(statement)]

    async def promote(self, number: int) -> Release:
        async with UnitOfWork(self._engine) as connection:
            # Two promotions at once take turns, and the later one stands.
            await connection.execute(text("LOCK TABLE releases, builds IN SHARE ROW EXCLUSIVE MODE"))
            was = releases.c.state == State.PROMOTED
            await connection.execute(update(releases).where(was).values(state=State.RETIRED))
            now = {"state": State.PROMOTED, "promote_time": func.now()}
            statement = update(releases).where(releases.c.number == number).values(now).returning(*releases.c)
            row = (await connection.execute(statement)).one()
            await _retire(connection, BUILDING)
            await connection.execute(insert(builds).values(release=number))
            await connection.execute(text(f"NOTIFY {CHANNEL}"))
        return _release(row)

    async def serving(self) -> Build | None:
        return await self._build(SERVING)

    async def building(self) -> Build | None:
        return await self._build(BUILDING)

    async def advance(self, build: Build, cursor: str) -> None:
        async with UnitOfWork(self._engine) as connection:
            await connection.execute(update(builds).where(builds.c.number == build.number).values(cursor=cursor))

    async def serve(self, build: Build) -> bool:
        async with UnitOfWork(self._engine) as connection:
            await connection.execute(text("LOCK TABLE builds IN SHARE ROW EXCLUSIVE MODE"))
            this = builds.c.number == build.number
            if (await connection.execute(select(builds.c.state).where(this))).scalar_one() != BUILDING:
                return False  # another promotion replaced it meanwhile: what serves goes on
            await _retire(connection, SERVING)
            await connection.execute(update(builds).where(this).values(state=SERVING, ready_time=func.now()))
            ready = update(releases).where(releases.c.number == build.release.number, releases.c.ready_time.is_(None))
            await connection.execute(ready.values(ready_time=func.now()))
            await connection.execute(text(f"NOTIFY {CHANNEL}"))
        return True

    async def _build(self, state: str) -> Build | None:
        # Asked every second, and a specification holds tokenizers: reading megabytes of it would stop the process for
        # a sixth of a second each time.
        columns = (builds.c.number.label("build"), builds.c.cursor, builds.c.release)
        statement = select(*columns, *(releases.c[name] for name in CHANGING))
        joined = statement.join(releases, releases.c.number == builds.c.release).where(builds.c.state == state)
        async with self._engine.connect() as connection:
            row = (await connection.execute(joined)).first()
            if row is None:
                return None
            if row.release not in self._known:
                whole = select(releases).where(releases.c.number == row.release)
                self._keep(_release((await connection.execute(whole)).one()))
        now = {name: getattr(row, name) for name in CHANGING} | {"state": State(row.state)}
        return Build(row.build, replace(self._known[row.release], **now), row.cursor, state == SERVING)

    def _keep(self, release: Release) -> None:
        self._known[release.number] = release
        if len(self._known) > KEPT:
            self._known.popitem(last=False)


async def _retire(connection: AsyncConnection, state: str) -> None:
    now = {"state": RETIRED, "retire_time": func.now()}
    await connection.execute(update(builds).where(builds.c.state == state).values(now))


def _release(row: Any) -> Release:
    return Release(
        **{name: getattr(row, name) for name in WRITTEN},
        spec=encoders.parse(row.encoder_spec),
        state=State(row.state),
        create_time=row.create_time,
        promote_time=row.promote_time,
        ready_time=row.ready_time,
    )

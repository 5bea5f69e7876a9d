"""Scenarios in PostgreSQL. Every write is a revision too, in one transaction."""

from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.kit.database import UnitOfWork
from services.recs.adapters.tables import scenario_revisions, scenarios
from services.recs.domain.scenarios import Revision, Scenario, StoredScenario, changed_fields

CHANNEL = "scenarios"
CODEC = TypeAdapter(Scenario)
SYSTEM = "system"
TELL = text(f"NOTIFY {CHANNEL}")


class PostgresScenarios:
    """services.recs.ports.Scenarios."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def all(self) -> list[StoredScenario]:
        async with self._engine.connect() as connection:
            rows = await connection.execute(select(scenarios).order_by(scenarios.c.scenario_id))
            return [_stored(row) for row in rows]

    async def get(self, scenario_id: str) -> StoredScenario | None:
        query = select(scenarios).where(scenarios.c.scenario_id == scenario_id)
        async with self._engine.connect() as connection:
            row = (await connection.execute(query)).first()
        return _stored(row) if row else None

    async def page(self, after: str, limit: int) -> list[StoredScenario]:
        query = select(scenarios).where(scenarios.c.scenario_id > after).order_by(scenarios.c.scenario_id)
        async with self._engine.connect() as connection:
            return [_stored(row) for row in await connection.execute(query.limit(limit))]

    async def add(self, scenario: Scenario, author: str, comment: str) -> StoredScenario | None:
        async with UnitOfWork(self._engine) as connection:
            made = await _add(connection, scenario, author, comment)
            await connection.execute(TELL)
        return made

    async def put(self, scenario: Scenario, expected: int, author: str, comment: str) -> StoredScenario | None:
        async with UnitOfWork(self._engine) as connection:
            query = select(scenarios).where(scenarios.c.scenario_id == scenario.scenario_id).with_for_update()
            row = (await connection.execute(query)).first()
            if row is None or row.revision != expected:
                return None
            before = _stored(row)
            changed = changed_fields(before.scenario, scenario)
            if not changed:
                return before
            values = {"config": _config(scenario), "revision": expected + 1, "update_time": func.now()}
            statement = scenarios.update().where(scenarios.c.scenario_id == scenario.scenario_id).values(values)
            written = (await connection.execute(statement.returning(*scenarios.c))).one()
            await _record(connection, scenario, expected + 1, author, changed, comment)
            await connection.execute(TELL)
        return _stored(written)

    async def revisions(self, scenario_id: str, below: int | None, limit: int) -> list[Revision]:
        table = scenario_revisions
        query = select(table).where(table.c.scenario_id == scenario_id).order_by(table.c.revision.desc()).limit(limit)
        if below is not None:
            query = query.where(table.c.revision < below)
        async with self._engine.connect() as connection:
            return [_revision(row) for row in await connection.execute(query)]

    async def ensure(self, defaults: Sequence[Scenario]) -> None:
        async with UnitOfWork(self._engine) as connection:
            for scenario in defaults:
                await _add(connection, scenario, SYSTEM, "What Aisle begins with.")


async def _add(connection: AsyncConnection, scenario: Scenario, author: str, comment: str) -> StoredScenario | None:
    values = {"scenario_id": scenario.scenario_id, "config": _config(scenario), "revision": 1}
    statement = insert(scenarios).values(values).on_conflict_do_nothing().returning(*scenarios.c)
    row = (await connection.execute(statement)).first()
    if row is None:
        return None
    await _record(connection, scenario, 1, author, (), comment)
    return _stored(row)


async def _record(
    connection: AsyncConnection, scenario: Scenario, number: int, author: str, changed: tuple[str, ...], comment: str
) -> None:
    values = {
        "scenario_id": scenario.scenario_id, "revision": number, "config": _config(scenario), "author": author,
        "changed_fields": list(changed), "comment": comment,
    }  # fmt: skip
    await connection.execute(scenario_revisions.insert().values(values))


def _config(scenario: Scenario) -> Any:
    return CODEC.dump_python(scenario, mode="json")


def _stored(row: Any) -> StoredScenario:
    return StoredScenario(CODEC.validate_python(row.config), row.revision, row.create_time, row.update_time)


def _revision(row: Any) -> Revision:
    return Revision(
        CODEC.validate_python(row.config), row.revision, row.author, tuple(row.changed_fields), row.comment,
        row.create_time,
    )  # fmt: skip

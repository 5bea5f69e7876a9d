"""The log of events in PostgreSQL."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Select, bindparam, desc, select, text, tuple_
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from services.kit import changes
from services.kit.database import UnitOfWork
from services.recs.adapters.tables import user_events
from services.recs.domain.events import Attribution, Event, Kind

CHANNEL = "user_events"
EXPORT_ROWS = 1000
"""A message of the export: about 100 kB."""
DEADLOCK = "40P01"
TRIES = 3
COLUMNS = (
    "shopper", "event_id", "kind", "product_id", "event_time", "rating", "query", "position", "quantity",
    "attribution_token", "region", "order_id", "attribution",
)  # fmt: skip
TYPES = {"kind": "int", "event_time": "timestamptz", "rating": "int", "position": "int", "quantity": "int"}
ARRAYS = ", ".join(f"CAST(:{name} AS {TYPES.get(name, 'text')}[])" for name in COLUMNS[:-1])
# One statement for one event or five thousand; the notification goes out when it commits.
WRITE = text(f"""
    WITH written AS (
        INSERT INTO user_events ({", ".join(COLUMNS)})
        SELECT * FROM unnest({ARRAYS}, CAST(:attribution AS int[]))
        ON CONFLICT (shopper, event_id) DO NOTHING
        RETURNING 1
    )
    SELECT (SELECT count(*) FROM written), pg_notify('{CHANNEL}', :hint)
""")  # noqa: S608


class PostgresEvents:
    """services.recs.ports.Events."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def write(self, events: Sequence[Event]) -> int:
        shoppers = {event.shopper for event in events}
        # The feature updater takes one shopper at once, and reads the log for many.
        values: dict[str, Any] = {"hint": shoppers.pop() if len(shoppers) == 1 else ""}
        for name in COLUMNS:
            values[name] = [getattr(event, name) for event in events]
        for attempt in range(TRIES):
            try:
                async with UnitOfWork(self._engine) as connection:
                    return int((await connection.execute(WRITE, values)).scalar_one())
            except DBAPIError as error:
                # Two batches with the same ids in another order may wait for each other; one of them tries again.
                if getattr(error.orig, "sqlstate", "") != DEADLOCK or attempt == TRIES - 1:
                    raise
        raise AssertionError("unreachable")

    async def stored(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Event]:
        wanted = tuple_(user_events.c.shopper, user_events.c.event_id).in_(keys)
        async with self._engine.connect() as connection:
            rows = await connection.execute(_events().where(wanted))
            return {(row.shopper, row.event_id): _event(row) for row in rows}

    async def page(
        self, shopper: str, kinds: Sequence[Kind], before: tuple[datetime, int] | None, limit: int
    ) -> tuple[list[Event], tuple[datetime, int] | None]:
        order = (user_events.c.event_time, user_events.c.sequence)
        statement = _events().where(user_events.c.shopper == shopper).order_by(*map(desc, order)).limit(limit)
        if kinds:
            # As constants in the statement: only so is the partial index of histories of use.
            wanted: BindParameter[Any] = bindparam(
                "kinds", value=sorted(set(kinds)), expanding=True, literal_execute=True
            )
            statement = statement.where(user_events.c.kind.in_(wanted))
        if before is not None:
            statement = statement.where(tuple_(*order) < before)
        async with self._engine.connect() as connection:
            rows = (await connection.execute(statement)).all()
        following = (rows[-1].event_time, rows[-1].sequence) if len(rows) == limit else None
        return [_event(row) for row in rows], following

    async def export(self, start: datetime | None) -> AsyncIterator[list[Event]]:
        statement = _events().order_by(user_events.c.event_time, user_events.c.sequence)
        if start is not None:
            statement = statement.where(user_events.c.event_time >= start)
        async with self._engine.connect() as connection:
            options = {"yield_per": EXPORT_ROWS}
            async with connection.stream(statement, execution_options=options) as rows:
                async for part in rows.partitions():
                    yield [_event(row) for row in part]


class PostgresChangedShoppers:
    """services.recs.ports.ChangedShoppers."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def after(self, cursor: str, limit: int) -> tuple[set[str], str, int]:
        rows = changes.safe_changes(user_events, cursor, limit).subquery()
        async with self._engine.connect() as connection:
            statement = select(rows.c.shopper, rows.c._transaction, rows.c._sequence)
            found = (await connection.execute(statement)).all()
        return {row.shopper for row in found}, changes.cursor_of(found[-1]) if found else cursor, len(found)


def _events() -> Select[Any]:
    return select(user_events.c.sequence, *(user_events.c[name] for name in COLUMNS))


def _event(row: Any) -> Event:
    values = {name: getattr(row, name) for name in COLUMNS}
    values["kind"] = Kind(row.kind)
    values["attribution"] = Attribution(row.attribution)
    return Event(**values)

"""A change feed on a real PostgreSQL misses nothing, in whatever order transactions commit."""

import asyncio

from sqlalchemy import Column, MetaData, Table, Text, insert

from services.kit import changes, database
from tests.support.postgres import NewDatabase


async def test_a_late_commit_of_an_early_number_is_not_missed(new_database: NewDatabase) -> None:
    engine = database.engine(new_database("changes"))
    table = Table("feed", MetaData(), changes.sequence_column(), changes.transaction_column(), Column("what", Text))
    async with engine.begin() as connection:
        await connection.run_sync(table.metadata.create_all)

    async def read(cursor: str) -> tuple[list[str], str]:
        async with engine.connect() as connection:
            rows = (await connection.execute(changes.safe_changes(table, cursor, 100))).all()
        return [row.what for row in rows], changes.cursor_of(rows[-1]) if rows else cursor

    async with engine.connect() as slow:
        await slow.begin()
        await slow.execute(insert(table).values(what="early number"))
        async with database.UnitOfWork(engine) as fast:
            await fast.execute(insert(table).values(what="late number"))
        seen, cursor = await read("")
        assert seen == []
        await slow.commit()
    seen, cursor = await read(cursor)
    assert sorted(seen) == ["early number", "late number"]
    assert await read(cursor) == ([], cursor)
    await engine.dispose()


async def test_many_writers_and_a_reader(new_database: NewDatabase) -> None:
    engine = database.engine(new_database("changes"))
    table = Table("feed", MetaData(), changes.sequence_column(), changes.transaction_column(), Column("what", Text))
    async with engine.begin() as connection:
        await connection.run_sync(table.metadata.create_all)

    async def write(writer: int) -> None:
        for i in range(50):
            async with database.UnitOfWork(engine) as connection:
                await connection.execute(insert(table).values(what=f"{writer}-{i}"))
                await asyncio.sleep(0.001 * ((writer * i) % 3))

    writing = asyncio.gather(*(write(n) for n in range(6)))
    seen: list[str] = []
    cursor = ""
    while not writing.done() or len(seen) < 300:
        async with engine.connect() as connection:
            rows = (await connection.execute(changes.safe_changes(table, cursor, 40))).all()
        seen += [row.what for row in rows]
        cursor = changes.cursor_of(rows[-1]) if rows else cursor
        await asyncio.sleep(0.002)
    assert sorted(seen) == sorted(f"{w}-{i}" for w in range(6) for i in range(50))
    await engine.dispose()

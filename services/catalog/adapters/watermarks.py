"""How far feeds of other services were followed, within a transaction."""

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.adapters.commerce_tables import watermarks


class SqlWatermarks:
    """The table `watermarks`, within a transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def hold(self, name: str) -> str:
        """The cursor, held against other followers until the transaction ends; empty at the beginning."""
        held = insert(watermarks).values(name=name, cursor="")
        held = held.on_conflict_do_update(index_elements=["name"], set_={"name": name})
        return str((await self._connection.execute(held.returning(watermarks.c.cursor))).scalar_one())

    async def set(self, name: str, cursor: str) -> None:
        """Moves on; it is held."""
        await self._connection.execute(update(watermarks).where(watermarks.c.name == name).values(cursor=cursor))

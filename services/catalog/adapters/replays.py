"""First answers of calls with a request_id."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.adapters.tables import replays


class SqlReplays:
    """The table `replays`, within a transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def claim(self, caller: str, method: str, request_id: str, fingerprint: bytes) -> tuple[bytes, bytes] | None:
        """None when the call is new; else fingerprint and answer of the first one.

        A second call that comes while the first is in work waits for it here: the primary key holds it.
        """
        row = {"caller": caller, "method": method, "request_id": request_id, "fingerprint": fingerprint}
        claimed = insert(replays).values(row).on_conflict_do_nothing().returning(replays.c.method)
        if (await self._connection.execute(claimed)).first() is not None:
            return None
        first = select(replays.c.fingerprint, replays.c.answer).where(_is(caller, method, request_id))
        found = (await self._connection.execute(first)).one()
        return found.fingerprint, found.answer

    async def answer(self, caller: str, method: str, request_id: str, answer: bytes) -> None:
        """Keeps the answer for the next time."""
        await self._connection.execute(update(replays).where(_is(caller, method, request_id)).values(answer=answer))

    async def forget(self, before: datetime) -> None:
        """Forgets what is older."""
        await self._connection.execute(delete(replays).where(replays.c.create_time < before))

    async def forget_caller(self, caller: str) -> None:
        """Forgets what one caller was answered."""
        await self._connection.execute(delete(replays).where(replays.c.caller == caller))


def _is(caller: str, method: str, request_id: str) -> ColumnElement[bool]:
    return and_(replays.c.caller == caller, replays.c.method == method, replays.c.request_id == request_id)

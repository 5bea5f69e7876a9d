"""What changes of accounts do to the searches that are remembered."""

from collections.abc import Sequence

import grpc
from aisle.users.v1 import account_service_pb2 as pb
from aisle.users.v1.account_service_pb2_grpc import AccountServiceStub
from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.kit.database import UnitOfWork
from services.search.adapters.tables import former_shoppers, shopper_queries, watermarks
from services.search.ports import AccountChange

SERVICE = "aisle.users.v1.AccountService"
FEED_TIMEOUT_S = 20.0
WATERMARK = "accounts"
MERGE = text("""
    INSERT INTO shopper_queries (shopper, query, typed, search_time)
    SELECT :user, query, typed, search_time FROM shopper_queries WHERE shopper = :visitor
    ON CONFLICT (shopper, query) DO UPDATE SET search_time = greatest(shopper_queries.search_time, excluded.search_time)
""")


class GrpcAccountFeed:
    """services.search.ports.AccountFeed; needs the role service."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = AccountServiceStub(channel)

    async def changes(self, cursor: str, wait_s: int = 0) -> tuple[list[AccountChange], str, bool]:
        request = pb.ListAccountChangesRequest(cursor=cursor, wait_seconds=wait_s)
        reply = await self._stub.ListAccountChanges(request, timeout=FEED_TIMEOUT_S)
        return [_change(change) for change in reply.changes], reply.next_cursor, reply.more


class PostgresAccounts:
    """services.search.ports.Accounts."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def cursor(self) -> str:
        async with self._engine.connect() as connection:
            query = select(watermarks.c.cursor).where(watermarks.c.name == WATERMARK)
            return (await connection.execute(query)).scalar_one_or_none() or ""

    async def apply(self, changes: Sequence[AccountChange], cursor: str) -> None:
        async with UnitOfWork(self._engine) as connection:
            for change in changes:
                visitor, user = change.merge or ("", None)
                if gone := visitor or change.erased:
                    # First, and so after the searches that are being written: those that come later find it.
                    await _remember(connection, gone, user)
                    if user is not None:
                        await connection.execute(MERGE, {"visitor": visitor, "user": user})
                    await connection.execute(delete(shopper_queries).where(shopper_queries.c.shopper == gone))
            values = {"cursor": cursor, "update_time": text("now()")}
            statement = upsert(watermarks).values(name=WATERMARK, **values)
            await connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))


async def _remember(connection: AsyncConnection, shopper: str, account: str | None) -> None:
    """Searches of the shopper may wait in a replica to be written: by then they are the account's, or nobody's."""
    values = {"account": account, "change_time": func.now()}
    statement = upsert(former_shoppers).values(shopper=shopper, **values)
    await connection.execute(statement.on_conflict_do_update(index_elements=["shopper"], set_=values))


def _change(change: pb.ListAccountChangesResponse.Change) -> AccountChange:
    match change.WhichOneof("change"):
        case "visitor_merge":
            return AccountChange(merge=(change.visitor_merge.visitor, change.visitor_merge.user))
        case "erased_user":
            return AccountChange(erased=change.erased_user)
    return AccountChange()

"""Changes of accounts over gRPC."""

import grpc
from aisle.users.v1 import account_service_pb2 as pb
from aisle.users.v1.account_service_pb2_grpc import AccountServiceStub

from services.recs.ports import AccountChange

SERVICE = "aisle.users.v1.AccountService"
FEED_TIMEOUT_S = 20.0


class GrpcAccountFeed:
    """services.recs.ports.AccountFeed; needs the role service."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = AccountServiceStub(channel)

    async def changes(self, cursor: str, wait_s: int = 0) -> tuple[list[AccountChange], str, bool]:
        request = pb.ListAccountChangesRequest(cursor=cursor, wait_seconds=wait_s)
        reply = await self._stub.ListAccountChanges(request, timeout=FEED_TIMEOUT_S)
        return [_change(change) for change in reply.changes], reply.next_cursor, reply.more


def _change(change: pb.ListAccountChangesResponse.Change) -> AccountChange:
    match change.WhichOneof("change"):
        case "preferences":
            shopper = change.preferences.name.removesuffix("/preferences")
            categories = tuple(name.removeprefix("categories/") for name in change.preferences.categories)
            return AccountChange(preferences=(shopper, categories))
        case "visitor_merge":
            return AccountChange(merge=(change.visitor_merge.visitor, change.visitor_merge.user))
        case "erased_user":
            return AccountChange(erased=change.erased_user)
    return AccountChange()

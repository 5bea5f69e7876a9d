"""AccountService."""

from typing import Any

from aisle.users.v1 import account_service_pb2 as pb
from aisle.users.v1 import session_service_pb2 as sessions_pb
from aisle.users.v1.account_service_pb2_grpc import AccountServiceServicer

from services.kit import context, paging
from services.kit.masks import written
from services.kit.tail import Tail
from services.users import domain
from services.users.ports import OpenStore
from services.users.servicer import cookies, messages
from services.users.use_cases.accounts import Accounts

FIXED = {"email": ": it is fixed at creation", "roles": ": CreateAccount alone writes them"}


class AccountServicer(AccountServiceServicer):
    """Parses, calls, renders."""

    def __init__(self, accounts: Accounts, open_store: OpenStore, tail: Tail) -> None:
        self._accounts = accounts
        self._open = open_store
        self._tail = tail

    async def SignUp(self, request: pb.SignUpRequest, grpc_context: Any) -> sessions_pb.Session:
        visitor = cookies.read(grpc_context) if request.cookie else request.visitor_refresh_token
        tokens = await self._accounts.sign_up(
            request.email, request.password, request.display_name, visitor, context.client_address()
        )
        session = messages.session(tokens)
        return cookies.keep(grpc_context, session) if request.cookie else session

    async def CreateAccount(self, request: pb.CreateAccountRequest, _: Any) -> pb.Account:
        given = request.account
        account = await self._accounts.create(
            request.account_id, given.email, given.display_name, tuple(given.roles), request.password
        )
        return messages.account(account)

    async def GetAccount(self, request: pb.GetAccountRequest, _: Any) -> pb.Account:
        return await self._account(request.name)

    async def UpdateAccount(self, request: pb.UpdateAccountRequest, _: Any) -> pb.Account:
        given = request.account
        given.email = domain.normalized(given.email)  # as it is kept: two that differ in case are one
        mask = request.update_mask.paths
        fields = await written(given, mask, ["display_name"], lambda: self._account(given.name), FIXED)
        name = given.display_name if fields else None
        return messages.account(await self._accounts.rename(_id(given.name), name, given.etag))

    async def ChangePassword(self, request: pb.ChangePasswordRequest, grpc_context: Any) -> sessions_pb.Session:
        tokens = await self._accounts.change_password(
            _id(request.name), request.current_password, request.new_password, context.client_address()
        )
        session = messages.session(tokens)
        return cookies.keep(grpc_context, session) if request.cookie else session

    async def EraseAccount(self, request: pb.EraseAccountRequest, _: Any) -> pb.EraseAccountResponse:
        await self._accounts.erase(_id(request.name), request.current_password, context.client_address())
        return pb.EraseAccountResponse()

    async def GetPreferences(self, request: pb.GetPreferencesRequest, _: Any) -> pb.Preferences:
        return await self._preferences(request.name)

    async def UpdatePreferences(self, request: pb.UpdatePreferencesRequest, _: Any) -> pb.Preferences:
        given = request.preferences
        mask = request.update_mask.paths
        if not await written(given, mask, ["categories"], lambda: self._preferences(given.name)):
            return await self._preferences(given.name)
        return messages.preferences(await self._accounts.prefer(_id(given.name), tuple(given.categories)))

    async def ListAccountChanges(self, request: pb.ListAccountChangesRequest, _: Any) -> pb.ListAccountChangesResponse:
        size = paging.page_size(request.page_size, 500, 1000)
        changes, cursor = await self._tail.page(lambda: self._changes(request.cursor, size), request.wait_seconds)
        rendered = [messages.change(change) for change in changes]
        return pb.ListAccountChangesResponse(changes=rendered, next_cursor=cursor, more=len(changes) == size)

    async def _changes(self, cursor: str, limit: int) -> tuple[list[domain.Change], str]:
        async with self._open() as store:
            return await store.changes(cursor, limit)

    async def _account(self, name: str) -> pb.Account:
        return messages.account(await self._accounts.get(_id(name)))

    async def _preferences(self, name: str) -> pb.Preferences:
        return messages.preferences(await self._accounts.preferences(_id(name)))


def _id(name: str) -> str:
    return name.split("/")[1]

"""Shoppers as accounts of the users service."""

import asyncio
from collections.abc import Sequence

import grpc
from aisle.catalog.v1 import category_service_pb2 as categories_pb
from aisle.catalog.v1.category_service_pb2_grpc import CategoryServiceStub
from aisle.users.v1 import account_service_pb2 as accounts_pb
from aisle.users.v1.account_service_pb2_grpc import AccountServiceStub
from google.protobuf.field_mask_pb2 import FieldMask

from services.importer.adapters.connection import Connection, why
from services.importer.domain import Counts, Shopper
from services.importer.ports import Outcome, Refusal

IN_FLIGHT = 8
"""Each account takes a few calls, one after the other."""


class ShopperWriter:
    """Creates the accounts that are new, and brings names and preferences of the others up to date.

    A new account has no password, so that nobody can log in to it: a data set has no place for one.
    """

    def __init__(self, catalog: Connection, users: Connection) -> None:
        self._catalog = catalog
        self._users = users
        self._accounts = AccountServiceStub(users.channel)
        self._categories: dict[str, str] | None = None
        self._turn = asyncio.Semaphore(IN_FLIGHT)

    async def write(self, shoppers: Sequence[Shopper]) -> Outcome:
        """What became of them.

        Raises:
            ServerError: the shop does not answer, or the importer may not create accounts.
        """
        if self._categories is None:
            self._categories = await self._all_categories()
        outcome = Outcome()
        await asyncio.gather(*(self._write_one(index, one, outcome) for index, one in enumerate(shoppers)))
        outcome.refusals.sort(key=lambda refusal: refusal.index)
        return outcome

    async def _write_one(self, index: int, shopper: Shopper, outcome: Outcome) -> None:
        names = []
        for wanted in shopper.preferred_categories:
            if name := (self._categories or {}).get(wanted):
                names.append(name)
            else:
                unknown = f"{wanted[:200]!r} is no category of the shop"
                outcome.refusals.append(Refusal(index, "preferred_categories", unknown, kept=True))
        try:
            async with self._turn:
                await self._bring_up_to_date(shopper, list(dict.fromkeys(names)), outcome.counts)
        except grpc.aio.AioRpcError as error:
            outcome.refusals.append(Refusal(index, *why(error)))

    async def _bring_up_to_date(self, shopper: Shopper, categories: list[str], counts: Counts) -> None:
        account = await self._account(shopper.id)
        new = account is None
        account = account or await self._created(shopper)
        changed = shopper.display_name not in ("", account.display_name)
        if changed:
            named = accounts_pb.Account(name=account.name, display_name=shopper.display_name)
            update = accounts_pb.UpdateAccountRequest(account=named, update_mask=FieldMask(paths=["display_name"]))
            await self._users.call(self._accounts.UpdateAccount, update)
        changed |= await self._prefer(shopper.id, categories)
        counts.add(Counts(created=new, updated=changed and not new, unchanged=not changed and not new))

    async def _prefer(self, shopper_id: str, categories: list[str]) -> bool:
        """Whether something was changed; a row without preferences leaves those that are there."""
        name = f"users/{shopper_id}/preferences"
        if not categories:
            return False
        there = await self._users.call(self._accounts.GetPreferences, accounts_pb.GetPreferencesRequest(name=name))
        if list(there.categories) == categories:
            return False
        wanted = accounts_pb.Preferences(name=name, categories=categories)
        request = accounts_pb.UpdatePreferencesRequest(preferences=wanted)
        await self._users.call(self._accounts.UpdatePreferences, request)
        return True

    async def _account(self, shopper_id: str) -> accounts_pb.Account | None:
        try:
            request = accounts_pb.GetAccountRequest(name=f"users/{shopper_id}")
            found: accounts_pb.Account = await self._users.call(self._accounts.GetAccount, request)
        except grpc.aio.AioRpcError as error:
            if error.code() is grpc.StatusCode.NOT_FOUND:
                return None
            raise
        return found

    async def _created(self, shopper: Shopper) -> accounts_pb.Account:
        request = accounts_pb.CreateAccountRequest(
            account=accounts_pb.Account(email=shopper.email, display_name=shopper.display_name),
            account_id=shopper.id,
        )
        try:
            made: accounts_pb.Account = await self._users.call(self._accounts.CreateAccount, request)
        except grpc.aio.AioRpcError as error:
            # An answer that was lost on its way looks like this too: then the account is there.
            if error.code() is grpc.StatusCode.ALREADY_EXISTS and (found := await self._account(shopper.id)):
                return found
            raise
        return made

    async def _all_categories(self) -> dict[str, str]:
        """Names of the categories, by `A > B`, by id and by name."""
        stub, request = CategoryServiceStub(self._catalog.channel), categories_pb.ListCategoriesRequest(page_size=1000)
        found: dict[str, categories_pb.Category] = {}
        while True:
            page = await self._catalog.call(stub.ListCategories, request)
            found.update((category.name, category) for category in page.categories)
            if not page.next_page_token:
                break
            request.page_token = page.next_page_token
        keys = {}
        for name, category in found.items():
            keys[name] = keys[name.removeprefix("categories/")] = name
            path, above = [category.display_name], category.parent_category
            while above in found:
                path.append(found[above].display_name)
                above = found[above].parent_category
            keys[" > ".join(reversed(path))] = name
        return keys

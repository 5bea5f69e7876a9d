"""Accounts and preferences."""

import uuid
from datetime import UTC, datetime

from services.kit.errors import Aborted, AlreadyExists, InvalidArgument, NotFound, Unauthenticated
from services.users import domain
from services.users.domain import Account, Preferences, Tokens
from services.users.ports import OpenStore, Passwords
from services.users.use_cases.guesses import Guesses
from services.users.use_cases.sessions import Sessions

ANY = "users/-"
"""An account that is not the caller's: its name is not theirs to know."""
OF_THIS_ADDRESS = "An account of this e-mail address"


class Accounts:
    """What a person can do with their account, and an admin with everyone's."""

    def __init__(self, sessions: Sessions, passwords: Passwords, guesses: Guesses, open_store: OpenStore) -> None:
        self._sessions = sessions
        self._passwords = passwords
        self._guesses = guesses
        self._open = open_store

    async def sign_up(
        self, email: str, password: str, display_name: str, visitor_refresh_token: str, address: str
    ) -> Tokens:
        """Creates a shopper's account and logs it in.

        Raises:
            AlreadyExists: the address has an account.
            ResourceExhausted: too many sign-ups came from one network address.
        """
        await self._guesses.sign_up(address)
        account = _new(uuid.uuid4().hex, email, display_name, (domain.SHOPPER,))
        password_hash = await self._passwords.hash(password)
        async with self._open() as store:
            if not await store.add_account(account, password_hash):
                raise AlreadyExists(ANY, OF_THIS_ADDRESS)
            await self._sessions.take_over_visitor(store, visitor_refresh_token, account.name)
            return await self._sessions.begin(store, account.name, account.roles)

    async def create(
        self, account_id: str, email: str, display_name: str, roles: tuple[str, ...], password: str
    ) -> Account:
        """Creates an account with chosen roles, a shopper's when none are chosen. Without a password nobody can log in.

        Raises:
            AlreadyExists: the id or the address is taken.
            InvalidArgument: there is no e-mail address, or the id is the word that stands for the caller.
        """
        if not email:
            raise InvalidArgument.field("account.email", "is required")
        if account_id == "me":
            raise InvalidArgument.field("account_id", "stands for the caller and cannot be an id")
        account = _new(account_id or uuid.uuid4().hex, email, display_name, roles or (domain.SHOPPER,))
        password_hash = await self._passwords.hash(password) if password else domain.NO_PASSWORD
        async with self._open() as store:
            if not await store.add_account(account, password_hash):
                raise AlreadyExists(account.name, f"{account.name}, or another of this e-mail address,")
        return account

    async def get(self, account_id: str) -> Account:
        """The account.

        Raises:
            NotFound: there is none.
        """
        async with self._open() as store:
            found = await store.account(account_id)
        if found is None:
            raise NotFound(f"users/{account_id}")
        return found

    async def rename(self, account_id: str, display_name: str | None, etag: str) -> Account:
        """Sets the display name; None leaves it.

        Raises:
            NotFound: there is no such account.
            Aborted: the etag is not current.
        """
        version = domain.version_of(etag) if etag else None
        if display_name is None:
            account = await self.get(account_id)
            if version in (None, account.version):
                return account
        else:
            async with self._open() as store:
                changed = await store.update_display_name(account_id, version, display_name)
            if changed is not None:
                return changed
            await self.get(account_id)
        raise Aborted("The account has changed since: read it again.", name=f"users/{account_id}")

    async def change_password(self, account_id: str, current: str, new: str, address: str) -> Tokens:
        """Sets a password, ends every session and starts a new one.

        Raises:
            NotFound: there is no such account.
            Unauthenticated: the current password is wrong.
            ResourceExhausted: there were too many tries.
        """
        account = await self._proven(account_id, current, address)
        password_hash = await self._passwords.hash(new)
        async with self._open() as store:
            await store.set_password(account_id, password_hash)
            await store.end_sessions(account.name)
            return await self._sessions.begin(store, account.name, account.roles)

    async def erase(self, account_id: str, current: str, address: str) -> None:
        """Erases an account for good; the change feed tells who else knows of it.

        Raises:
            NotFound: there is no such account.
            Unauthenticated: the current password is wrong.
            ResourceExhausted: there were too many tries.
        """
        await self._proven(account_id, current, address)
        async with self._open() as store:
            await store.erase_account(account_id)

    async def _proven(self, account_id: str, current: str, address: str) -> Account:
        """The account of somebody who knows its password."""
        account = await self.get(account_id)
        await self._guesses.log_in(account.email, address)
        async with self._open() as store:
            found = await store.credential_by_id(account_id)
        if not await self._passwords.verify(found.password_hash if found else None, current):
            raise Unauthenticated("The current password is wrong.", reason="CREDENTIALS_REFUSED")
        await self._guesses.log_in_succeeded(account.email, address)
        return account

    async def preferences(self, account_id: str) -> Preferences:
        """What the shopper prefers.

        Raises:
            NotFound: there is no such account.
        """
        await self.get(account_id)
        async with self._open() as store:
            return await store.preferences(account_id)

    async def prefer(self, account_id: str, categories: tuple[str, ...]) -> Preferences:
        """Replaces what the shopper prefers.

        Raises:
            NotFound: there is no such account.
        """
        await self.get(account_id)
        async with self._open() as store:
            return await store.set_preferences(account_id, categories)


def _new(account_id: str, email: str, display_name: str, roles: tuple[str, ...]) -> Account:
    now = datetime.now(UTC)
    return Account(account_id, domain.normalized(email), display_name, roles, 1, now, now)

"""Accounts and sessions in PostgreSQL."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.kit import changes
from services.kit.database import UnitOfWork
from services.users.adapters.tables import account_changes, accounts, preferences, refresh_tokens, sessions
from services.users.domain import Account, Change, Credential, Preferences, StoredSession

CHANNEL = "account_changes"
"""Notified by a trigger of the table of this name."""


class PostgresStore:
    """services.users.ports.Store on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add_account(self, account: Account, password_hash: str) -> bool:
        row = {
            "id": account.id,
            "email": account.email,
            "display_name": account.display_name,
            "roles": list(account.roles),
            "password_hash": password_hash,
        }
        statement = upsert(accounts).values(row).on_conflict_do_nothing().returning(accounts.c.id)
        return (await self._connection.execute(statement)).first() is not None

    async def credential(self, email: str) -> Credential | None:
        return await self._credential(accounts.c.email == email)

    async def credential_by_id(self, account_id: str) -> Credential | None:
        return await self._credential(accounts.c.id == account_id)

    async def _credential(self, condition: Any) -> Credential | None:
        row = (await self._connection.execute(select(accounts).where(condition))).first()
        return Credential(_account(row), row.password_hash) if row else None

    async def account(self, account_id: str) -> Account | None:
        found = await self.credential_by_id(account_id)
        return found.account if found else None

    async def update_display_name(self, account_id: str, version: int | None, display_name: str) -> Account | None:
        statement = update(accounts).where(accounts.c.id == account_id)
        if version is not None:
            statement = statement.where(accounts.c.version == version)
        values = {"display_name": display_name, "version": accounts.c.version + 1, "update_time": func.now()}
        row = (await self._connection.execute(statement.values(values).returning(*accounts.c))).first()
        return _account(row) if row else None

    async def set_password(self, account_id: str, password_hash: str) -> None:
        values = {"password_hash": password_hash, "version": accounts.c.version + 1, "update_time": func.now()}
        await self._connection.execute(update(accounts).where(accounts.c.id == account_id).values(values))

    async def preferences(self, account_id: str) -> Preferences:
        statement = select(preferences).where(preferences.c.account_id == account_id)
        row = (await self._connection.execute(statement)).first()
        return (
            Preferences(account_id, tuple(row.categories), row.update_time)
            if row
            else Preferences(account_id, (), None)
        )

    async def set_preferences(self, account_id: str, categories: tuple[str, ...]) -> Preferences:
        values = {"categories": list(categories), "update_time": func.now()}
        statement = (
            upsert(preferences)
            .values(account_id=account_id, **values)
            .on_conflict_do_update(index_elements=["account_id"], set_=values)
            .returning(preferences.c.update_time)
        )
        when = (await self._connection.execute(statement)).scalar_one()
        await self._tell(kind="preferences", user=f"users/{account_id}", categories=list(categories))
        return Preferences(account_id, categories, when)

    async def add_session(self, session: StoredSession) -> None:
        row = {"id": session.id, "subject": session.subject, "roles": list(session.roles)}
        await self._connection.execute(insert(sessions).values(row))

    async def add_refresh_token(self, session_id: str, digest: bytes, expire_time: datetime) -> None:
        row = {"session_id": session_id, "digest": digest, "expire_time": expire_time}
        await self._connection.execute(insert(refresh_tokens).values(row))

    async def use_refresh_token(self, digest: bytes, again_s: int = 0) -> StoredSession | None:
        claim = (
            update(refresh_tokens)
            .where(refresh_tokens.c.digest == digest, refresh_tokens.c.use_time.is_(None))
            .values(use_time=func.now())
            .returning(refresh_tokens.c.digest)
        )
        # The update takes the row's lock: of two that come together, one sees the token used already.
        if (await self._connection.execute(claim)).first() is None and not await self._used_within(digest, again_s):
            await self.end_session(digest)
            return None
        return await self.session_of(digest)

    async def _used_within(self, digest: bytes, seconds: int) -> bool:
        # The clock of the statement: that of the transaction may be older than the use, for whose commit it waited.
        since = func.clock_timestamp() - timedelta(seconds=seconds)
        used = select(refresh_tokens.c.digest).where(
            refresh_tokens.c.digest == digest, refresh_tokens.c.use_time > since
        )
        return seconds > 0 and (await self._connection.execute(used)).first() is not None

    async def session_of(self, digest: bytes) -> StoredSession | None:
        statement = (
            select(sessions)
            .join(refresh_tokens, refresh_tokens.c.session_id == sessions.c.id)
            .where(refresh_tokens.c.digest == digest, refresh_tokens.c.expire_time > func.now())
            .where(sessions.c.end_time.is_(None))
        )
        row = (await self._connection.execute(statement)).first()
        return StoredSession(row.id, row.subject, tuple(row.roles)) if row else None

    async def end_session(self, digest: bytes) -> bool:
        of_token = select(refresh_tokens.c.session_id).where(refresh_tokens.c.digest == digest)
        statement = update(sessions).where(sessions.c.id.in_(of_token), sessions.c.end_time.is_(None))
        ended = statement.values(end_time=func.now()).returning(sessions.c.id)
        return (await self._connection.execute(ended)).first() is not None

    async def end_sessions(self, subject: str) -> None:
        statement = update(sessions).where(sessions.c.subject == subject, sessions.c.end_time.is_(None))
        await self._connection.execute(statement.values(end_time=func.now()))

    async def sweep(self) -> int:
        # Used tokens stay as long as unused ones: by them reuse is noticed.
        token = refresh_tokens.c
        alive = select(token.session_id).where(token.session_id == sessions.c.id, token.expire_time > func.now())
        gone = await self._connection.execute(delete(sessions).where(~alive.exists()).returning(sessions.c.id))
        return len(gone.all())

    async def erase_account(self, account_id: str) -> None:
        name = f"users/{account_id}"
        await self._connection.execute(delete(accounts).where(accounts.c.id == account_id))
        await self._connection.execute(delete(sessions).where(sessions.c.subject == name))
        await self._tell(kind="erased", user=name)

    async def tell_merge(self, visitor: str, user: str) -> None:
        await self._tell(kind="merge", user=user, visitor=visitor)

    async def _tell(self, **row: object) -> None:
        await self._connection.execute(insert(account_changes).values(row))

    async def changes(self, cursor: str, limit: int) -> tuple[list[Change], str]:
        rows = (await self._connection.execute(changes.safe_changes(account_changes, cursor, limit))).all()
        return [_change(row) for row in rows], changes.cursor_of(rows[-1]) if rows else cursor


class PostgresStores:
    """Opens stores on an engine."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[PostgresStore]:
        async with UnitOfWork(self._engine) as connection:
            yield PostgresStore(connection)


def _account(row: Any) -> Account:
    return Account(row.id, row.email, row.display_name, tuple(row.roles), row.version, row.create_time, row.update_time)


def _change(row: Any) -> Change:
    if row.kind == "merge":
        return Change(row.change_time, visitor=row.visitor, user=row.user)
    if row.kind == "erased":
        return Change(row.change_time, erased_user=row.user)
    account_id = row.user.removeprefix("users/")
    return Change(row.change_time, preferences=Preferences(account_id, tuple(row.categories), row.change_time))

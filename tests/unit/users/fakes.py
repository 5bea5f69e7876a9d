"""The ports of the users service, in memory."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from services.users.domain import Account, Change, Credential, Preferences, StoredSession


@dataclass
class Token:
    """A refresh token as it is stored."""

    session: str
    expire_time: datetime
    used: datetime | None = None


@dataclass
class FakeStore:
    """services.users.ports.Store over dictionaries; a failed transaction is not taken back."""

    accounts: dict[str, Credential] = field(default_factory=dict)
    chosen: dict[str, Preferences] = field(default_factory=dict)
    sessions: dict[str, StoredSession] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    tokens: dict[bytes, Token] = field(default_factory=dict)
    told: list[Change] = field(default_factory=list)

    @asynccontextmanager
    async def open(self) -> AsyncIterator["FakeStore"]:
        yield self

    async def add_account(self, account: Account, password_hash: str) -> bool:
        taken = account.id in self.accounts or await self.credential(account.email) is not None
        if not taken:
            self.accounts[account.id] = Credential(account, password_hash)
        return not taken

    async def credential(self, email: str) -> Credential | None:
        return next((c for c in self.accounts.values() if c.account.email == email), None)

    async def credential_by_id(self, account_id: str) -> Credential | None:
        return self.accounts.get(account_id)

    async def account(self, account_id: str) -> Account | None:
        found = self.accounts.get(account_id)
        return found.account if found else None

    async def update_display_name(self, account_id: str, version: int | None, display_name: str) -> Account | None:
        found = self.accounts.get(account_id)
        if found is None or version not in (None, found.account.version):
            return None
        changed = replace(found.account, display_name=display_name, version=found.account.version + 1)
        self.accounts[account_id] = Credential(changed, found.password_hash)
        return changed

    async def set_password(self, account_id: str, password_hash: str) -> None:
        self.accounts[account_id] = Credential(self.accounts[account_id].account, password_hash)

    async def preferences(self, account_id: str) -> Preferences:
        return self.chosen.get(account_id, Preferences(account_id, (), None))

    async def set_preferences(self, account_id: str, categories: tuple[str, ...]) -> Preferences:
        self.chosen[account_id] = Preferences(account_id, categories, datetime.now(UTC))
        self.told.append(Change(datetime.now(UTC), preferences=self.chosen[account_id]))
        return self.chosen[account_id]

    async def add_session(self, session: StoredSession) -> None:
        self.sessions[session.id] = session

    async def add_refresh_token(self, session_id: str, digest: bytes, expire_time: datetime) -> None:
        self.tokens[digest] = Token(session_id, expire_time)

    async def use_refresh_token(self, digest: bytes, again_s: int = 0) -> StoredSession | None:
        token = self.tokens.get(digest)
        now = datetime.now(UTC)
        if token is None or (token.used and now - token.used >= timedelta(seconds=again_s)):
            await self.end_session(digest)
            return None
        token.used = token.used or now
        return await self.session_of(digest)

    async def session_of(self, digest: bytes) -> StoredSession | None:
        token = self.tokens.get(digest)
        if token is None or token.expire_time <= datetime.now(UTC) or token.session in self.ended:
            return None
        return self.sessions[token.session]

    async def end_session(self, digest: bytes) -> bool:
        token = self.tokens.get(digest)
        if token is None or token.session in self.ended:
            return False
        self.ended.add(token.session)
        return True

    async def end_sessions(self, subject: str) -> None:
        self.ended |= {s.id for s in self.sessions.values() if s.subject == subject}

    async def sweep(self) -> int:
        now = datetime.now(UTC)
        dead = set(self.sessions) - {t.session for t in self.tokens.values() if t.expire_time > now}
        for session in dead:
            del self.sessions[session]
        return len(dead)

    async def erase_account(self, account_id: str) -> None:
        del self.accounts[account_id]
        self.chosen.pop(account_id, None)
        self.sessions = {i: s for i, s in self.sessions.items() if s.subject != f"users/{account_id}"}
        self.tokens = {d: t for d, t in self.tokens.items() if t.session in self.sessions}
        self.told.append(Change(datetime.now(UTC), erased_user=f"users/{account_id}"))

    async def tell_merge(self, visitor: str, user: str) -> None:
        self.told.append(Change(datetime.now(UTC), visitor=visitor, user=user))

    async def changes(self, cursor: str, limit: int) -> tuple[list[Change], str]:
        start = int(cursor or 0)
        return self.told[start : start + limit], str(min(start + limit, len(self.told)))


@dataclass
class FakePasswords:
    """Hashes by writing backwards, and remembers what was compared."""

    compared: list[str | None] = field(default_factory=list)

    async def hash(self, password: str) -> str:
        return password[::-1]

    async def verify(self, password_hash: str | None, password: str) -> bool:
        self.compared.append(password_hash)
        return password_hash == password[::-1]


@dataclass
class FakeAttempts:
    """One window that never ends."""

    counts: dict[str, int] = field(default_factory=dict)
    broken: Exception | None = None
    """What counting raises."""

    async def count(self, key: str) -> tuple[int, float]:
        if self.broken is not None:
            raise self.broken
        self.counts[key] = self.counts.get(key, 0) + 1
        return self.counts[key], 60.0

    async def take_back(self, key: str) -> None:
        self.counts[key] = max(0, self.counts.get(key, 0) - 1)

    async def forget(self, key: str) -> None:
        self.counts.pop(key, None)

    async def sweep(self) -> int:
        swept = len(self.counts)
        self.counts.clear()
        return swept


@dataclass
class FakeSigner:
    """Keeps the claims instead of signing them."""

    signed: list[dict[str, Any]] = field(default_factory=list)

    def sign(self, claims: dict[str, Any]) -> str:
        self.signed.append(claims)
        return f"token-{len(self.signed)}"

    def published(self) -> list[dict[str, str]]:
        return []


@dataclass
class FakeClients:
    """Knows one machine."""

    def accepts(self, client_id: str, client_secret: str) -> bool:
        return (client_id, client_secret) == ("worker", "s3cret")

"""What the use cases need of the outside."""

from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any, Protocol

from services.users.domain import Account, Change, Credential, Preferences, StoredSession


class Store(Protocol):
    """One transaction on accounts and sessions."""

    async def add_account(self, account: Account, password_hash: str) -> bool:
        """Adds an account; False when its id or e-mail address is taken."""

    async def credential(self, email: str) -> Credential | None: ...

    async def credential_by_id(self, account_id: str) -> Credential | None: ...

    async def account(self, account_id: str) -> Account | None: ...

    async def update_display_name(self, account_id: str, version: int | None, display_name: str) -> Account | None:
        """The new state; None when the version is not current."""

    async def set_password(self, account_id: str, password_hash: str) -> None: ...

    async def preferences(self, account_id: str) -> Preferences: ...

    async def set_preferences(self, account_id: str, categories: tuple[str, ...]) -> Preferences:
        """Replaces them and tells the change feed."""

    async def add_session(self, session: StoredSession) -> None: ...

    async def add_refresh_token(self, session_id: str, digest: bytes, expire_time: datetime) -> None: ...

    async def use_refresh_token(self, digest: bytes, again_s: int = 0) -> StoredSession | None:
        """Uses the token up; None for one that is unknown, expired, used more than `again_s` seconds before, or of an
        ended session. One that was used before then ends its session."""

    async def session_of(self, digest: bytes) -> StoredSession | None:
        """The live session of a refresh token that is used or not, without using the token."""

    async def end_session(self, digest: bytes) -> bool:
        """Ends the session of a refresh token; whether it lived until now."""

    async def end_sessions(self, subject: str) -> None: ...

    async def erase_account(self, account_id: str) -> None:
        """Deletes the account with its preferences and sessions, and tells the change feed."""

    async def tell_merge(self, visitor: str, user: str) -> None:
        """Tells the change feed that a visitor is a user."""

    async def sweep(self) -> int:
        """Deletes sessions whose refresh tokens have all expired; how many there were."""

    async def changes(self, cursor: str, limit: int) -> tuple[list[Change], str]: ...


class OpenStore(Protocol):
    """Begins a transaction, which is committed when the block ends well."""

    def __call__(self) -> AbstractAsyncContextManager[Store]: ...


class Passwords(Protocol):
    """Hashes passwords, slowly, beside the event loop."""

    async def hash(self, password: str) -> str: ...

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Takes as long for no hash as for a wrong password."""


class Attempts(Protocol):
    """Counts tries by key over a time window, for all replicas together."""

    async def count(self, key: str) -> tuple[int, float]:
        """Counts one more; how many there were in the window, and the seconds until it ends."""

    async def take_back(self, key: str) -> None:
        """Counts one less."""

    async def forget(self, key: str) -> None: ...

    async def sweep(self) -> int:
        """Forgets every window that is over; how many there were."""


class Signer(Protocol):
    """Signs access tokens."""

    def sign(self, claims: dict[str, Any]) -> str: ...

    def published(self) -> list[dict[str, str]]:
        """The public keys as JSON Web Keys, the one that signs first."""


class Clients(Protocol):
    """Knows the machines."""

    def accepts(self, client_id: str, client_secret: str) -> bool: ...

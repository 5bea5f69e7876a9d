"""Log-in, refresh with rotation, log-out, visitors, machines."""

import hashlib
import secrets
import time
import uuid
from datetime import UTC, datetime, timedelta

from services.kit.errors import Unauthenticated
from services.users import domain
from services.users.domain import StoredSession, Tokens
from services.users.ports import Clients, OpenStore, Passwords, Signer, Store
from services.users.use_cases.guesses import Guesses

REFUSED = "The e-mail address or the password is wrong."
RELOAD_S = 10
"""For so long a browser may come with a token that it used: a page that is reloaded, or closed, can miss the answer
with the next one. Longer would only help who has stolen it."""


class Sessions:
    """Everything that ends in tokens."""

    def __init__(self, access_token_s: int, refresh_token_s: int, signer: Signer, open_store: OpenStore) -> None:
        self._access_s = access_token_s
        self._refresh_s = refresh_token_s
        self._signer = signer
        self._open = open_store

    async def begin(self, store: Store, subject: str, roles: tuple[str, ...]) -> Tokens:
        """Starts a session in the caller's transaction."""
        session = StoredSession(uuid.uuid4().hex, subject, roles)
        await store.add_session(session)
        return await self._issue(store, session)

    async def visitor(self) -> Tokens:
        """Starts a session for somebody without an account."""
        async with self._open() as store:
            return await self.begin(store, f"visitors/{uuid.uuid4().hex}", (domain.VISITOR,))

    async def refresh(self, refresh_token: str) -> Tokens:
        """New tokens for a refresh token, which is used up.

        Raises:
            Unauthenticated: the token is unknown, expired, used before (which ends its session), or its session ended.
        """
        async with self._open() as store:
            session = await store.use_refresh_token(digest(refresh_token))
            tokens = await self._issue(store, session) if session else None
        if tokens is None:
            raise Unauthenticated("The session has ended: log in again.", reason="REFRESH_TOKEN_INVALID")
        return tokens

    async def resume(self, refresh_token: str) -> Tokens:
        """New tokens for a browser's refresh token; a visitor's when there is none or its session has ended."""
        async with self._open() as store:
            session = None
            if refresh_token:
                session = await store.use_refresh_token(digest(refresh_token), RELOAD_S)
            if session is not None:
                return await self._issue(store, session)
            return await self.begin(store, f"visitors/{uuid.uuid4().hex}", (domain.VISITOR,))

    async def end(self, refresh_token: str) -> None:
        """Ends the token's session, if it lives."""
        async with self._open() as store:
            await store.end_session(digest(refresh_token))

    async def take_over_visitor(self, store: Store, visitor_refresh_token: str, user: str) -> None:
        """Moves a visitor's history to the user, and uses the visitor's token up.

        A token that is no living visitor's changes nothing. One that was used before ends the visitor's session, as
        in `refresh`: who holds it may not be the visitor.
        """
        if not visitor_refresh_token:
            return
        visitor = await store.session_of(digest(visitor_refresh_token))
        if visitor is None or not visitor.subject.startswith("visitors/"):
            return
        if await store.use_refresh_token(digest(visitor_refresh_token)) is None:
            return
        # Of two log-ins with one visitor's token, the one that ends the session takes the history.
        if await store.end_session(digest(visitor_refresh_token)):
            await store.tell_merge(visitor.subject, user)

    def machine(self, client_id: str, client_secret: str, clients: Clients) -> Tokens:
        """An access token for a machine.

        Raises:
            Unauthenticated: the client is unknown or the secret wrong.
        """
        if not clients.accepts(client_id, client_secret):
            raise Unauthenticated("The client or its secret is wrong.", reason="CLIENT_REFUSED")
        return self._access(StoredSession(uuid.uuid4().hex, f"services/{client_id}", (domain.SERVICE,)))

    async def _issue(self, store: Store, session: StoredSession) -> Tokens:
        refresh_token = secrets.token_urlsafe(32)
        ends = datetime.now(UTC) + timedelta(seconds=self._refresh_s)
        await store.add_refresh_token(session.id, digest(refresh_token), ends)
        access = self._access(session)
        return Tokens(
            session.subject, session.roles, access.access_token, access.access_expire_time, refresh_token, ends
        )

    def _access(self, session: StoredSession) -> Tokens:
        now = int(time.time())
        claims = {
            "iss": "aisle",
            "aud": "aisle",
            "sub": session.subject,
            "roles": list(session.roles),
            "sid": session.id,
            "jti": uuid.uuid4().hex,
            "iat": now,
            "nbf": now,
            "exp": now + self._access_s,
        }
        ends = datetime.fromtimestamp(now + self._access_s, UTC)
        return Tokens(session.subject, session.roles, self._signer.sign(claims), ends)


class Exchange:
    """A machine's secret for an access token."""

    def __init__(self, sessions: Sessions, clients: Clients, guesses: Guesses) -> None:
        self._sessions = sessions
        self._clients = clients
        self._guesses = guesses

    async def __call__(self, client_id: str, client_secret: str, address: str) -> Tokens:
        """An access token for a machine; with the right secret always, and without the database.

        Raises:
            Unauthenticated: the client is unknown or the secret wrong.
            ResourceExhausted: it is, and there were too many such tries.
        """
        try:
            return self._sessions.machine(client_id, client_secret, self._clients)
        except Unauthenticated:
            await self._guesses.exchange_failed(client_id, address)
            raise


class LogIn:
    """Log-in with a password."""

    def __init__(self, sessions: Sessions, passwords: Passwords, guesses: Guesses, open_store: OpenStore) -> None:
        self._sessions = sessions
        self._passwords = passwords
        self._guesses = guesses
        self._open = open_store

    async def __call__(self, email: str, password: str, visitor_refresh_token: str, address: str) -> Tokens:
        """Tokens of the account.

        Raises:
            Unauthenticated: the address has no account or the password is wrong; one answer, in one time.
            ResourceExhausted: there were too many tries.
        """
        email = domain.normalized(email)
        await self._guesses.log_in(email, address)
        async with self._open() as store:
            found = await store.credential(email)
        if not await self._passwords.verify(found.password_hash if found else None, password) or found is None:
            raise Unauthenticated(REFUSED, reason="CREDENTIALS_REFUSED")
        await self._guesses.log_in_succeeded(email, address)
        async with self._open() as store:
            await self._sessions.take_over_visitor(store, visitor_refresh_token, found.account.name)
            return await self._sessions.begin(store, found.account.name, found.account.roles)


def digest(refresh_token: str) -> bytes:
    """What is stored of a refresh token. It is random, so that a plain hash is enough."""
    return hashlib.sha256(refresh_token.encode("utf-8", "surrogateescape")).digest()

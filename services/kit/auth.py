"""Everything of callers in one place: who they are, how that is proved, and a machine's own token."""

import asyncio
import time

import grpc
from aisle.users.v1 import session_service_pb2 as sessions
from aisle.users.v1.session_service_pb2_grpc import SessionServiceStub

from services.kit.principal import Principal
from services.kit.tokens import KeySource, PublishedKeys, TokenVerifier

__all__ = ["ClientCredentials", "KeySource", "Principal", "PublishedKeys", "TokenVerifier"]

EARLY_S = 60.0
"""A token is replaced this long before it ends, so that none ends on its way."""
REFUSALS = (grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.RESOURCE_EXHAUSTED)
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0
"""After a refusal, twice as long with each one more: who has a new secret before users has it asks some thirty times
in a quarter of an hour, however many calls want a token."""


class ClientCredentials:
    """The access token of a machine, got with its secret and renewed in time."""

    def __init__(self, users: grpc.aio.Channel, client_id: str, client_secret: str) -> None:
        self._stub = SessionServiceStub(users)
        self._request = sessions.ExchangeClientCredentialsRequest(client_id=client_id, client_secret=client_secret)
        self._token, self._ends = "", 0.0
        self._lock = asyncio.Lock()
        self._refusal: grpc.aio.AioRpcError | None = None
        self._pause_s, self._pause_ends = FIRST_PAUSE_S, 0.0

    async def token(self) -> str:
        """A token that is good for at least a minute.

        Raises:
            grpc.aio.AioRpcError: users does not answer or refuses the secret, or refused it a moment ago.
        """
        async with self._lock:
            if time.time() > self._ends - EARLY_S:
                await self._renew()
        return self._token

    async def _renew(self) -> None:
        if self._refusal is not None and time.monotonic() < self._pause_ends:
            raise self._refusal.with_traceback(None)
        try:
            session = await self._stub.ExchangeClientCredentials(self._request, timeout=5.0)
        except grpc.aio.AioRpcError as error:
            if error.code() in REFUSALS:
                self._pause(error)
            raise
        self._token, self._ends = session.access_token, session.access_expire_time.ToSeconds()
        self._refusal, self._pause_s = None, FIRST_PAUSE_S

    def _pause(self, refusal: grpc.aio.AioRpcError) -> None:
        self._refusal, self._pause_ends = refusal, time.monotonic() + self._pause_s
        self._pause_s = min(LONGEST_PAUSE_S, 2 * self._pause_s)

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


class ClientCredentials:
    """The access token of a machine, got with its secret and renewed in time."""

    def __init__(self, users: grpc.aio.Channel, client_id: str, client_secret: str) -> None:
        self._stub = SessionServiceStub(users)
        self._request = sessions.ExchangeClientCredentialsRequest(client_id=client_id, client_secret=client_secret)
        self._token, self._ends = "", 0.0
        self._lock = asyncio.Lock()

    async def token(self) -> str:
        """A token that is good for at least a minute.

        Raises:
            grpc.aio.AioRpcError: users does not answer or refuses the secret.
        """
        async with self._lock:
            if time.time() > self._ends - EARLY_S:
                session = await self._stub.ExchangeClientCredentials(self._request, timeout=5.0)
                self._token, self._ends = session.access_token, session.access_expire_time.ToSeconds()
        return self._token

"""Calls to the shop: logged in, and repeated while it is busy or restarting."""

import asyncio
import itertools
import random
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import grpc
from aisle.users.v1 import session_service_pb2 as sessions
from aisle.users.v1.session_service_pb2_grpc import SessionServiceStub
from google.protobuf import any_pb2
from google.rpc import error_details_pb2
from grpc_status.rpc_status import from_call

from services.importer.errors import ServerError
from services.kit.channels import KEEPALIVE

REPEATED = (
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.ABORTED,
)
"""Every write of an import may be repeated, since writing the same twice changes nothing."""
PATIENCE_S = 60.0
"""How long a shop may not answer: a service that restarts on a busy machine is back by then."""
PAUSE_S = 0.25
LONGEST_PAUSE_S = 8.0
CALL_S = 60.0
"""What the gateway gives an import call."""
EARLY_S = 60.0
"""A token is renewed this long before its end."""


class LogIn:
    """Somebody's session, renewed before its access token ends."""

    def __init__(self, address: str, email: str, password: str) -> None:
        self.email = email
        self._password = password
        self._channel = open_channel(address)
        self._stub = SessionServiceStub(self._channel)
        self._session: sessions.Session | None = None
        self._lock = asyncio.Lock()

    async def close(self) -> None:
        """Ends the connection; the session ends by itself."""
        await self._channel.close(None)

    async def session(self) -> sessions.Session:
        """A session whose access token is good for a while.

        Raises:
            grpc.aio.AioRpcError: the users service refuses, or is away.
        """
        async with self._lock:
            if self._session is None or self._session.access_expire_time.seconds < time.time() + EARLY_S:
                self._session = await self._renewed()
            return self._session

    def forget(self, session: sessions.Session) -> None:
        """The session is not accepted any more."""
        if self._session is session:
            self._session = None

    async def _renewed(self) -> sessions.Session:
        if self._session is not None:
            try:
                request = sessions.RefreshSessionRequest(refresh_token=self._session.refresh_token)
                return await self._stub.RefreshSession(request, timeout=CALL_S)
            except grpc.aio.AioRpcError as error:
                if error.code() is not grpc.StatusCode.UNAUTHENTICATED:
                    raise
        log_in = sessions.LogInRequest(email=self.email, password=self._password)
        return await self._stub.LogIn(log_in, timeout=CALL_S)


class Connection:
    """A channel to the shop, used with somebody's log-in."""

    def __init__(self, address: str, log_in: LogIn, patience_s: float = PATIENCE_S) -> None:
        self.address = address
        self.channel = open_channel(address)
        self._log_in = log_in
        self._patience_s = patience_s

    async def close(self) -> None:
        """Ends the connection."""
        await self.channel.close(None)

    async def call(self, method: Callable[..., Any], request: Any) -> Any:
        """The answer; tries again while the shop is busy or away.

        Raises:
            ServerError: it stayed away, or refuses the log-in.
            grpc.aio.AioRpcError: it refuses the request.
        """
        began = time.monotonic()
        for attempt in itertools.count():
            session = None
            try:
                session = await self._log_in.session()
                metadata = (("authorization", f"Bearer {session.access_token}"),)
                return await method(request, timeout=CALL_S, metadata=metadata)
            except grpc.aio.AioRpcError as error:
                if error.code() is grpc.StatusCode.UNAUTHENTICATED and session is not None and not attempt:
                    self._log_in.forget(session)  # ended meanwhile, or signed with a key that was rotated away
                    continue
                pause = self._pause(attempt, error)
                if time.monotonic() + pause > began + self._patience_s:
                    said = (error.details() or "no reason given").rstrip(".")
                    why = f"{self.address} does not answer: {error.code().name}: {said}."
                    raise ServerError(f"{why} Run the same command again to go on from here.") from None
                await asyncio.sleep(pause)
        raise AssertionError("unreachable")

    def _pause(self, attempt: int, error: grpc.aio.AioRpcError) -> float:
        """Seconds until the next try.

        Raises:
            ServerError: the log-in is refused.
            grpc.aio.AioRpcError: another try would end the same.
        """
        if error.code() in (grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED):
            raise ServerError(f"{self.address} refuses {self._log_in.email}: {error.details()}") from None
        if error.code() not in REPEATED:
            raise error
        return _pause(attempt, error)


def open_channel(address: str) -> grpc.aio.Channel:
    """A channel to `http://host:port`, `https://host[:port]` or `host:port`."""
    url = urlsplit(address if "://" in address else f"http://{address}")
    if url.scheme not in ("http", "https") or not url.hostname:
        raise ServerError(f"{address} is no address of a shop; write it like http://127.0.0.1:8080")
    try:
        target = f"{url.hostname}:{url.port or (443 if url.scheme == 'https' else 80)}"
    except ValueError:
        raise ServerError(f"{address} has no port that exists; write it like http://127.0.0.1:8080") from None
    if url.scheme == "https":
        return grpc.aio.secure_channel(target, grpc.ssl_channel_credentials(), options=KEEPALIVE)
    return grpc.aio.insecure_channel(target, options=KEEPALIVE)


def why(error: grpc.aio.AioRpcError) -> tuple[str, str]:
    """Field and reason of a refused request."""
    for detail in _details(error):
        bad = error_details_pb2.BadRequest()
        if detail.Is(bad.DESCRIPTOR) and detail.Unpack(bad) and bad.field_violations:
            return bad.field_violations[0].field, bad.field_violations[0].description
    return "", error.details() or error.code().name


def _pause(attempt: int, error: grpc.aio.AioRpcError) -> float:
    pause: float = min(LONGEST_PAUSE_S, PAUSE_S * 2 ** min(attempt, 8))
    for detail in _details(error):
        retry = error_details_pb2.RetryInfo()
        if detail.Is(retry.DESCRIPTOR) and detail.Unpack(retry):
            asked = float(retry.retry_delay.ToTimedelta().total_seconds())
            pause = max(pause, min(LONGEST_PAUSE_S, asked))
    # Not all at once: those that were refused together would be refused together again.
    return pause * (0.75 + random.random() / 2)  # noqa: S311


def _details(error: grpc.aio.AioRpcError) -> list[any_pb2.Any]:
    status = from_call(error)  # type: ignore[arg-type]  # it has all that is asked of a Call
    return list(status.details) if status else []

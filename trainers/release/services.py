"""Calls to the shop's services, as the merchant."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

import grpc
from aisle.catalog.v1.product_service_pb2_grpc import ProductServiceStub
from aisle.recs.v1.release_service_pb2_grpc import ReleaseServiceStub
from aisle.recs.v1.user_event_service_pb2_grpc import UserEventServiceStub
from aisle.users.v1 import session_service_pb2 as sessions
from aisle.users.v1.account_service_pb2_grpc import AccountServiceStub
from aisle.users.v1.session_service_pb2_grpc import SessionServiceStub

from trainers.release.errors import ReleaseError, of_call
from trainers.release.places import Places

TIMEOUT_S = 60.0
"""Of one call. A page of 500 long products took 0.4 s on a busy machine; what takes a minute hangs."""
STREAM_S = 3_600.0
RENEW_S = 120.0
"""An access token is renewed this long before it ends."""
OPTIONS = (
    ("grpc.max_receive_message_length", 64 * 1024 * 1024),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.max_reconnect_backoff_ms", 2_000),
)
Metadata = tuple[tuple[str, str], ...]


class Services:
    """Stubs, and the access token that goes with every call."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._channels = {name: channel(getattr(places, name)) for name in ("users", "catalog", "recs")}
        self.products = ProductServiceStub(self._channels["catalog"])
        self.events = UserEventServiceStub(self._channels["recs"])
        self.releases = ReleaseServiceStub(self._channels["recs"])
        self.accounts = AccountServiceStub(self._channels["users"])
        self._sessions = SessionServiceStub(self._channels["users"])
        self._token, self._expires = "", 0.0

    def __enter__(self) -> "Services":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        for channel in self._channels.values():
            channel.close()

    def metadata(self) -> Metadata:
        """What goes with a call; logs in when the token is about to end.

        Raises:
            ReleaseError: the log-in fails.
        """
        if time.time() > self._expires - RENEW_S:
            self._log_in()
        return (("authorization", f"Bearer {self._token}"),)

    @contextmanager
    def calling(self, what: str, service: str) -> Iterator[None]:
        """Turns what a service answers into a sentence."""
        try:
            yield
        except grpc.RpcError as error:
            raise of_call(what, self.address(service), error) from error

    def address(self, service: str) -> str:
        """Where a service is."""
        address: str = getattr(self._places, service)
        return address

    def _log_in(self) -> None:
        file = self._places.password_file
        try:
            password = file.read_text().strip()
        except OSError as error:
            raise ReleaseError(
                f"The merchant's password cannot be read: {error}. Name it with --password-file."
            ) from error
        request = sessions.LogInRequest(email=self._places.email, password=password)
        with self.calling("Logging in", "users"):
            session = self._sessions.LogIn(request, timeout=TIMEOUT_S)
        self._token = session.access_token
        self._expires = session.access_expire_time.seconds


def channel(address: str) -> grpc.Channel:
    """A channel to all replicas of a service."""
    replicas = [part.strip() for part in address.split(",")]
    target = f"ipv4:{','.join(replicas)}" if len(replicas) > 1 else replicas[0]
    return grpc.insecure_channel(target, options=OPTIONS)

"""Tells whether a server went away, if only for a moment."""

import threading
from urllib.parse import urlsplit

import grpc

READY_S = 10.0
OPTIONS = (
    # Connected all the time, so that a server that dies is noticed: gRPC lets go of idle connections otherwise.
    ("grpc.client_idle_timeout_ms", 2**31 - 1),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 500),
)


class Lifeline:
    """A connection of its own to a server, which is watched and not used.

    pymilvus connects again by itself: a server that was killed and started between two calls, or while one of them
    waited, answers the next one as if nothing had happened, without the rows that it had not made durable.
    """

    def __init__(self, uri: str) -> None:
        parts = urlsplit(uri)
        secure = parts.scheme == "https"
        target = f"{parts.hostname}:{parts.port or (443 if secure else 19530)}"
        self._channel = (
            grpc.secure_channel(target, grpc.ssl_channel_credentials(), OPTIONS)
            if secure
            else grpc.insecure_channel(target, OPTIONS)
        )
        self._connected = False
        self._lost = threading.Event()
        self._channel.subscribe(self._changed, try_to_connect=True)

    def begin(self) -> None:
        """Waits for the connection and forgets what was.

        Raises:
            grpc.FutureTimeoutError: the server cannot be reached.
        """
        grpc.channel_ready_future(self._channel).result(READY_S)
        self._connected = True
        self._lost.clear()

    @property
    def lost(self) -> bool:
        """Whether the server was away since `begin`."""
        return self._lost.is_set()

    def close(self) -> None:
        """Lets go of the server. gRPC's own thread looks at the channel a last time, so that it closes after that."""
        self._channel.unsubscribe(self._changed)

    def _changed(self, state: grpc.ChannelConnectivity) -> None:
        if state is grpc.ChannelConnectivity.READY:
            self._connected = True
        elif self._connected:
            self._connected = False
            self._lost.set()

"""Channels to other services: keepalive, retries of reads, and the caller's deadline and ids passed on."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import grpc
from google.protobuf import descriptor_pool
from google.protobuf.descriptor_pb2 import MethodOptions

from services.kit import context
from services.kit.errors import DeadlineExceeded

Token = Callable[[], Awaitable[str]]
KEEPALIVE = (
    # Matches the server's options in services.kit.server.
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.max_receive_message_length", 64 * 1024 * 1024),
    ("grpc.max_send_message_length", 16 * 1024 * 1024),
    # A restarted service is found again within a second.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1_000),
)
RETRY = {
    "maxAttempts": 3,
    "initialBackoff": "0.02s",
    "maxBackoff": "0.2s",
    "backoffMultiplier": 2,
    "retryableStatusCodes": ["UNAVAILABLE"],
}
# Once a tenth of the calls fail, retries stop: they would only add to the load.
THROTTLE = {"maxTokens": 100, "tokenRatio": 0.1}


def channel(
    address: str, *services: str, token: Token | None = None, forward_authorization: bool = False
) -> grpc.aio.Channel:
    """A channel to `host:port[,host:port]`, balanced over the replicas.

    Args:
        address: where the replicas are.
        services: full names of the services called; their reads are retried when a replica is UNAVAILABLE.
        token: an own access token for every call.
        forward_authorization: send the caller's access token on instead.
    """
    replicas = [part.strip() for part in address.split(",")]
    target = f"ipv4:{','.join(replicas)}" if len(replicas) > 1 else f"dns:///{replicas[0]}"
    config = {
        "loadBalancingConfig": [{"round_robin": {}}],
        "methodConfig": [{"name": _reads(services), "retryPolicy": RETRY}] if _reads(services) else [],
        "retryThrottling": THROTTLE,
    }
    options = (*KEEPALIVE, ("grpc.service_config", json.dumps(config)))
    return PassingChannel(grpc.aio.insecure_channel(target, options=options), token, forward_authorization)


def _reads(services: tuple[str, ...]) -> list[dict[str, str]]:
    pool = descriptor_pool.Default()
    return [
        {"service": service, "method": method.name}
        for service in services
        for method in pool.FindServiceByName(service).methods
        if method.GetOptions().idempotency_level == MethodOptions.NO_SIDE_EFFECTS
    ]


class PassingChannel(grpc.aio.Channel):
    """A channel whose calls carry the caller's request id, trace and remaining time.

    The client interceptors of grpc.aio do the same through two more tasks a call, which cost more than the call's
    own work on this side.
    """

    def __init__(self, channel: grpc.aio.Channel, token: Token | None, forward: bool) -> None:
        self._channel = channel
        self._token = token
        self._forward = forward

    def unary_unary(self, *args: Any, **kwargs: Any) -> Any:
        """What calls a method with one answer."""
        call: Any = self._channel.unary_unary(*args, **kwargs)

        async def passing(request: Any, **options: Any) -> Any:
            return await call(request, **await self._passed(options))

        return passing

    def unary_stream(self, *args: Any, **kwargs: Any) -> Any:
        """What calls a method with many answers."""
        call: Any = self._channel.unary_stream(*args, **kwargs)

        async def passing(request: Any, **options: Any) -> AsyncIterator[Any]:
            async for answer in call(request, **await self._passed(options)):
                yield answer

        return passing

    def stream_unary(self, *args: Any, **kwargs: Any) -> Any:
        """What calls a method that takes many messages; nothing is passed on."""
        return self._channel.stream_unary(*args, **kwargs)

    def stream_stream(self, *args: Any, **kwargs: Any) -> Any:
        """What calls a method with messages both ways; nothing is passed on."""
        return self._channel.stream_stream(*args, **kwargs)

    async def __aenter__(self) -> "PassingChannel":
        await self._channel.__aenter__()
        return self

    async def __aexit__(self, *raised: Any) -> None:
        await self._channel.__aexit__(*raised)

    async def close(self, grace: float | None = None) -> None:
        """Closes it; calls under way are cancelled after the grace period."""
        await self._channel.close(grace)

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:
        """Whether it is connected."""
        return self._channel.get_state(try_to_connect)

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        """Returns once its state is another."""
        await self._channel.wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        """Returns once it is connected."""
        await self._channel.channel_ready()

    async def _passed(self, options: dict[str, Any]) -> dict[str, Any]:
        limit, metadata = options.get("timeout"), list(options.get("metadata") or ())
        if (state := context.current()) is not None:
            metadata.append(("x-request-id", state.request_id))
            if state.traceparent:
                metadata.append(("traceparent", state.traceparent))
            if self._forward and state.principal is not None:
                metadata.append(("authorization", f"Bearer {state.principal.token}"))
            # gRPC notices by a timer that a call has no time, and by then a write may have arrived.
            if (left := context.time_remaining()) <= 0:
                raise DeadlineExceeded
            if left != float("inf"):
                limit = left if limit is None else min(limit, left)
        if self._token is not None:
            metadata.append(("authorization", f"Bearer {await self._token()}"))
        return {**options, "timeout": limit, "metadata": metadata}

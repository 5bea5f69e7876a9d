"""Channels to other services: keepalive, retries of reads, and the caller's deadline and ids passed on."""

import json
from collections.abc import Awaitable, Callable
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
    interceptors: Any = [_UnaryUnary(token, forward_authorization), _UnaryStream(token, forward_authorization)]
    return grpc.aio.insecure_channel(target, options=options, interceptors=interceptors)


def _reads(services: tuple[str, ...]) -> list[dict[str, str]]:
    pool = descriptor_pool.Default()
    return [
        {"service": service, "method": method.name}
        for service in services
        for method in pool.FindServiceByName(service).methods
        if method.GetOptions().idempotency_level == MethodOptions.NO_SIDE_EFFECTS
    ]


class _Passing:
    def __init__(self, token: Token | None, forward_authorization: bool) -> None:
        self._token = token
        self._forward = forward_authorization

    async def _details(self, details: grpc.aio.ClientCallDetails) -> grpc.aio.ClientCallDetails:
        metadata = grpc.aio.Metadata(*(details.metadata or ()))
        timeout = details.timeout
        if (state := context.current()) is not None:
            metadata.add("x-request-id", state.request_id)
            if state.traceparent:
                metadata.add("traceparent", state.traceparent)
            if self._forward and state.principal is not None:
                metadata.add("authorization", f"Bearer {state.principal.token}")
            # gRPC notices by a timer that a call has no time, and by then a write may have arrived.
            if (left := context.time_remaining()) <= 0:
                raise DeadlineExceeded
            if left != float("inf"):
                timeout = left if timeout is None else min(timeout, left)
        if self._token is not None:
            metadata.add("authorization", f"Bearer {await self._token()}")
        return grpc.aio.ClientCallDetails(
            details.method, timeout, metadata, details.credentials, details.wait_for_ready
        )


class _UnaryUnary(_Passing, grpc.aio.UnaryUnaryClientInterceptor):  # type: ignore[type-arg]
    async def intercept_unary_unary(self, continuation: Any, details: grpc.aio.ClientCallDetails, request: Any) -> Any:
        return await continuation(await self._details(details), request)


class _UnaryStream(_Passing, grpc.aio.UnaryStreamClientInterceptor):  # type: ignore[type-arg]
    async def intercept_unary_stream(self, continuation: Any, details: grpc.aio.ClientCallDetails, request: Any) -> Any:
        return await continuation(await self._details(details), request)

"""Asks the processes how they are: a probe returns when its process can serve, else it raises."""

from collections.abc import Awaitable, Callable

import grpc
import httpx
from grpc_health.v1 import health_pb2, health_pb2_grpc

from local.postgres import Postgres

Probe = Callable[[], Awaitable[None]]
# Long enough for a busy two-core machine, short enough that a hung process shows as one.
TIMEOUT_S = 3.0
# MilvusService.CheckHealth answers `is_healthy` (field 2) = true with these bytes. Reading them here saves
# loading pymilvus, which would cost every `make status` a second.
MILVUS_HEALTHY = b"\x10\x01"


class NotHealthyError(Exception):
    """The process answered, and said that it cannot serve."""


def grpc_probe(port: int) -> Probe:
    """Probes a server that speaks grpc.health.v1."""

    async def probe() -> None:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            stub = health_pb2_grpc.HealthStub(channel)
            reply = await stub.Check(health_pb2.HealthCheckRequest(), timeout=TIMEOUT_S)
        if reply.status != health_pb2.HealthCheckResponse.SERVING:
            raise NotHealthyError(health_pb2.HealthCheckResponse.ServingStatus.Name(reply.status))

    return probe


def http_probe(url: str) -> Probe:
    """Probes a server by an address that answers 200 when it can serve."""

    async def probe() -> None:
        async with httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False) as client:
            reply = await client.get(url)
        if reply.status_code != 200:
            raise NotHealthyError(f"{url} answered {reply.status_code}")

    return probe


def milvus_probe(port: int) -> Probe:
    """Probes a Milvus server."""

    async def probe() -> None:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            check = channel.unary_unary("/milvus.proto.milvus.MilvusService/CheckHealth", bytes, bytes)
            reply = await check(b"", timeout=TIMEOUT_S)
        if MILVUS_HEALTHY not in reply:
            raise NotHealthyError("Milvus says that it is not healthy")

    return probe


def postgres_probe(server: Postgres, password: str) -> Probe:
    """Probes PostgreSQL by a query."""

    async def probe() -> None:
        connection = await server.connect(password)
        try:
            await connection.fetchval("SELECT 1")
        finally:
            await connection.close()

    return probe

"""Whether the worker keeps up."""

import asyncio

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

TIMEOUT_S = 1.0


class WorkerHealth:
    """Asks the worker's health now and then; without an address it is trusted."""

    def __init__(self, channel: grpc.aio.Channel | None, poll_s: float) -> None:
        self._stub = health_pb2_grpc.HealthStub(channel) if channel is not None else None
        self._poll_s = poll_s
        self._fresh = channel is None

    def fresh(self) -> bool:
        """Whether features are up to date, as far as was asked."""
        return self._fresh

    async def refresh(self) -> None:
        """Asks once."""
        if self._stub is None:
            return
        try:
            answer = await self._stub.Check(health_pb2.HealthCheckRequest(), timeout=TIMEOUT_S)
            self._fresh = answer.status == health_pb2.HealthCheckResponse.SERVING
        except grpc.aio.AioRpcError:
            self._fresh = False

    async def watch(self) -> None:
        """Asks for as long as the process runs."""
        while True:
            await self.refresh()
            await asyncio.sleep(self._poll_s)

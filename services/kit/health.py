"""Health that follows what the service really depends on."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from grpc_health.v1 import health_pb2
from grpc_health.v1._async import HealthServicer

from services.kit import telemetry

EVERY_S = 1.0
TIMEOUT_S = 2.0
"""A dependency that takes longer than this to say that it is there is as good as gone."""
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
Probe = Callable[[], Awaitable[None]]
log = telemetry.logger("aisle.health")


class Health:
    """grpc.health.v1 for a service and for the whole server (the empty name)."""

    def __init__(self, service_names: Sequence[str], dependencies: Mapping[str, Probe]) -> None:
        self.servicer = HealthServicer()
        self._names = ["", *service_names]
        self._dependencies = dependencies
        self._up: dict[str, bool] = {}
        self._leaving = False

    async def watch(self) -> None:
        """Asks the dependencies every second, for as long as the server runs."""
        while not self._leaving:
            await self.update()
            await asyncio.sleep(EVERY_S)

    async def update(self) -> None:
        """Asks every dependency once and answers accordingly from then on."""
        results = await asyncio.gather(*(self._ask(name, probe) for name, probe in self._dependencies.items()))
        if not self._leaving:
            await self._say(SERVING if all(results) else NOT_SERVING)

    async def leave(self) -> None:
        """Says NOT_SERVING for good."""
        self._leaving = True
        await self._say(NOT_SERVING)

    async def _ask(self, name: str, probe: Probe) -> bool:
        try:
            await asyncio.wait_for(probe(), TIMEOUT_S)
            up, why = True, ""
        except Exception as error:
            up, why = False, f"{type(error).__name__}: {error}"
        if self._up.get(name) != up:
            self._up[name] = up
            log.info("dependency", dependency=name, up=up, why=why[:500])
        telemetry.HEALTHY.labels(name).set(up)
        return up

    async def _say(self, status: "health_pb2.HealthCheckResponse.ServingStatus.ValueType") -> None:
        for name in self._names:
            await self.servicer.set(name, status)

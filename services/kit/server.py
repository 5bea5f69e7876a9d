"""Runs a service: the gRPC server, health, reflection, metrics, and an end that loses no call."""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import grpc
from grpc_health.v1 import health, health_pb2_grpc
from grpc_reflection.v1alpha.reflection import SERVICE_NAME as REFLECTION

from services.kit import reflection, telemetry, validation
from services.kit import settings as kit_settings
from services.kit.app import App
from services.kit.chain import Chain
from services.kit.health import Health
from services.kit.interception import Interceptor

MAX_MESSAGE_BYTES = 16 * 1024 * 1024
"""A picture of 8 MiB, or an import of 5,000 events, with room."""
MAX_METADATA_BYTES = 96 * 1024
OPTIONS = (
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", 64 * 1024 * 1024),
    ("grpc.so_reuseport", 0),
    # The gateway refuses headers above 32 KiB by itself, and sends a long path twice: as it came and as it is now.
    ("grpc.max_metadata_size", MAX_METADATA_BYTES),
    ("grpc.absolute_max_metadata_size", MAX_METADATA_BYTES),
    # Channels ping every 30 s (services.kit.channels); a server that allows less answers GOAWAY.
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
)
S = TypeVar("S", bound=kit_settings.ServiceSettings)
log = telemetry.logger("aisle.server")


@dataclass
class RunningServer:
    """A server that answers."""

    app: App
    port: int
    server: grpc.aio.Server
    health: Health
    tasks: list[asyncio.Task[None]]

    async def stop(self, drain_s: float = 0.0) -> None:
        """Says NOT_SERVING, waits for balancers to notice, finishes the calls in work, closes the resources."""
        await self.health.leave()
        await asyncio.sleep(drain_s)
        for end in self.app.at_stop:
            end()
        await self.server.stop(self.app.settings.stop_s)
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.app.resources.aclose()


async def start(app: App) -> RunningServer:
    """Starts a server for the app; tests call this too.

    Raises:
        RuntimeError: the address to listen on is taken.
        ValueError: a contract uses a rule that services.kit.validation does not know.
    """
    validation.prepare(app.service_names)
    settings = app.settings
    chain = Chain(
        app.verifier,
        settings.max_concurrent,
        settings.default_timeout_s,
        settings.longest_timeout_s,
        settings.longest_stream_s,
    )
    server = grpc.aio.server(interceptors=[Interceptor(chain)], options=OPTIONS)
    app.register(server)
    status = Health(app.service_names, app.dependencies)
    health_pb2_grpc.add_HealthServicer_to_server(status.servicer, server)
    reflection.add([*app.service_names, health.SERVICE_NAME, REFLECTION], server)
    port = server.add_insecure_port(settings.listen)
    await status.update()
    await server.start()
    tasks = [asyncio.create_task(status.watch())]
    tasks += [asyncio.create_task(work()) for work in app.background]
    return RunningServer(app, port, server, status, tasks)


def run(build: Callable[[S], Awaitable[App]], settings_class: type[S]) -> None:
    """A service's `__main__`: reads settings, serves until SIGTERM or SIGINT, exits with 1 if a part of it dies."""
    settings = kit_settings.load(settings_class)
    telemetry.configure_logs(settings.log_level)
    sys.exit(asyncio.run(_serve(build, settings)))


async def _serve(build: Callable[[S], Awaitable[App]], settings: S) -> int:
    app = await build(settings)
    telemetry.serve_metrics(settings.metrics_listen, app.resources)
    app.resources.callback(telemetry.configure_traces(app.name, settings.otlp_endpoint))
    running = await start(app)
    log.info("serving", service=app.name, port=running.port)
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked.set)
    wait = asyncio.create_task(asked.wait())
    done, _ = await asyncio.wait([wait, *running.tasks], return_when=asyncio.FIRST_COMPLETED)
    died = [task for task in done if task is not wait]
    for task in died:
        log.error("background task ended", exc_info=task.exception())
    log.info("stopping", service=app.name)
    wait.cancel()
    await running.stop(0.0 if died else settings.drain_s)
    return 1 if died else 0

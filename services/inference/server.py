"""Runs the inference server, with an end that loses no call."""

import asyncio
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1._async import HealthServicer
from tritonclient.grpc import service_pb2_grpc

from services.inference import http
from services.inference.app import App, build
from services.inference.interception import Interceptor
from services.inference.settings import InferenceSettings
from services.kit import settings as kit_settings
from services.kit import telemetry

SERVICE = "inference.GRPCInferenceService"
OPTIONS = (
    # As large as gRPC can: a batch of pictures is larger than any limit that suits a table of numbers (Triton's too).
    ("grpc.max_receive_message_length", 2**31 - 1),
    ("grpc.max_send_message_length", 2**31 - 1),
    ("grpc.so_reuseport", 0),
    # Channels ping every 30 s (services.kit.channels); a server that allows less answers GOAWAY.
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
)
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
log = telemetry.logger("aisle.server")


@dataclass
class RunningServer:
    """A server that answers."""

    app: App
    port: int
    http_port: int
    server: grpc.aio.Server
    health: HealthServicer
    stop_http: Callable[[], None]
    tasks: list[asyncio.Task[None]]

    async def say(self, ready: bool) -> None:
        """Health, over gRPC and HTTP alike."""
        self.app.state.ready = ready
        for name in ("", SERVICE):
            await self.health.set(name, SERVING if ready else NOT_SERVING)

    async def stop(self, drain_s: float = 0.0) -> None:
        """Says that it is not ready, waits for balancers to notice, finishes the calls in work, closes everything."""
        await self.say(False)
        await asyncio.sleep(drain_s)
        await self.server.stop(self.app.settings.stop_s)
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        self.stop_http()
        await self.app.resources.aclose()


async def start(app: App) -> RunningServer:
    """Starts a server for the app; tests call this too.

    Raises:
        RuntimeError: the address of the gRPC server is taken.
        OSError: the address of the HTTP server is taken.
    """
    interceptor = Interceptor(traced=bool(app.settings.otlp_endpoint))
    server = grpc.aio.server(interceptors=[interceptor], options=OPTIONS)
    service_pb2_grpc.add_GRPCInferenceServiceServicer_to_server(app.servicer, server)
    health = HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(health, server)
    port = server.add_insecure_port(app.settings.listen)
    http_port, stop_http = 0, _nothing
    if app.settings.metrics_listen:
        http_port, stop_http = http.serve(app.settings.metrics_listen, app.routes)
    await server.start()
    tasks = [asyncio.create_task(work()) for work in app.background]
    running = RunningServer(app, port, http_port, server, health, stop_http, tasks)
    await running.say(True)
    return running


def run() -> None:
    """Reads settings, serves until SIGTERM or SIGINT, exits with 1 if a part of it dies."""
    settings = kit_settings.load(InferenceSettings)
    telemetry.configure_logs(settings.log_level)
    sys.exit(asyncio.run(_serve(settings)))


async def _serve(settings: InferenceSettings) -> int:
    asked, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked.set)
    app = await build(settings)
    app.resources.callback(telemetry.configure_traces("inference", settings.otlp_endpoint))
    running = await start(app)
    log.info("serving", service="inference", port=running.port, http_port=running.http_port)
    wait = asyncio.create_task(asked.wait())
    done, _ = await asyncio.wait([wait, *running.tasks], return_when=asyncio.FIRST_COMPLETED)
    died = [task for task in done if task is not wait]
    for task in died:
        log.error("background task ended", exc_info=task.exception())
    log.info("stopping", service="inference")
    wait.cancel()
    await running.stop(0.0 if died else settings.drain_s)
    return 1 if died else 0


def _nothing() -> None:
    """There is no HTTP server to stop."""

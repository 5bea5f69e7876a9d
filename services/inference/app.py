"""Wires the inference server."""

from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from services.inference import metrics
from services.inference.http import Answer, Routes
from services.inference.polling import poll
from services.inference.repository import Repository
from services.inference.servicer import InferenceServicer
from services.inference.settings import InferenceSettings
from services.inference.state import ServerState


@dataclass(frozen=True)
class App:
    """The server, wired; its models are loaded."""

    settings: InferenceSettings
    servicer: InferenceServicer
    repository: Repository
    state: ServerState
    routes: Routes
    """What is answered over HTTP."""
    background: Sequence[Callable[[], Coroutine[Any, Any, None]]]
    """Tasks that run while it serves."""
    resources: AsyncExitStack
    """Closed, in reverse order, after the last call."""


async def build(settings: InferenceSettings) -> App:
    """The server, with everything that its repository holds loaded and warm."""
    resources = AsyncExitStack()
    # A load takes seconds of one core; it must not stand in the way of requests.
    loading = ThreadPoolExecutor(1, "load")
    running = ThreadPoolExecutor(settings.threads, "infer")
    for pool in (loading, running):
        resources.callback(pool.shutdown)
    repository = Repository(settings.model_repository.absolute(), loading, running)
    await repository.load_all()
    resources.push_async_callback(repository.drain)
    state = ServerState(settings.model_control_mode == "explicit")

    async def follow() -> None:
        await poll(repository, settings.poll_s)

    return App(
        settings=settings,
        servicer=InferenceServicer(repository, state),
        repository=repository,
        state=state,
        routes=_routes(repository, state),
        background=[follow] if settings.model_control_mode == "poll" else [],
        resources=resources,
    )


def _routes(repository: Repository, state: ServerState) -> Routes:
    def live() -> Answer:
        return HTTPStatus.OK, b""

    def ready() -> Answer:
        return (HTTPStatus.OK if state.ready else HTTPStatus.SERVICE_UNAVAILABLE), b""

    def numbers() -> Answer:
        return HTTPStatus.OK, metrics.render(repository.serving())

    return {"/v2/health/live": live, "/v2/health/ready": ready, "/metrics": numbers}

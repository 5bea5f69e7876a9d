"""What a composition root hands to the server."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import grpc

from services.kit.settings import ServiceSettings
from services.kit.tokens import TokenVerifier


@dataclass(frozen=True)
class App:
    """A service, wired and ready to be served."""

    name: str
    settings: ServiceSettings
    register: Callable[[grpc.aio.Server], None]
    """Adds the servicers to a server."""
    service_names: Sequence[str]
    """Full names of the services, for health and reflection."""
    verifier: TokenVerifier
    dependencies: Mapping[str, Callable[[], Awaitable[None]]] = field(default_factory=dict)
    """Probes of what the service cannot do without: health is NOT_SERVING while one raises."""
    background: Sequence[Callable[[], Coroutine[Any, Any, None]]] = ()
    """Tasks that run while it serves. When one ends or raises, the process stops and exits with 1."""
    at_stop: Sequence[Callable[[], None]] = ()
    """Called once no new work is wanted: ends the calls that wait for something to happen."""
    resources: AsyncExitStack = field(default_factory=AsyncExitStack)
    """Closed, in reverse order, after the last call."""

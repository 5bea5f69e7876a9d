"""What a handler may know of the call that it answers."""

import asyncio
import math
from contextvars import ContextVar
from dataclasses import dataclass, field

from services.kit.principal import Principal


@dataclass(slots=True)
class CallState:
    """One call, as far as handlers and outgoing calls need it."""

    request_id: str
    traceparent: str = ""
    deadline: float = math.inf
    """On the event loop's clock, in seconds."""
    principal: Principal | None = None
    client_address: str = ""
    """Where the caller is, as the gateway saw it, or the peer's own address."""
    response_headers: list[tuple[str, str]] = field(default_factory=list)


_call: ContextVar[CallState | None] = ContextVar("aisle_call", default=None)


def enter(state: CallState) -> None:
    """Makes `state` the call of this task."""
    _call.set(state)


def current() -> CallState | None:
    """The call of this task; None outside one."""
    return _call.get()


def principal() -> Principal | None:
    """Who calls; None for a caller without a token."""
    state = _call.get()
    return state.principal if state else None


def request_id() -> str:
    """Id of the call; empty outside one."""
    state = _call.get()
    return state.request_id if state else ""


def client_address() -> str:
    """Address of the caller; empty outside a call."""
    state = _call.get()
    return state.client_address if state else ""


def time_remaining() -> float:
    """Seconds until the caller's deadline; infinite outside a call."""
    state = _call.get()
    return state.deadline - asyncio.get_running_loop().time() if state else math.inf


def add_response_header(name: str, value: str) -> None:
    """Sends one more header with the answer, such as `cache-control`. Does nothing outside a call."""
    if (state := _call.get()) is not None:
        state.response_headers.append((name, value))

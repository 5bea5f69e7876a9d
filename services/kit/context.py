"""What a handler may know of the call that it answers."""

import asyncio
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Protocol

from services.kit.principal import Principal


class Work(Protocol):
    """The calls in work, of which there are only so many."""

    def begin(self) -> None:
        """One more."""
        ...

    def leave(self) -> None:
        """One less."""
        ...


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
    work: Work | None = None
    """Where the call has its place; None before it is admitted."""
    waited_s: float = 0.0
    """Seconds in which it did nothing but wait for something to happen."""


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


@contextmanager
def waiting() -> Iterator[None]:
    """The call waits for something to happen: it takes no place among those in work, and this is no time of its own."""
    state = _call.get()
    if state is None or (work := state.work) is None:
        yield
        return
    began = time.perf_counter()
    work.leave()
    try:
        yield
    finally:
        work.begin()
        state.waited_s += time.perf_counter() - began

"""The one chain that every call goes through, in its one order.

Decoding happens inside: a plain grpc.aio server answers malformed bytes with UNKNOWN and the exception's text before
any interceptor has seen them.
"""

import asyncio
import re
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf.message import DecodeError, Message
from opentelemetry import trace

from services.kit import authorization, context, database, telemetry
from services.kit.errors import AisleError, DeadlineExceeded, Internal, InvalidArgument, ResourceExhausted, Unavailable
from services.kit.policy import MethodPolicy
from services.kit.tokens import TokenVerifier
from services.kit.validation import validate

GATEWAY_MS = re.compile(r"^[0-9]{1,9}$")
REQUEST_ID = re.compile(r"^[A-Za-z0-9._:-]{1,128}$")
log = telemetry.logger("aisle.call")


@dataclass(slots=True)
class Call:
    """One call on its way through the chain."""

    policy: MethodPolicy
    request: Any
    """Bytes until they are decoded."""
    grpc_context: grpc.aio.ServicerContext[Any, Any]
    metadata: dict[str, str]
    state: context.CallState
    code: str = "OK"
    started: float = field(default_factory=time.perf_counter)


Next = Callable[[Call], Awaitable[Any]]
Step = Callable[["Chain", Call, Next], Awaitable[Any]]


@dataclass
class Chain:
    """The steps, and what they need."""

    verifier: TokenVerifier
    max_concurrent: int
    default_timeout_s: float
    longest_timeout_s: float
    longest_stream_s: float
    in_work: int = 0

    def begin(self) -> None:
        """One more call is in work."""
        self.in_work += 1
        telemetry.IN_WORK.set(self.in_work)

    def leave(self) -> None:
        """One less is."""
        self.in_work -= 1
        telemetry.IN_WORK.set(self.in_work)

    def around(self, handler: Next, steps: "tuple[Step, ...] | None" = None) -> Next:
        """The handler with every step in front of it."""
        wrapped = handler
        for step in reversed(STEPS if steps is None else steps):
            wrapped = self._link(step, wrapped)
        return wrapped

    def _link(self, step: Step, after: Next) -> Next:
        return lambda call: step(self, call, after)


async def identify(chain: Chain, call: Call, after: Next) -> Any:
    """Gives the call its request id and its place in a trace."""
    context.enter(call.state)
    if not call.metadata.get("traceparent") and isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        return await after(call)  # no traces are configured, and none is under way
    parent = telemetry.propagator.extract(call.metadata)
    with telemetry.tracer().start_as_current_span(call.policy.path, parent, kind=trace.SpanKind.SERVER) as span:
        span.set_attribute("aisle.request_id", call.state.request_id)
        carrier: dict[str, str] = {}
        telemetry.propagator.inject(carrier)
        call.state.traceparent = carrier.get("traceparent", call.metadata.get("traceparent", ""))
        return await after(call)


async def measure(chain: Chain, call: Call, after: Next) -> Any:
    """Counts and times the call, and logs it. Of a call that waits for something to happen, its work is timed.

    Services list each other's changes all the time: of such a call that goes well only the metrics speak.
    """
    call.code = "CANCELLED"
    try:
        return await after(call)
    finally:
        seconds = time.perf_counter() - call.started - call.state.waited_s
        telemetry.CALLS.labels(call.policy.service, call.policy.name, call.code).inc()
        telemetry.SECONDS.labels(call.policy.service, call.policy.name).observe(seconds)
        _sayer(call)("call", method=call.policy.path, code=call.code, ms=round(seconds * 1000, 2))


def _sayer(call: Call) -> Callable[..., Any]:
    """What logs the call, at the level that it is worth."""
    if call.code in {"INTERNAL", "UNKNOWN"}:
        said: Callable[..., Any] = log.error
    elif call.code == "OK" and call.policy.name.startswith("List") and _from_a_service(call):
        said = log.debug
    else:
        said = log.info
    return said


def _from_a_service(call: Call) -> bool:
    return call.state.principal is not None and call.state.principal.is_service


async def render_errors(chain: Chain, call: Call, after: Next) -> Any:
    """Turns whatever is raised into a google.rpc.Status. Nobody else aborts."""
    try:
        answer = await after(call)
    except AisleError as raised:
        error = raised
    except (asyncio.CancelledError, GeneratorExit, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as raised:  # what a library in Rust panics with is no Exception
        error = _unexpected(raised, call)
    else:
        call.code = "OK"
        return answer
    call.code = error.code.name
    status = error.status()
    trailing = (("grpc-status-details-bin", status.SerializeToString()), ("x-request-id", call.state.request_id))
    await call.grpc_context.abort(error.code, error.message, trailing)


def _unexpected(raised: BaseException, call: Call) -> AisleError:
    if isinstance(raised, Exception) and database.is_gone(raised):
        # Every call says so while it lasts: a line each is enough.
        log.warning("no database", method=call.policy.path, why=f"{type(raised).__name__}: {raised}"[:300])
        return Unavailable("The service cannot reach its database at the moment. Try again.", retry_after=1.0)
    log.error("unexpected", method=call.policy.path, exc_info=raised)
    return Internal(call.state.request_id)


async def bound_time(chain: Chain, call: Call, after: Next) -> Any:
    """Ends the call at the earliest of the caller's and the gateway's deadline and the longest that is given anybody.

    Where neither names one, the server's own holds.
    """
    # The transcoder drops grpc-timeout, so a REST caller's time arrives in Envoy's header alone.
    gateway = call.metadata.get("x-envoy-expected-rq-timeout-ms", "")
    given = int(gateway) / 1000 if GATEWAY_MS.match(gateway) else 0.0
    named = [call.grpc_context.time_remaining(), given or None]
    longest = chain.longest_stream_s if call.policy.streaming else chain.longest_timeout_s
    seconds = min(longest, *([limit for limit in named if limit is not None] or [chain.default_timeout_s]))
    call.state.deadline = asyncio.get_running_loop().time() + seconds
    try:
        async with asyncio.timeout(seconds) as limit:
            return await after(call)
    except TimeoutError:
        # Something inside may have had a shorter limit of its own, and the caller's time is not over then.
        if limit.expired():
            raise DeadlineExceeded from None
        raise


async def admit(chain: Chain, call: Call, after: Next) -> Any:
    """Refuses a call when too many are in work: queueing it would make everyone late."""
    if chain.in_work >= chain.max_concurrent:
        raise ResourceExhausted("The service is busy. Try again.", retry_after=0.5, reason="OVERLOADED")
    chain.begin()
    call.state.work = chain
    try:
        return await after(call)
    finally:
        chain.leave()


async def decode(chain: Chain, call: Call, after: Next) -> Any:
    """Reads the request; says nothing of how that failed."""
    try:
        call.request = call.policy.decode(call.request)
    except (DecodeError, ValueError):
        raise InvalidArgument("The request is not a valid message.", reason="MALFORMED_MESSAGE") from None
    return await after(call)


async def authenticate(chain: Chain, call: Call, after: Next) -> Any:
    """Finds out who calls. A bad token is refused even where none is needed."""
    if given := call.metadata.get("authorization", ""):
        scheme, _, token = given.partition(" ")
        # A scheme that is not bearer verifies as an empty token, and is refused as one.
        call.state.principal = await chain.verifier.verify(token if scheme.lower() == "bearer" else "")
    return await after(call)


async def authorize(chain: Chain, call: Call, after: Next) -> Any:
    """Checks the method's access option."""
    authorization.authorize(call.policy, call.request, call.state.principal)
    return await after(call)


async def check_fields(chain: Chain, call: Call, after: Next) -> Any:
    """Checks the limits of the request's fields."""
    validate(call.request)
    return await after(call)


STEPS: tuple[Step, ...] = (
    identify,
    measure,
    render_errors,
    bound_time,
    admit,
    decode,
    authenticate,
    authorize,
    check_fields,
)


def unary(handler: Callable[[Message, Any], Awaitable[Message]]) -> Next:
    """The end of the chain for a method with one answer."""

    async def answer(call: Call) -> Message:
        response = await handler(call.request, call.grpc_context)
        await call.grpc_context.send_initial_metadata(_headers(call.state))
        return response

    return answer


def streaming(handler: Callable[[Message, Any], AsyncIterator[Message]]) -> Next:
    """The end of the chain for a method with many answers."""

    async def answer(call: Call) -> None:
        await call.grpc_context.send_initial_metadata(_headers(call.state))
        async for response in handler(call.request, call.grpc_context):
            await call.grpc_context.write(response)

    return answer


def _headers(state: context.CallState) -> tuple[tuple[str, str], ...]:
    return (("x-request-id", state.request_id), *state.response_headers)


def new_call(policy: MethodPolicy, request: bytes, grpc_context: grpc.aio.ServicerContext[Any, Any]) -> Call:
    """A call at the head of the chain."""
    metadata = {k: v for k, v in grpc_context.invocation_metadata() or () if isinstance(v, str)}
    given = metadata.get("x-request-id", "")
    request_id = given if REQUEST_ID.match(given) else str(uuid.uuid4())
    address = metadata.get("x-envoy-external-address") or _peer(grpc_context.peer())
    state = context.CallState(request_id, metadata.get("traceparent", ""), client_address=address)
    return Call(policy, request, grpc_context, metadata, state)


def _peer(peer: str) -> str:
    """`ipv4:127.0.0.1:50000` -> `127.0.0.1`."""
    return peer.partition(":")[2].rpartition(":")[0]

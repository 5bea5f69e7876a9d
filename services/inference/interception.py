"""What every call goes through: bytes are decoded inside, errors leave as Triton's, and nothing else does."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import grpc
from google.protobuf.message import DecodeError, Message
from opentelemetry import trace

from services.inference.errors import InferenceError, invalid
from services.kit import telemetry

Handler = Any
Context = Any
log = telemetry.logger("aisle.call")


class Interceptor(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]
    """Gives each method a handler that takes bytes; it makes spans only where somebody collects them."""

    def __init__(self, traced: bool = False) -> None:
        self._handlers: dict[str, Handler] = {}
        self._traced = traced

    async def intercept_service(
        self, continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler]], details: grpc.HandlerCallDetails
    ) -> Handler:
        """The handler of the method, made at its first call."""
        path = details.method
        if (handler := self._handlers.get(path)) is not None:
            return handler
        original = await continuation(details)
        if original is None:
            return original
        made = _unary(path, original, self._traced) if original.unary_unary is not None else _stream(path, original)
        self._handlers[path] = made
        return made


def _unary(path: str, original: Handler, traced: bool) -> Handler:
    service, method = path.strip("/").split("/")
    counted = {code: telemetry.CALLS.labels(service, method, code.name) for code in grpc.StatusCode}
    seconds = telemetry.SECONDS.labels(service, method)

    async def entry(data: bytes, context: Context) -> Any:
        started, code = time.perf_counter(), grpc.StatusCode.CANCELLED
        try:
            answer = await original.unary_unary(_decode(original, data), context)
            code = grpc.StatusCode.OK
        except InferenceError as error:
            code = error.code
            await context.abort(error.code, error.message)
        except NotImplementedError:
            code = grpc.StatusCode.UNIMPLEMENTED
            await context.abort(code, f"{method} is not implemented")
        except Exception:
            code = grpc.StatusCode.INTERNAL
            log.exception("unexpected", method=path)
            await context.abort(code, "internal error")
        finally:
            counted[code].inc()
            seconds.observe(time.perf_counter() - started)
        return answer

    run = _spanning(path, entry) if traced else entry
    return grpc.unary_unary_rpc_method_handler(run, None, original.response_serializer)


def _spanning(path: str, entry: Callable[[bytes, Context], Awaitable[Any]]) -> Callable[[bytes, Context], Any]:
    """The method as a span of its caller's trace."""

    async def run(data: bytes, context: Context) -> Any:
        metadata = {key: value for key, value in context.invocation_metadata() or () if isinstance(value, str)}
        parent = telemetry.propagator.extract(metadata)
        with telemetry.tracer().start_as_current_span(path, parent, kind=trace.SpanKind.SERVER):
            return await entry(data, context)

    return run


def _stream(path: str, original: Handler) -> Handler:
    """Of the inference protocol and of health; reflection is not offered."""

    async def decoded(messages: AsyncIterator[bytes]) -> AsyncIterator[Message]:
        async for data in messages:
            yield _decode(original, data)

    async def many(messages: AsyncIterator[bytes], context: Context) -> AsyncIterator[Any]:
        try:
            async for answer in original.stream_stream(decoded(messages), context):
                yield answer
        except InferenceError as error:
            await context.abort(error.code, error.message)
        except Exception:
            log.exception("unexpected", method=path)
            await context.abort(grpc.StatusCode.INTERNAL, "internal error")

    async def one(data: bytes, context: Context) -> None:
        try:
            request = _decode(original, data)
        except InferenceError as error:
            await context.abort(error.code, error.message)
        await original.unary_stream(request, context)

    if original.stream_stream is not None:
        return grpc.stream_stream_rpc_method_handler(many, None, original.response_serializer)
    return grpc.unary_stream_rpc_method_handler(one, None, original.response_serializer)


def _decode(original: Handler, data: bytes) -> Message:
    try:
        message: Message = original.request_deserializer(data)
    except (DecodeError, ValueError):
        raise invalid("the request is not a valid message") from None
    return message

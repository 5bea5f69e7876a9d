"""What every call goes through: bytes are decoded inside, errors leave as Triton's, and nothing else does."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
from google.protobuf.message import DecodeError, Message

from services.inference.errors import InferenceError, invalid
from services.kit import telemetry

Handler = Any
Context = Any
log = telemetry.logger("aisle.call")


class Interceptor(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]
    """Gives each method with one answer a handler that takes bytes."""

    def __init__(self) -> None:
        self._handlers: dict[str, Handler] = {}

    async def intercept_service(
        self, continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler]], details: grpc.HandlerCallDetails
    ) -> Handler:
        """The handler of the method, made at its first call."""
        path = details.method
        if (handler := self._handlers.get(path)) is not None:
            return handler
        original = await continuation(details)
        if original is None or original.unary_unary is None:
            return original
        self._handlers[path] = handler = _guarded(path, original)
        return handler


def _guarded(path: str, original: Handler) -> Handler:
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

    return grpc.unary_unary_rpc_method_handler(entry, None, original.response_serializer)


def _decode(original: Handler, data: bytes) -> Message:
    try:
        message: Message = original.request_deserializer(data)
    except (DecodeError, ValueError):
        raise invalid("the request is not a valid message") from None
    return message

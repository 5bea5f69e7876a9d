"""Puts the chain in front of every method of a server."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import grpc
from google.protobuf.message import DecodeError

from services.kit import policy, rendered
from services.kit.chain import Chain, new_call, streaming, unary

# The stubs of grpc know the synchronous handlers alone.
Handler = Any
MALFORMED = object()


class Interceptor(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]
    """Gives each method a handler that takes bytes and goes through the chain; health and reflection go beside it."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._handlers: dict[str, Handler] = {}

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
        of_method = policy.of(path)
        made = _beside(original) if of_method is None else self._through(original, of_method)
        self._handlers[path] = made
        return made

    def _through(self, original: Handler, of_method: policy.MethodPolicy) -> Handler:
        if original.unary_unary is not None:
            run = self._chain.around(unary(original.unary_unary))
            make = grpc.unary_unary_rpc_method_handler
        elif original.unary_stream is not None:
            run = self._chain.around(streaming(original.unary_stream))
            make = grpc.unary_stream_rpc_method_handler
        else:
            raise TypeError(f"{of_method.path}: requests that are streams have no place in the chain")

        async def entry(request: bytes, grpc_context: grpc.aio.ServicerContext[Any, Any]) -> Any:
            return await run(new_call(of_method, request, grpc_context))

        return make(entry, None, rendered.serializer(original.response_serializer))


def _beside(original: Handler) -> Handler:
    """Health and reflection: no chain, but malformed bytes get INVALID_ARGUMENT there too."""

    def read(data: bytes) -> Any:
        try:
            return original.request_deserializer(data)
        except (DecodeError, ValueError):
            return MALFORMED

    async def one(request: Any, grpc_context: grpc.aio.ServicerContext[Any, Any]) -> Any:
        if request is MALFORMED:
            await _refuse(grpc_context)
        found = original.unary_unary(request, grpc_context)
        return await found if isinstance(found, Awaitable) else found

    async def to_stream(request: Any, grpc_context: grpc.aio.ServicerContext[Any, Any]) -> None:
        if request is MALFORMED:
            await _refuse(grpc_context)
        await _forward(original.unary_stream(request, grpc_context), grpc_context)

    async def from_stream(requests: AsyncIterator[Any], grpc_context: grpc.aio.ServicerContext[Any, Any]) -> None:
        async def checked() -> AsyncIterator[Any]:
            async for request in requests:
                if request is MALFORMED:
                    await _refuse(grpc_context)
                yield request

        await _forward(original.stream_stream(checked(), grpc_context), grpc_context)

    if original.unary_unary is not None:
        return grpc.unary_unary_rpc_method_handler(one, read, original.response_serializer)
    if original.unary_stream is not None:
        return grpc.unary_stream_rpc_method_handler(to_stream, read, original.response_serializer)
    return grpc.stream_stream_rpc_method_handler(from_stream, read, original.response_serializer)


async def _forward(answers: Any, grpc_context: grpc.aio.ServicerContext[Any, Any]) -> None:
    if isinstance(answers, Awaitable):
        await answers
        return
    async for answer in answers:
        await grpc_context.write(answer)


async def _refuse(grpc_context: grpc.aio.ServicerContext[Any, Any]) -> None:
    await grpc_context.abort(grpc.StatusCode.INVALID_ARGUMENT, "The request is not a valid message.")

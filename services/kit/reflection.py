"""Reflection: a service describes itself, and the whole shop to whoever asks through the gateway."""

import importlib
from collections.abc import AsyncIterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import aisle
import grpc
from grpc_health.v1 import health
from grpc_reflection.v1alpha import reflection, reflection_pb2_grpc
from grpc_reflection.v1alpha._async import ReflectionServicer

DOMAINS = "x-aisle-domains"
"""The header by which the gateway names the domains that it serves, such as `catalog,users`."""


class Reflection(reflection_pb2_grpc.ServerReflectionServicer):  # type: ignore[misc]
    """grpc.reflection.v1alpha with another list of services for the gateway's callers."""

    def __init__(self, names: Sequence[str]) -> None:
        self._own = ReflectionServicer(names)

    async def ServerReflectionInfo(self, requests: AsyncIterator[Any], context: Any) -> AsyncIterator[Any]:  # noqa: N802
        """Answers each request of the stream."""
        metadata = dict(context.invocation_metadata() or ())
        asked = frozenset(str(metadata.get(DOMAINS, "")).split(",")) & _domains()
        about = _of_domains(asked) if asked else self._own
        async for answer in about.ServerReflectionInfo(requests, context):
            yield answer


def add(names: Sequence[str], server: grpc.aio.Server) -> None:
    """Makes the server describe the services of these names."""
    reflection_pb2_grpc.add_ServerReflectionServicer_to_server(Reflection(names), server)


@cache
def _domains() -> frozenset[str]:
    return frozenset(file.parts[-3] for file in _contracts("*"))


@cache
def _of_domains(domains: frozenset[str]) -> Any:
    """Describes every service of the domains; their contracts are imported when somebody first asks."""
    names = [health.SERVICE_NAME, reflection.SERVICE_NAME]
    for domain in sorted(domains):
        for file in _contracts(domain):
            module = importlib.import_module(f"aisle.{domain}.v1.{file.stem}")
            names += [service.full_name for service in module.DESCRIPTOR.services_by_name.values()]
    return ReflectionServicer(names)


def _contracts(domain: str) -> list[Path]:
    """The generated modules of a domain's messages and services."""
    return sorted(file for root in aisle.__path__ for file in Path(root).glob(f"{domain}/v1/*_pb2.py"))

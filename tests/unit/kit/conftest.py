"""The server that calls.py describes."""

from collections.abc import AsyncIterator

import grpc
import pytest

from services.kit.server import RunningServer
from services.kit.settings import ServiceSettings
from tests.support.tokens import Issuer
from tests.unit.kit.calls import LONGEST_S, serving


@pytest.fixture
async def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
async def server(issuer: Issuer) -> AsyncIterator[RunningServer]:
    settings = ServiceSettings(max_concurrent=2, default_timeout_s=1.0, longest_timeout_s=LONGEST_S)
    async with serving(issuer, settings) as running:
        yield running


@pytest.fixture
async def channel(server: RunningServer) -> AsyncIterator[grpc.aio.Channel]:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        yield channel

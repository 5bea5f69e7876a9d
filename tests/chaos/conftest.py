"""The mesh of the other tests, whole again after each of these."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from tests.chaos.shoppers import client
from tests.support.mesh import RunningMesh, wait_until


@pytest.fixture
def whole(mesh: RunningMesh) -> Iterator[RunningMesh]:
    """The mesh, healthy before the test and after it."""
    mesh.wait_healthy(seconds=180)
    yield mesh
    mesh.wait_healthy(seconds=180)


@pytest.fixture
async def http(whole: RunningMesh) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the gateway."""
    async with client(whole.url) as opened:
        yield opened


async def kill(mesh: RunningMesh, name: str) -> None:
    """kill -9, as soon as the process runs; one that the process manager is about to start has no id yet."""
    await asyncio.to_thread(wait_until, lambda: mesh.process(name).pid, 10, f"{name} to run")
    mesh.kill(name)

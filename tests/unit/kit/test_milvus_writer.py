"""A writer that is closed waits for no flush that goes on beside."""

import asyncio
import threading

import pytest

from services.kit import milvus_writer
from services.kit.milvus_writer import Writer

SOON_S = 5.0


class Lifeline:
    """A server that is never away."""

    lost = False

    def __init__(self, uri: str) -> None: ...

    def close(self) -> None: ...


class Client:
    """Connects when it is told to, and flushes until it is closed."""

    may_connect, connects, flushes = threading.Event(), threading.Event(), threading.Event()

    def __init__(self, *_: object, **__: object) -> None:
        self._closed = threading.Event()
        self.connects.set()
        assert self.may_connect.wait(SOON_S)

    def flush(self, name: str, timeout: float) -> None:
        self.flushes.set()
        assert self._closed.wait(SOON_S), "nobody closed the client"
        raise ConnectionError(f"closed while {name} was flushed")

    def close(self) -> None:
        self._closed.set()


@pytest.fixture
def writer(monkeypatch: pytest.MonkeyPatch) -> Writer:
    for event in (Client.may_connect, Client.connects, Client.flushes):
        event.clear()
    monkeypatch.setattr(milvus_writer, "Lifeline", Lifeline)
    monkeypatch.setattr(milvus_writer, "MilvusClient", Client)
    return Writer("http://index.test:1", "", flush_apart=True)


async def happened(event: threading.Event) -> None:
    assert await asyncio.to_thread(event.wait, SOON_S)


async def test_a_flush_under_way_fails_when_the_writer_is_closed(writer: Writer) -> None:
    Client.may_connect.set()
    flush = asyncio.create_task(writer.flush(["items"]))
    await happened(Client.flushes)
    writer.close()
    with pytest.raises(ConnectionError, match="closed while items was flushed"):
        await flush


async def test_a_flush_that_still_connects_does_not_begin(writer: Writer) -> None:
    flush = asyncio.create_task(writer.flush(["items"]))
    await happened(Client.connects)
    writer.close()
    Client.may_connect.set()
    with pytest.raises(ConnectionError, match="the writer is closed"):
        await flush
    assert not Client.flushes.is_set()

"""The process as a whole: health, the tables, the command."""

import asyncio
import os
import shutil
import signal
import sys

import grpc
import pytest
from aisle.catalog.v1 import product_service_pb2 as pb
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from grpc_health.v1 import health_pb2, health_pb2_grpc
from sqlalchemy import Connection, NullPool, make_url
from sqlalchemy.ext.asyncio import create_async_engine

from services.catalog.adapters.tables import metadata
from services.catalog.app import build
from services.catalog.settings import CatalogSettings
from services.kit.server import RunningServer, start
from tests.integration.catalog.conftest import Client
from tests.integration.catalog.test_products import create
from tests.support.postgres import free_port
from tests.support.tokens import Issuer

SERVING = health_pb2.HealthCheckResponse.SERVING


async def health(channel: grpc.aio.Channel) -> int:
    request = health_pb2.HealthCheckRequest(service="aisle.catalog.v1.ProductService")
    answer = await health_pb2_grpc.HealthStub(channel).Check(request)
    return int(answer.status)


class Relay:
    """A way to the database that can be cut."""

    def __init__(self, target: int) -> None:
        self.port = free_port()
        self._target = target
        self._server: asyncio.Server | None = None
        self._writers: list[asyncio.StreamWriter] = []

    async def open(self) -> None:
        """Lets connections through."""
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", self.port)

    async def cut(self) -> None:
        """Breaks every connection and takes no more."""
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        self._writers += [writer, far_writer]
        await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer), return_exceptions=True)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()
    writer.close()


async def test_health_follows_the_picture_folder(
    catalog: RunningServer, client: Client, settings: CatalogSettings
) -> None:
    assert await health(client.channel) == SERVING
    shutil.rmtree(settings.pictures_dir)
    await catalog.health.update()
    assert await health(client.channel) != SERVING
    settings.pictures_dir.mkdir()
    await catalog.health.update()
    assert await health(client.channel) == SERVING


async def test_a_lost_database_is_unavailable_and_its_return_is_enough(
    settings: CatalogSettings, issuer: Issuer
) -> None:
    url = make_url(settings.database_url)
    relay = Relay(url.port or 0)
    await relay.open()
    relayed = url.set(port=relay.port).render_as_string(hide_password=False)
    running = await start(await build(settings.model_copy(update={"database_url": relayed}), issuer.verifier()))
    async with grpc.aio.insecure_channel(f"127.0.0.1:{running.port}") as channel:
        client = Client(channel, issuer.metadata("users/merchant", "merchant"))
        made = await create(client)
        await relay.cut()
        error = await client.refused("GetProduct", pb.GetProductRequest(name=made.name))
        assert error.code() is grpc.StatusCode.UNAVAILABLE
        await running.health.update()
        assert await health(channel) != SERVING
        await relay.open()
        assert await client.call("GetProduct", pb.GetProductRequest(name=made.name)) == made
        await running.health.update()
        assert await health(channel) == SERVING
    await running.stop()
    await relay.cut()


@pytest.mark.filterwarnings("ignore:Did not recognize type 'xid8'")
async def test_the_migrations_make_the_tables_that_the_code_sees(
    catalog: RunningServer, settings: CatalogSettings
) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found = compare_metadata(context, metadata)
        return [difference for difference in found if "alembic_version" not in str(difference)]

    engine = create_async_engine(settings.database_url, poolclass=NullPool)
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


async def test_the_command_serves_and_ends_in_order(settings: CatalogSettings) -> None:
    port, metrics = free_port(), free_port()
    variables = {
        "AISLE_CATALOG_LISTEN": f"127.0.0.1:{port}",
        "AISLE_CATALOG_METRICS_LISTEN": f"127.0.0.1:{metrics}",
        "AISLE_CATALOG_DATABASE_URL": settings.database_url,
        "AISLE_CATALOG_USERS_ADDRESS": f"127.0.0.1:{free_port()}",
        "AISLE_CATALOG_PICTURES_DIR": str(settings.pictures_dir / "new"),
        "AISLE_CATALOG_DRAIN_S": "0",
    }
    command = (sys.executable, "-m", "services.catalog")
    process = await asyncio.create_subprocess_exec(
        *command, env=os.environ | variables, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            await asyncio.wait_for(channel.channel_ready(), 120)
            assert await health(channel) == SERVING
            listed = await Client(channel, ()).call("ListProducts", pb.ListProductsRequest())
            assert listed.total_size == 0
    finally:
        process.send_signal(signal.SIGTERM)
        returned = await asyncio.wait_for(process.wait(), 30)
    assert returned == 0

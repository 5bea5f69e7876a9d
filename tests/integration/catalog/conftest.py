"""The catalogue on a real PostgreSQL, and a second replica of it."""

from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest
from sqlalchemy import NullPool, text
from sqlalchemy.ext.asyncio import create_async_engine

from services.catalog.app import build
from services.catalog.settings import CatalogSettings
from services.kit import telemetry
from services.kit.server import RunningServer, start
from tests.integration.catalog.clients import Client
from tests.integration.catalog.shoppers import NewShopper, Shopper
from tests.support.postgres import NewDatabase
from tests.support.tokens import Issuer

_TABLES = text(
    "SELECT string_agg(tablename, ', ') FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
)


@pytest.fixture(scope="session", autouse=True)
def logs() -> None:
    """As in production: structlog's own default draws a picture of every traceback, which takes seconds."""
    telemetry.configure_logs("warning")


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture(scope="session")
def catalog_database(new_database: NewDatabase) -> str:
    return new_database("catalog")


@pytest.fixture
async def database_url(catalog_database: str) -> str:
    """A database that is new, or has empty tables: a new one for every test would take a second each."""
    engine = create_async_engine(catalog_database, poolclass=NullPool)
    async with engine.begin() as connection:
        found = (await connection.execute(_TABLES)).scalar_one()
        if found:
            await connection.execute(text(f"TRUNCATE {found}"))
    await engine.dispose()
    return catalog_database


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> CatalogSettings:
    return CatalogSettings(
        database_url=database_url,
        users_address="127.0.0.1:1",
        pictures_dir=tmp_path / "pictures",
        picture_unused_s=0,
        sweep_every_s=0.2,
        payment_provider="test",
        payment_timeout_s=2.0,
        settle_every_s=0.1,
        settle_after_s=0.5,
    )


@pytest.fixture
async def catalog(settings: CatalogSettings, issuer: Issuer) -> AsyncIterator[RunningServer]:
    running = await start(await build(settings, issuer.verifier()))
    yield running
    await running.stop()


@pytest.fixture
async def client(catalog: RunningServer, issuer: Issuer) -> AsyncIterator[Client]:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{catalog.port}") as channel:
        yield Client(channel, issuer.metadata("users/merchant", "merchant"))


@pytest.fixture
async def second(catalog: RunningServer, settings: CatalogSettings, issuer: Issuer) -> AsyncIterator[Client]:
    running = await start(await build(settings, issuer.verifier()))
    async with grpc.aio.insecure_channel(f"127.0.0.1:{running.port}") as channel:
        yield Client(channel, issuer.metadata("users/merchant", "merchant"))
    await running.stop()


@pytest.fixture
def shopper(client: Client, issuer: Issuer) -> NewShopper:
    """Makes people who buy."""
    return lambda subject="": Shopper(client.channel, issuer, subject)

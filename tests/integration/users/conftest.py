"""The users service on a real PostgreSQL."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest
from aisle.users.v1.account_service_pb2_grpc import AccountServiceStub
from aisle.users.v1.session_service_pb2_grpc import SessionServiceStub

from services.kit.server import RunningServer, start
from services.users.app import build
from services.users.settings import UsersSettings
from tests.support.postgres import NewDatabase

ADMIN = {"email": "admin@shop.test", "password": "correct horse"}


@pytest.fixture
async def users(new_database: NewDatabase, tmp_path: Path) -> AsyncIterator[RunningServer]:
    clients = tmp_path / "clients.json"
    clients.write_text(json.dumps({"worker": "s3cret"}))
    settings = UsersSettings(
        database_url=new_database("users"),
        signing_keys_dir=tmp_path / "keys",
        admin_email=ADMIN["email"],
        admin_password=ADMIN["password"],
        clients_file=clients,
        guesses_per_account_and_address=4,
        exchanges_per_client_and_address=4,
    )
    running = await start(await build(settings))
    yield running
    await running.stop()


@pytest.fixture
async def channel(users: RunningServer) -> AsyncIterator[grpc.aio.Channel]:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{users.port}") as channel:
        yield channel


@pytest.fixture
def sessions(channel: grpc.aio.Channel) -> SessionServiceStub:
    return SessionServiceStub(channel)


@pytest.fixture
def accounts(channel: grpc.aio.Channel) -> AccountServiceStub:
    return AccountServiceStub(channel)

"""search and its worker among real parts: PostgreSQL, Milvus Lite, the inference server, users and the catalogue."""

import asyncio
import json
import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import pytest
import pytest_asyncio
from aisle.search.v1 import search_release_service_pb2 as releases_pb
from aisle.search.v1 import search_service_pb2 as pb
from aisle.search.v1.search_release_service_pb2_grpc import SearchReleaseServiceStub
from aisle.search.v1.search_service_pb2_grpc import SearchServiceStub
from aisle.users.v1 import session_service_pb2 as sessions_pb
from aisle.users.v1.account_service_pb2_grpc import AccountServiceStub
from aisle.users.v1.session_service_pb2_grpc import SessionServiceStub

from services.catalog.app import build as build_catalog
from services.catalog.settings import CatalogSettings
from services.kit import telemetry
from services.kit.server import RunningServer, start
from services.search.app import build as build_search
from services.search.settings import SearchSettings, WorkerSettings
from services.search.worker.app import build as build_worker
from services.users.app import build as build_users
from services.users.settings import UsersSettings
from tests.integration.recs import programs
from tests.integration.recs.programs import Program
from tests.integration.search import encoders
from tests.integration.search.merchant import Merchant
from tests.support.postgres import NewDatabase, free_port

ADMIN = {"email": "admin@shop.test", "password": "correct horse"}
Metadata = tuple[tuple[str, str], ...]


@pytest.fixture(scope="session", autouse=True)
def logs() -> None:
    """As in production: structlog's own default draws a picture of every traceback, which takes seconds."""
    telemetry.configure_logs("warning")


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="aisle-search-") as name:
        yield Path(name)


@pytest.fixture(scope="session")
def search_milvus(folder: Path) -> Iterator[Program]:
    program = programs.milvus(folder)
    program.start()
    yield program
    program.stop()


@pytest.fixture(scope="session")
def search_inference(folder: Path) -> Iterator[Program]:
    repository = folder / "models"
    for version in (1, 2):
        encoders.write(repository, version)
    program = programs.inference(folder, repository)
    program.start()
    yield program
    program.stop()


@dataclass
class Shop:
    """Everything up, and the means to talk to it."""

    merchant: Merchant
    milvus: Program
    inference: Program
    users: str
    admin: Metadata
    settings: SearchSettings
    worker_settings: WorkerSettings
    server: RunningServer
    channel: grpc.aio.Channel
    worker: RunningServer | None = None
    releases_made: int = 0
    sessions: SessionServiceStub = field(init=False)
    accounts: AccountServiceStub = field(init=False)
    stub: SearchServiceStub = field(init=False)
    releases: SearchReleaseServiceStub = field(init=False)

    def __post_init__(self) -> None:
        users = grpc.aio.insecure_channel(self.users)
        self.sessions, self.accounts = SessionServiceStub(users), AccountServiceStub(users)
        self.stub, self.releases = SearchServiceStub(self.channel), SearchReleaseServiceStub(self.channel)

    async def search(self, query: str = "", who: Metadata = (), **fields: Any) -> pb.SearchResponse:
        """Searches."""
        return await self.stub.Search(pb.SearchRequest(query=query, **fields), metadata=who, timeout=20)

    async def ids(self, query: str = "", who: Metadata = (), **fields: Any) -> list[str]:
        """Ids of what is found."""
        reply = await self.search(query, who, **fields)
        return [result.product.removeprefix("products/") for result in reply.results]

    async def suggest(self, query: str, who: Metadata = (), **fields: Any) -> list[tuple[str, str]]:
        """(kind, text) of completions."""
        reply = await self.stub.Suggest(pb.SuggestRequest(query=query, **fields), metadata=who, timeout=20)
        kinds = pb.SuggestResponse.Kind
        return [(kinds.Name(found.kind).removeprefix("KIND_"), found.text) for found in reply.suggestions]

    async def refused(self, query: str = "", **fields: Any) -> grpc.aio.AioRpcError:
        """The error of a search that is refused."""
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await self.search(query, **fields)
        return caught.value

    async def visitor(self) -> tuple[str, Metadata, str]:
        """Name, metadata and refresh token of a new visitor."""
        session = await self.sessions.CreateVisitorSession(sessions_pb.CreateVisitorSessionRequest())
        return session.subject, bearer(session.access_token), session.refresh_token

    async def release(self, promote: bool = True, **changes: Any) -> releases_pb.SearchRelease:
        """Registers a release, and promotes it."""
        self.releases_made += 1
        spec = json.dumps(encoders.spec(**changes))
        request = releases_pb.CreateSearchReleaseRequest(
            search_release=releases_pb.SearchRelease(encoder_spec=spec), search_release_id=str(self.releases_made)
        )
        release = await self.releases.CreateSearchRelease(request, metadata=self.admin)
        if promote:
            release = await self._promote(release.name)
        return release

    async def _promote(self, name: str, tries: int = 10) -> releases_pb.SearchRelease:
        """Promotes; on a machine that does much else the models may not answer in time at first."""
        request = releases_pb.PromoteSearchReleaseRequest(name=name)
        while True:
            try:
                return await self.releases.PromoteSearchRelease(request, metadata=self.admin, timeout=20)
            except grpc.aio.AioRpcError as error:
                tries -= 1
                if error.code() is not grpc.StatusCode.UNAVAILABLE or not tries:
                    raise
                await asyncio.sleep(2)

    async def answering(self, release: str, seconds: float = 30) -> None:
        """Waits until a release answers."""

        async def answers() -> bool:
            return (await self.search("shoe")).release == release

        await until(answers, seconds, f"{release} to answer")

    async def start_worker(self) -> None:
        """Starts the worker in this process."""
        self.worker = await start(await build_worker(self.worker_settings))

    async def stop_worker(self) -> None:
        """Stops it."""
        if self.worker is not None:
            await self.worker.stop()
            self.worker = None


def bearer(token: str) -> Metadata:
    return (("authorization", f"Bearer {token}"),)


async def until(condition: Callable[[], Awaitable[Any]], seconds: float, what: str) -> Any:
    """Asks until the answer is true; returns it."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while True:
        if answer := await condition():
            return answer
        assert loop.time() < deadline, f"waited {seconds} s in vain for {what}"
        await asyncio.sleep(0.02)


@asynccontextmanager
async def opened(
    name: str, new_database: NewDatabase, folder: Path, milvus: Program, inference: Program, pictures: bool = True
) -> AsyncIterator[Shop]:
    """Everything, with the worker and the products of `Merchant.furnish`; databases begin with the name."""
    clients, secret, key = folder / "clients.json", folder / "secret", folder / "key"
    clients.write_text(json.dumps({"search": "s3cret"}))
    secret.write_text("s3cret")
    key.write_bytes(os.urandom(48).hex().encode())
    users = await start(
        await build_users(
            UsersSettings(
                database_url=new_database(f"{name}_users"),
                signing_keys_dir=folder / "keys",
                admin_email=ADMIN["email"],
                admin_password=ADMIN["password"],
                clients_file=clients,
            )
        )
    )
    users_address = f"127.0.0.1:{users.port}"
    async with grpc.aio.insecure_channel(users_address) as channel:
        session = await SessionServiceStub(channel).LogIn(sessions_pb.LogInRequest(**ADMIN))
    admin = bearer(session.access_token)
    catalog = await start(
        await build_catalog(
            CatalogSettings(
                listen=f"127.0.0.1:{free_port()}",
                database_url=new_database(f"{name}_catalog"),
                users_address=users_address,
                pictures_dir=folder / "pictures",
            )
        )
    )
    merchant = Merchant(f"127.0.0.1:{catalog.port}", admin)
    await merchant.furnish(pictures)
    common: dict[str, Any] = {
        "database_url": new_database(name), "users_address": users_address, "catalog_address": merchant.address,
        "recs_address": f"127.0.0.1:{free_port()}",
        "inference_address": inference.address, "milvus_uri": f"http://{milvus.address}",
        "attribution_key_file": key, "client_id": "search", "client_secret_file": secret,
    }  # fmt: skip
    # On a machine that does much else a part takes longer, and is not gone for that.
    parts = ("text_encoder_timeout_s", "picture_encoder_timeout_s", "index_timeout_s")
    patient: dict[str, Any] = {**dict.fromkeys(parts, 5), "default_timeout_s": 20}
    settings = SearchSettings(**common, **patient, popular_poll_s=0.2, picture_timeout_s=5)
    worker = WorkerSettings(**common, index_flush_s=0.2, popular_every_s=0.3, popular_shoppers=2)
    server = await start(await build_search(settings))
    async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        shop = Shop(merchant, milvus, inference, users_address, admin, settings, worker, server, channel)
        await shop.start_worker()
        yield shop
        await shop.stop_worker()
    for running in (server, catalog, users):
        await running.stop()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def started(
    new_database: NewDatabase, folder: Path, search_milvus: Program, search_inference: Program
) -> AsyncIterator[Shop]:
    """Everything, with a release that answers."""
    async with opened("search", new_database, folder, search_milvus, search_inference) as shop:
        release = await shop.release()
        await shop.answering(release.name)
        yield shop


@pytest_asyncio.fixture(loop_scope="session")
async def shop(started: Shop) -> Shop:
    """The shop, its products as they were furnished."""
    await started.merchant.restore()
    size = len(started.merchant.ids)

    async def restored() -> bool:
        return (await started.search()).total_size == size

    await until(restored, 10, "the shop to be as it was")
    return started

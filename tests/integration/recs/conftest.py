"""recs and its worker among real parts: PostgreSQL, Milvus Lite, the inference server, users and the catalogue."""

import asyncio
import json
import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from typing import Any

import grpc
import pytest
from aisle.recs.v1 import recommendation_service_pb2 as recommendations_pb
from aisle.recs.v1 import release_service_pb2 as releases_pb
from aisle.recs.v1.recommendation_service_pb2_grpc import RecommendationServiceStub
from aisle.recs.v1.release_service_pb2_grpc import ReleaseServiceStub
from aisle.recs.v1.user_event_pb2 import UserEvent
from aisle.recs.v1.user_event_service_pb2 import ListUserEventsRequest, WriteUserEventRequest
from aisle.recs.v1.user_event_service_pb2_grpc import UserEventServiceStub
from aisle.users.v1 import session_service_pb2 as sessions_pb
from aisle.users.v1.account_service_pb2_grpc import AccountServiceStub
from aisle.users.v1.session_service_pb2_grpc import SessionServiceStub

from services.catalog.settings import CatalogSettings
from services.kit import database
from services.kit.server import RunningServer, start
from services.recs.app import build as build_recs
from services.recs.features.repository import Repository
from services.recs.features.settings import BatchSettings
from services.recs.settings import RecsSettings, WorkerSettings
from services.recs.worker.app import build as build_worker
from services.users.app import build as build_users
from services.users.settings import UsersSettings
from tests.integration.recs import programs, rankers, towers
from tests.integration.recs.feature_log import Log
from tests.integration.recs.programs import Program
from tests.integration.recs.shop import Metadata, Shop
from tests.support.milvus import index_client
from tests.support.postgres import NewDatabase, free_port

PATIENT = {f"{part}_timeout_s": 10.0 for part in ("features", "history", "inference", "index", "catalog")}
"""Budgets for tests of what a page holds: a busy machine must not leave a part out."""
ADMIN = {"email": "admin@shop.test", "password": "correct horse"}


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="aisle-recs-") as name:
        yield Path(name)


@pytest.fixture(scope="session")
def milvus(folder: Path) -> Iterator[Program]:
    program = programs.milvus(folder)
    program.start()
    yield program
    program.stop()


@pytest.fixture(scope="session")
def inference(folder: Path) -> Iterator[Program]:
    repository = folder / "models"
    for version in (1, 2):
        towers.write(repository, version)
        rankers.write(repository, version)
    program = programs.inference(folder, repository)
    program.start()
    yield program
    program.stop()


@dataclass
class Recs:
    """Everything up, and the means to talk to it."""

    server: RunningServer
    shop: Shop
    milvus: Program
    inference: Program
    users: str
    admin: Metadata
    settings: RecsSettings
    worker_settings: WorkerSettings
    channel: grpc.aio.Channel
    worker: RunningServer | None = None
    sessions: SessionServiceStub = field(init=False)
    accounts: AccountServiceStub = field(init=False)
    events: UserEventServiceStub = field(init=False)
    releases: ReleaseServiceStub = field(init=False)
    recommendations: RecommendationServiceStub = field(init=False)

    def __post_init__(self) -> None:
        users = grpc.aio.insecure_channel(self.users)
        self.sessions, self.accounts = SessionServiceStub(users), AccountServiceStub(users)
        self.events = UserEventServiceStub(self.channel)
        self.releases = ReleaseServiceStub(self.channel)
        self.recommendations = RecommendationServiceStub(self.channel)

    async def visitor(self) -> tuple[str, Metadata, str]:
        """Name, metadata and refresh token of a new visitor."""
        session = await self.sessions.CreateVisitorSession(sessions_pb.CreateVisitorSessionRequest())
        return session.subject, bearer(session.access_token), session.refresh_token

    async def did(self, who: Metadata, kind: str, *products: str, **fields: Any) -> None:
        """Writes events of a shopper."""
        for product in products:
            event = UserEvent(kind=f"KIND_{kind}", product=f"products/{product}", **fields)
            await self.events.WriteUserEvent(WriteUserEventRequest(user_event=event), metadata=who)

    async def recommend(
        self, who: Metadata = (), scenario: str = "home", **fields: Any
    ) -> recommendations_pb.RecommendResponse:
        """Asks for recommendations."""
        request = recommendations_pb.RecommendRequest(scenario=f"scenarios/{scenario}", explain=True, **fields)
        return await self.recommendations.Recommend(request, metadata=who, timeout=10)

    async def history(self, who: Metadata, parent: str = "users/me") -> list[str]:
        """Products of a shopper's events, newest first."""
        reply = await self.events.ListUserEvents(ListUserEventsRequest(parent=parent), metadata=who)
        return [event.product.removeprefix("products/") for event in reply.user_events]

    async def release(self, number: int = 1, promote: bool = True, **fields: Any) -> releases_pb.Release:
        """Registers a release with an empty collection of its own, and promotes it."""
        values = {
            "collection": f"items_r{number}_{token_hex(6)}", "dimension": towers.DIMENSION, "feature_spec": towers.SPEC,
            "user_tower_version": str(number), "item_tower_version": str(number), **fields,
        }  # fmt: skip
        request = releases_pb.CreateReleaseRequest(release=releases_pb.Release(**values), release_id=str(number))
        release = await self.releases.CreateRelease(request, metadata=self.admin)
        await asyncio.to_thread(empty_collection, self.settings.milvus_uri, release.collection)
        if promote:
            name = releases_pb.PromoteReleaseRequest(name=release.name)
            release = await self.releases.PromoteRelease(name, metadata=self.admin, timeout=20)
        return release

    async def all_releases(self) -> list[releases_pb.Release]:
        """Every release, newest first."""
        reply = await self.releases.ListReleases(releases_pb.ListReleasesRequest(), metadata=self.admin)
        return list(reply.releases)

    async def current(self) -> releases_pb.Release:
        """The one that answers."""
        found = await self.all_releases()
        return next(release for release in found if release.state == releases_pb.Release.STATE_PROMOTED)

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


def empty_collection(uri: str, name: str) -> None:
    from services.recs.adapters import index_schema

    with index_client(uri) as client:
        client.create_collection(name, schema=index_schema.schema(towers.DIMENSION), index_params=index_schema.index())


async def until(condition: Callable[[], Awaitable[Any]], seconds: float, what: str) -> Any:
    """Asks until the answer is true; returns it."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while True:
        if answer := await condition():
            return answer
        assert loop.time() < deadline, f"waited {seconds} s in vain for {what}"
        await asyncio.sleep(0.02)


@pytest.fixture
async def users(new_database: NewDatabase, tmp_path: Path) -> AsyncIterator[str]:
    clients = tmp_path / "clients.json"
    clients.write_text(json.dumps({"recs-worker": "s3cret"}))
    settings = UsersSettings(
        database_url=new_database("recs_users"), signing_keys_dir=tmp_path / "keys", admin_email=ADMIN["email"],
        admin_password=ADMIN["password"], clients_file=clients,
    )  # fmt: skip
    running = await start(await build_users(settings))
    yield f"127.0.0.1:{running.port}"
    await running.stop()


@pytest.fixture
async def admin(users: str) -> Metadata:
    """Metadata of the admin, who is a merchant too."""
    async with grpc.aio.insecure_channel(users) as channel:
        session = await SessionServiceStub(channel).LogIn(sessions_pb.LogInRequest(**ADMIN))
    return bearer(session.access_token)


@pytest.fixture
async def shop(new_database: NewDatabase, tmp_path: Path, users: str, admin: Metadata) -> AsyncIterator[Shop]:
    settings = CatalogSettings(
        listen=f"127.0.0.1:{free_port()}", database_url=new_database("recs_catalog"), users_address=users,
        pictures_dir=tmp_path / "pictures",
    )  # fmt: skip
    shop = Shop(settings, admin)
    await shop.open()
    await shop.furnish()
    yield shop
    await shop.end()


@pytest.fixture
def budgets() -> dict[str, float]:
    """Settings of the budgets, for a module that needs others."""
    return {}


@pytest.fixture
async def recs(
    new_database: NewDatabase,
    tmp_path: Path,
    users: str,
    admin: Metadata,
    shop: Shop,
    milvus: Program,
    inference: Program,
    budgets: dict[str, float],
) -> AsyncIterator[Recs]:
    """recs without its worker, and without a release."""
    key, secret = tmp_path / "attribution.key", tmp_path / "secret"
    key.write_bytes(os.urandom(48).hex().encode())
    secret.write_text("s3cret")
    worker_port = free_port()
    common: dict[str, Any] = {
        "database_url": new_database("recs"), "users_address": users, "catalog_address": shop.address,
        "inference_address": inference.address, "milvus_uri": f"http://{milvus.address}",
        "feast_repo": tmp_path / "feast", "attribution_key_file": key,
        "worker_address": f"127.0.0.1:{worker_port}", "worker_poll_s": 0.1,
    }  # fmt: skip
    settings = RecsSettings(**common, **budgets, popularity_poll_s=0.2)
    worker_settings = WorkerSettings(
        **common, listen=f"127.0.0.1:{worker_port}", client_id="recs-worker", client_secret_file=secret,
        popularity_every_s=0.3, statistics_every_s=0.3, categories_poll_s=0.3, index_flush_s=0.2,
        batch_delay_s=3600,
    )  # fmt: skip
    server = await start(await build_recs(settings))
    async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        running = Recs(server, shop, milvus, inference, users, admin, settings, worker_settings, channel)
        yield running
        await running.stop_worker()
    await server.stop()


@pytest.fixture
async def stocked(recs: Recs) -> Recs:
    """60 products, shoes (even numbers) and shirts (odd ones), all indexed; a release and the worker."""
    await recs.shop.stock((f"p{i}", "shoes" if i % 2 == 0 else "shirts") for i in range(60))
    await recs.release()
    await recs.start_worker()
    _, who, _ = await recs.visitor()
    await recs.did(who, "VIEW", "p0")

    async def indexed() -> bool:
        reply = await recs.recommend(who, page_size=60)
        return not reply.degraded and {"two_tower"} == {result.explanation.retriever for result in reply.results}

    await until(indexed, 20, "the index to be filled")
    return recs


@pytest.fixture(scope="module")
def feast(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with the definitions applied, once for all tests here: it takes seconds."""
    folder = tmp_path_factory.mktemp("feast")
    Repository(folder).apply()
    return folder


@pytest.fixture
async def log(new_database: NewDatabase, feast: Path) -> AsyncIterator[Log]:
    url = new_database("recs_features")
    await database.migrate(url, "services.recs")
    engine = database.engine(url)
    yield Log(
        engine,
        BatchSettings(database_url=url, inference_address="nowhere:1", milvus_uri="http://nowhere:1", feast_repo=feast),
    )
    await engine.dispose()

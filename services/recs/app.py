"""Wires the recs service."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack

import grpc
from aisle.recs.v1.recommendation_service_pb2_grpc import add_RecommendationServiceServicer_to_server
from aisle.recs.v1.release_service_pb2_grpc import add_ReleaseServiceServicer_to_server
from aisle.recs.v1.scenario_service_pb2_grpc import add_ScenarioServiceServicer_to_server
from aisle.recs.v1.user_event_service_pb2_grpc import add_UserEventServiceServicer_to_server

from services.kit import database, garbage
from services.kit.app import App
from services.kit.channels import channel
from services.kit.coalescing import nobody
from services.kit.milvus import Connection
from services.kit.notifications import Listener
from services.kit.tokens import PublishedKeys, TokenVerifier
from services.recs.adapters import catalog, features, releases
from services.recs.adapters.events import PostgresEvents
from services.recs.adapters.histories import PostgresHistories
from services.recs.adapters.index import MilvusIndex, VectorCache
from services.recs.adapters.inference import InferenceTowers
from services.recs.adapters.ranker import InferenceRanker
from services.recs.adapters.scenarios import CHANNEL as SCENARIOS
from services.recs.adapters.scenarios import PostgresScenarios
from services.recs.adapters.statistics import PostgresStatistics
from services.recs.adapters.worker_health import WorkerHealth
from services.recs.domain.default_scenarios import DEFAULTS
from services.recs.features.repository import Repository
from services.recs.servicer.events import UserEventServicer
from services.recs.servicer.recommendations import RecommendationServicer
from services.recs.servicer.releases import ReleaseServicer
from services.recs.servicer.scenarios import ScenarioServicer
from services.recs.settings import RecsSettings
from services.recs.use_cases.active_release import ActiveRelease
from services.recs.use_cases.events import ReadEvents, TakeEvents
from services.recs.use_cases.guards import Degradation, Guard
from services.recs.use_cases.hydration import Snapshots
from services.recs.use_cases.popular import PopularNow
from services.recs.use_cases.ranking import Rankers
from services.recs.use_cases.recommend import Guards, Recommend
from services.recs.use_cases.releases import ManageReleases
from services.recs.use_cases.scenario_book import ScenarioBook
from services.recs.use_cases.scenarios import ManageScenarios
from services.recs.use_cases.shoppers import Shoppers
from services.recs.use_cases.statistics import Statistics

USERS = "aisle.users.v1.SessionService"
SERVICES = (
    "aisle.recs.v1.RecommendationService",
    "aisle.recs.v1.UserEventService",
    "aisle.recs.v1.ReleaseService",
    "aisle.recs.v1.ScenarioService",
)
MIN_KEY_BYTES = 32


async def build(settings: RecsSettings) -> App:
    """The service, its database migrated, its release and popularity known."""
    resources = AsyncExitStack()
    key = attribution_key(settings)
    engine = database.engine(settings.database_url)
    resources.push_async_callback(engine.dispose)
    await database.wait_until_up(engine)
    await database.migrate(settings.database_url, "services.recs")

    users = await _channel(resources, settings.users_address, USERS)
    products = await _channel(resources, settings.catalog_address, catalog.SERVICE)
    inference = await _channel(resources, settings.inference_address)
    worker = await _channel(resources, settings.worker_address) if settings.worker_address else None

    store = await asyncio.to_thread(features.open_store, feature_repository(settings))
    resources.callback(store.close)
    towers = InferenceTowers(inference, settings.inference_timeout_s, store.pending, settings.linger_s)
    index = milvus_index(settings, lambda: store.pending() + towers.pending())
    resources.push_async_callback(index.close)
    registered = releases.PostgresReleases(engine)
    active = ActiveRelease(registered, settings.release_poll_s)
    await active.refresh()
    popular = PopularNow(releases.PostgresPopularity(engine, settings.popular_size), settings.popularity_poll_s)
    await popular.refresh()
    statistics = Statistics(PostgresStatistics(engine), settings.popularity_poll_s)
    await statistics.refresh()
    scenarios = PostgresScenarios(engine)
    await scenarios.ensure(DEFAULTS)
    book = ScenarioBook(scenarios, settings.scenario_poll_s)
    await book.refresh()
    health = WorkerHealth(worker, settings.worker_poll_s)
    await health.refresh()

    snapshots = Snapshots(settings.snapshot_cache_size)
    ranking_guard = _guard(settings, Degradation.RANKING, settings.ranking_timeout_s)
    ranker = InferenceRanker(inference, settings.ranking_timeout_s)
    events = PostgresEvents(engine)
    recommend = Recommend(
        shoppers=Shoppers(
            store,
            _guard(settings, Degradation.FEATURES, settings.features_timeout_s),
            PostgresHistories(engine),
            _guard(settings, Degradation.FEATURES, settings.history_timeout_s),
            health.fresh,
        ),
        active=active,
        towers=towers,
        index=index,
        catalog=catalog.GrpcCatalog(products, settings.catalog_timeout_s),
        popular=popular,
        statistics=statistics,
        snapshots=snapshots,
        rankers=Rankers(ranker, ranking_guard, snapshots, settings.ranking_rows),
        guards=Guards(
            inference=_guard(settings, Degradation.INFERENCE, settings.inference_timeout_s),
            index=_guard(settings, Degradation.INDEX, settings.index_timeout_s),
            catalog=_guard(settings, Degradation.CATALOG, settings.catalog_timeout_s),
        ),
        attribution_key=key,
    )

    def register(server: grpc.aio.Server) -> None:
        add_RecommendationServiceServicer_to_server(RecommendationServicer(recommend, book), server)
        add_UserEventServiceServicer_to_server(UserEventServicer(TakeEvents(events, key), ReadEvents(events)), server)
        manage = ManageReleases(registered, towers, index, active)
        add_ReleaseServiceServicer_to_server(ReleaseServicer(manage), server)
        change = ManageScenarios(scenarios, book)
        add_ScenarioServiceServicer_to_server(ScenarioServicer(change, recommend), server)

    garbage.keep()
    listener = Listener(settings.database_url, {releases.CHANNEL: active.hint, SCENARIOS: book.hint})
    return App(
        name="recs",
        settings=settings,
        register=register,
        service_names=SERVICES,
        verifier=TokenVerifier(PublishedKeys(users)),
        # Without any of the others there is still a page.
        dependencies={"postgres": lambda: database.probe(engine)},
        background=(active.watch, popular.watch, statistics.watch, book.watch, health.watch, listener.run),
        resources=resources,
    )


def attribution_key(settings: RecsSettings) -> bytes:
    """The key that signs attribution tokens.

    Raises:
        SystemExit: the file is missing or too short.
    """
    try:
        key = settings.attribution_key_file.read_bytes().strip()
    except OSError:
        key = b""
    if len(key) < MIN_KEY_BYTES:
        raise SystemExit(
            f"AISLE_RECS_ATTRIBUTION_KEY_FILE: {settings.attribution_key_file} must hold at least "
            f"{MIN_KEY_BYTES} secret bytes."
        )
    return key


def feature_repository(settings: RecsSettings) -> Repository:
    """Feast's repository by the settings."""
    return Repository(
        settings.feast_repo.resolve(), settings.feast_online, settings.feast_redis, settings.feast_registry
    )


def milvus_index(settings: RecsSettings, coming: Callable[[], int] = nobody) -> MilvusIndex:
    """The reading side of the index by the settings; `coming` says how many requests will search soon."""
    # A little less than the guard's, so that a client that hangs is noticed as such and replaced.
    timeout_s = settings.index_timeout_s * 0.8
    return MilvusIndex(
        Connection(settings.milvus_uri, settings.milvus_token, timeout_s),
        timeout_s,
        VectorCache(settings.vector_cache_size, settings.vector_cache_s),
        settings.searches_in_flight,
        settings.searches_together,
        coming,
        settings.linger_s,
    )


async def _channel(resources: AsyncExitStack, address: str, *services: str) -> grpc.aio.Channel:
    return await resources.enter_async_context(channel(address, *services))


def _guard(settings: RecsSettings, what: Degradation, budget_s: float) -> Guard:
    return Guard(what, budget_s, settings.pause_s, settings.tolerated_timeouts)

"""Wires the worker."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack

import grpc

from services.kit import auth, database
from services.kit.app import App
from services.kit.channels import channel
from services.kit.encoders import InferenceEncoders, PreparedPictures
from services.kit.leader import Leader
from services.kit.notifications import Listener
from services.kit.tokens import PublishedKeys, TokenVerifier
from services.recs.adapters import catalog, users
from services.recs.adapters.accounts import PostgresAccounts, PostgresWatermarks
from services.recs.adapters.categories import PostgresCategories
from services.recs.adapters.encoders import PICTURES, RELEASES, SearchEncoders
from services.recs.adapters.events import CHANNEL as EVENTS
from services.recs.adapters.events import PostgresChangedShoppers
from services.recs.adapters.features import FeastFeatures
from services.recs.adapters.histories import PostgresHistories
from services.recs.adapters.index_writer import MilvusWriter
from services.recs.adapters.inference import InferenceTowers
from services.recs.adapters.item_attributes import PostgresItemAttributes
from services.recs.adapters.item_counts import PostgresItemCounts
from services.recs.adapters.popularity_counter import PopularityCounter
from services.recs.adapters.releases import CHANNEL as PROMOTIONS
from services.recs.adapters.releases import PostgresReleases
from services.recs.adapters.statistics_counter import StatisticsCounter
from services.recs.adapters.statistics_queries import Limits
from services.recs.app import feature_repository
from services.recs.domain.releases import Release
from services.recs.features import report
from services.recs.features.definitions import HISTORY, ITEMS, PROFILE, STATISTICS
from services.recs.features.scoring import WATERMARKS as SCORES
from services.recs.features.settings import BatchSettings
from services.recs.settings import WorkerSettings
from services.recs.use_cases.active_release import ActiveRelease
from services.recs.use_cases.measures import FEATURES_PUSHED
from services.recs.worker.account_follower import AccountFollower
from services.recs.worker.batch import BUILD, SCORE, BatchRunner
from services.recs.worker.category_follower import CategoryFollower
from services.recs.worker.encoding import Encoding
from services.recs.worker.feature_updater import FeatureUpdater
from services.recs.worker.indexer import Indexer
from services.recs.worker.item_counter import ItemCounter
from services.recs.worker.item_follower import ItemFollower
from services.recs.worker.lock import LOCK

SESSIONS = "aisle.users.v1.SessionService"
ENCODE_TIMEOUT_S = 30.0
"""Of a batch of pictures, or of decoding one, on a busy machine: the catalogue has taken these pictures already."""
PICTURE_MEMORY_MIB = 288
"""Of the process that decodes pictures; it is started at the first one."""
FED = {"features": HISTORY, "accounts": PROFILE, "items": ITEMS, "item_statistics": STATISTICS}
"""View by the name of the feed that it follows."""


async def build(settings: WorkerSettings) -> App:
    """The worker, its database migrated and Feast's definitions applied."""
    resources = AsyncExitStack()
    engine = database.engine(settings.database_url)
    resources.push_async_callback(engine.dispose)
    await database.wait_until_up(engine)
    await database.migrate(settings.database_url, "services.recs")
    leader = Leader(settings.database_url, LOCK)
    resources.push_async_callback(leader.close)

    accounts_channel = await resources.enter_async_context(channel(settings.users_address, SESSIONS, users.SERVICE))
    own = auth.ClientCredentials(accounts_channel, settings.client_id, _secret(settings))
    products = channel(settings.catalog_address, catalog.SERVICE, PICTURES, token=own.token)
    accounts = channel(settings.users_address, users.SERVICE, token=own.token)
    inference = channel(settings.inference_address)
    search = channel(settings.search_address, RELEASES, token=own.token) if settings.search_address else None
    for opened in filter(None, (products, accounts, inference, search)):
        await resources.enter_async_context(opened)

    repository = feature_repository(settings)
    features = FeastFeatures(await asyncio.to_thread(repository.apply), repository)
    resources.callback(features.close)
    watermarks, applied = PostgresWatermarks(engine), PostgresAccounts(engine)

    active = ActiveRelease(PostgresReleases(engine), settings.release_poll_s)
    updater = FeatureUpdater(
        PostgresChangedShoppers(engine),
        PostgresHistories(engine),
        features,
        watermarks,
        applied.merge_late,
        settings.feature_poll_s,
        settings.feature_page,
    )
    follower = AccountFollower(
        users.GrpcAccountFeed(accounts), applied, watermarks, updater.refresh, settings.changes_poll_s
    )
    feed, towers = catalog.GrpcCatalogFeed(products), InferenceTowers(inference)
    pictures = PreparedPictures(1, ENCODE_TIMEOUT_S, PICTURE_MEMORY_MIB)
    resources.push_async_callback(pictures.aclose)
    encoding = Encoding(SearchEncoders(search, products, InferenceEncoders(inference, ENCODE_TIMEOUT_S), pictures))
    categories = CategoryFollower(feed, PostgresCategories(engine), watermarks, settings.categories_poll_s)
    items = ItemFollower(feed, PostgresItemAttributes(engine), features, watermarks, settings.items_poll_s)
    counted = ItemCounter(
        PostgresItemCounts(engine), features, watermarks, settings.item_counts_poll_s, settings.feature_page
    )

    def indexer(of: Callable[[], Release | None]) -> Indexer:
        # One writer each: what one lost with the index is no concern of the other's collection.
        writer = MilvusWriter(settings.milvus_uri, settings.milvus_token, settings.index_flush_apart)
        resources.callback(writer.close)
        return Indexer(
            of,
            feed,
            towers,
            encoding,
            writer,
            watermarks,
            settings.changes_poll_s,
            settings.index_flush_s,
            settings.index_check_s,
            settings.index_reconcile_s,
        )

    indexers = indexer(lambda: active.current), indexer(lambda: active.canary)
    counter = PopularityCounter(
        engine, settings.popularity_every_s, settings.popularity_half_life_days, settings.popularity_window_days
    )
    limits = Limits(settings.popularity_window_days, settings.popularity_half_life_days, settings.trend_half_life_days)
    statistics = StatisticsCounter(engine, settings.statistics_every_s, limits)

    batch = BatchRunner(
        BatchSettings.model_validate(settings).environment(),
        {SCORE: settings.scores_every_s, BUILD: settings.offline_every_s},
        settings.batch_delay_s,
        lambda: report.load(repository.folder),
    )

    def released(hint: str) -> None:
        active.hint(hint)
        batch.hint(hint)

    def events(shopper: str) -> None:
        updater.hint(shopper)
        counted.hint(shopper)
        counter.hint(shopper)
        statistics.hint(shopper)

    listener = Listener(settings.database_url, {EVENTS: events, PROMOTIONS: released})

    async def work() -> None:
        await leader.acquire()
        for name, moved in (await watermarks.moved()).items():
            if view := FED.get(name):
                FEATURES_PUSHED.labels(view.name).set(moved.timestamp())
        if not await features.marked():
            await updater.start_over()
            await items.start_over()
            await counted.start_over()
            await watermarks.forget(SCORES)
            await updater.refresh(await applied.all_profiles())
            await features.mark()
        # When the lock or the features are lost the worker ends; the one that is started next begins anew.
        keepers = (leader.hold, features.watch)
        kept = (found.run for found in indexers)
        shoppers_and_items = (updater.run, follower.run, items.run, counted.run)
        followers = (*shoppers_and_items, *kept, categories.run, active.watch, listener.run)
        parts = (*keepers, *followers, counter.run, statistics.run, batch.run)
        tasks = [asyncio.create_task(part()) for part in parts]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            done.pop().result()
        finally:
            for task in tasks:
                task.cancel()

    async def keeps_up() -> None:
        if not leader.leads:
            raise RuntimeError("another worker is at work")
        if (lag := updater.lag_s()) > settings.feature_lag_s:
            raise RuntimeError(f"features are {lag:.1f} s behind")

    def nothing(_: grpc.aio.Server) -> None:
        """Health, reflection and metrics are all that the worker answers."""

    return App(
        name="recs-worker",
        settings=settings,
        register=nothing,
        service_names=(),
        verifier=TokenVerifier(PublishedKeys(accounts_channel)),
        dependencies={"postgres": lambda: database.probe(engine), "features": keeps_up},
        background=(work,),
        resources=resources,
    )


def _secret(settings: WorkerSettings) -> str:
    try:
        return settings.client_secret_file.read_text().strip()
    except OSError:
        raise SystemExit(
            f"AISLE_RECS_CLIENT_SECRET_FILE: {settings.client_secret_file} cannot be read; it holds the secret of "
            f"the client {settings.client_id}."
        ) from None

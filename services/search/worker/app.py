"""Wires the worker."""

import asyncio
from contextlib import AsyncExitStack

import grpc

from services.kit import auth, database
from services.kit.app import App
from services.kit.channels import channel
from services.kit.encoders import InferenceEncoders, PreparedPictures
from services.kit.leader import Leader
from services.kit.tokens import PublishedKeys, TokenVerifier
from services.search.adapters import accounts, catalog
from services.search.adapters.index_writer import MilvusWriter
from services.search.adapters.queries import PostgresQueries
from services.search.adapters.releases import PostgresReleases
from services.search.app import client_secret
from services.search.settings import WorkerSettings
from services.search.worker.account_follower import AccountFollower
from services.search.worker.embedding import Embedding
from services.search.worker.indexer import Indexer
from services.search.worker.popular import PopularCounter

SESSIONS = "aisle.users.v1.SessionService"
LOCK = 0x53524348
"""Of the one worker, in the search database."""
EMBED_TIMEOUT_S = 30.0
"""Of a batch of pictures, or of decoding one, on a busy machine: the catalogue has taken these pictures already."""


async def build(settings: WorkerSettings) -> App:
    """The worker, its database migrated."""
    resources = AsyncExitStack()
    engine = database.engine(settings.database_url)
    resources.push_async_callback(engine.dispose)
    await database.wait_until_up(engine)
    await database.migrate(settings.database_url, "services.search")
    leader = Leader(settings.database_url, LOCK)
    resources.push_async_callback(leader.close)

    users = await resources.enter_async_context(channel(settings.users_address, SESSIONS, accounts.SERVICE))
    own = auth.ClientCredentials(users, settings.client_id, client_secret(settings))
    products = channel(settings.catalog_address, catalog.SERVICE, catalog.PICTURES, token=own.token)
    with_token = channel(settings.users_address, accounts.SERVICE, token=own.token)
    inference = channel(settings.inference_address)
    for opened in (products, with_token, inference):
        await resources.enter_async_context(opened)
    pictures = PreparedPictures(settings.picture_workers, EMBED_TIMEOUT_S, settings.picture_memory_mib)
    resources.push_async_callback(pictures.aclose)
    writer = MilvusWriter(settings.milvus_uri, settings.milvus_token, settings.index_flush_apart)
    resources.callback(writer.close)

    embedding = Embedding(InferenceEncoders(inference, EMBED_TIMEOUT_S), pictures, catalog.GrpcPictures(products))
    indexer = Indexer(
        PostgresReleases(engine),
        catalog.GrpcCatalogFeed(products),
        embedding,
        writer,
        settings.changes_poll_s,
        settings.index_flush_s,
        settings.index_check_s,
    )
    follower = AccountFollower(
        accounts.GrpcAccountFeed(with_token), accounts.PostgresAccounts(engine), settings.changes_poll_s
    )
    popular = PopularCounter(
        PostgresQueries(engine), settings.popular_every_s, settings.popular_window_days, settings.popular_shoppers
    )

    async def work() -> None:
        await leader.acquire()
        # When the lock is lost the worker ends; the one that is started next begins anew.
        tasks = [asyncio.create_task(part()) for part in (leader.hold, indexer.run, follower.run, popular.run)]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            done.pop().result()
        finally:
            for task in tasks:
                task.cancel()

    async def leads() -> None:
        if not leader.leads:
            raise RuntimeError("another worker is at work")

    def nothing(_: grpc.aio.Server) -> None:
        """Health, reflection and metrics are all that the worker answers."""

    return App(
        name="search-worker",
        settings=settings,
        register=nothing,
        service_names=(),
        verifier=TokenVerifier(PublishedKeys(users)),
        dependencies={"postgres": lambda: database.probe(engine), "leads": leads},
        background=(work,),
        resources=resources,
    )

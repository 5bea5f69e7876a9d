"""Wires the search service."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import grpc
from aisle.search.v1.search_release_service_pb2_grpc import add_SearchReleaseServiceServicer_to_server
from aisle.search.v1.search_service_pb2_grpc import add_SearchServiceServicer_to_server

from services.kit import auth, database
from services.kit.app import App
from services.kit.channels import channel
from services.kit.encoders import InferenceEncoders, PreparedPictures
from services.kit.milvus import Connection
from services.kit.notifications import Listener
from services.kit.tokens import PublishedKeys, TokenVerifier
from services.search.adapters import catalog, tastes
from services.search.adapters.index import MilvusIndex
from services.search.adapters.language import Dictionary
from services.search.adapters.lexical import TantivyIndex
from services.search.adapters.queries import PostgresQueries
from services.search.adapters.releases import CHANNEL, PostgresReleases
from services.search.adapters.vocabulary import Vocabulary
from services.search.domain import synonyms
from services.search.domain.words import words
from services.search.servicer.releases import SearchReleaseServicer
from services.search.servicer.search import SearchServicer
from services.search.settings import SearchSettings
from services.search.use_cases.active_build import ActiveBuild
from services.search.use_cases.catalogue import Catalogue
from services.search.use_cases.follow import FollowCatalogue
from services.search.use_cases.guards import Degradation, Guard
from services.search.use_cases.meaning import Guards, Meaning
from services.search.use_cases.personal import Personal
from services.search.use_cases.releases import ManageReleases
from services.search.use_cases.search import Search
from services.search.use_cases.searched import Searched
from services.search.use_cases.suggest import Suggest
from services.search.use_cases.text_vectors import TextVectors
from services.search.use_cases.understand import Understand

USERS = "aisle.users.v1.SessionService"
SERVICES = ("aisle.search.v1.SearchService", "aisle.search.v1.SearchReleaseService")
MIN_KEY_BYTES = 32


async def build(settings: SearchSettings) -> App:
    """The service, its database migrated. It is healthy once it has read the whole catalogue."""
    resources = AsyncExitStack()
    key = attribution_key(settings.attribution_key_file)
    engine = database.engine(settings.database_url)
    resources.push_async_callback(engine.dispose)
    await database.wait_until_up(engine)
    await database.migrate(settings.database_url, "services.search")

    users = await resources.enter_async_context(channel(settings.users_address, USERS))
    own = auth.ClientCredentials(users, settings.client_id, client_secret(settings))
    products = await resources.enter_async_context(channel(settings.catalog_address, catalog.SERVICE, token=own.token))

    index = TantivyIndex(settings.language)
    vocabulary = Vocabulary(index.stem)
    catalogue = Catalogue(index, vocabulary)
    alike = read_synonyms(settings.synonyms_file, index)
    language = await asyncio.to_thread(Dictionary, settings.language)
    understand = Understand(index.stem, vocabulary, alike, language)
    follow = FollowCatalogue(catalog.GrpcCatalogFeed(products), catalogue, settings.changes_poll_s)
    inference = await resources.enter_async_context(channel(settings.inference_address))
    encoders = InferenceEncoders(inference)
    pictures = PreparedPictures(settings.picture_workers, settings.picture_timeout_s, settings.picture_memory_mib)
    resources.push_async_callback(pictures.aclose)
    vectors = milvus_index(settings)
    resources.push_async_callback(vectors.close)
    registered = PostgresReleases(engine)
    by_text = _guard(settings, Degradation.TEXT_ENCODER, settings.text_encoder_timeout_s)
    texts = TextVectors(encoders, by_text, settings.query_cache_size)
    active = ActiveBuild(registered, settings.build_poll_s, texts.prepare)
    await active.refresh()
    guards = Guards(
        pictures=_guard(settings, Degradation.IMAGE_ENCODER, settings.picture_encoder_timeout_s),
        index=_guard(settings, Degradation.INDEX, settings.index_timeout_s),
    )
    meaning = Meaning(catalogue, encoders, pictures, vectors, guards, texts)
    recs = await resources.enter_async_context(channel(settings.recs_address, *tastes.SERVICES, token=own.token))
    suits = _guard(settings, Degradation.PERSONALIZATION, settings.personalization_timeout_s)
    known = tastes.RecommenderTastes(recs, inference)
    personal = Personal(catalogue, known, vectors, suits, settings.tower_poll_s)
    search = Search(catalogue, index, understand, active, meaning, personal, follow.age_s, key)
    suggest = Suggest(catalogue, index, vocabulary, understand)
    searched = Searched(PostgresQueries(engine), vocabulary, settings.popular_poll_s)
    resources.push_async_callback(searched.flush)
    listener = Listener(settings.database_url, {CHANNEL: active.hint})

    def register(server: grpc.aio.Server) -> None:
        add_SearchServiceServicer_to_server(SearchServicer(search, suggest, searched, index), server)
        manage = ManageReleases(registered, encoders, pictures)
        add_SearchReleaseServiceServicer_to_server(SearchReleaseServicer(manage), server)

    async def has_read() -> None:
        if not follow.ready:
            raise RuntimeError("the catalogue is being read")

    return App(
        name="search",
        settings=settings,
        register=register,
        service_names=SERVICES,
        verifier=TokenVerifier(PublishedKeys(users)),
        # Once the catalogue was read, products are found without any other part.
        dependencies={"catalogue": has_read},
        background=(follow.run, active.watch, personal.watch, searched.write, searched.watch, listener.run),
        resources=resources,
    )


def milvus_index(settings: SearchSettings) -> MilvusIndex:
    """The reading side of the index by the settings."""
    # A little less than the guard's, so that a client that hangs is noticed as such and replaced.
    timeout_s = settings.index_timeout_s * 0.8
    connection = Connection(settings.milvus_uri, settings.milvus_token, timeout_s)
    return MilvusIndex(connection, timeout_s, settings.searches_in_flight, settings.searches_together)


def _guard(settings: SearchSettings, what: Degradation, budget_s: float) -> Guard:
    return Guard(what, budget_s, settings.pause_s, settings.tolerated_timeouts)


def read_synonyms(path: Path, index: TantivyIndex) -> synonyms.Synonyms:
    """The synonyms of a file.

    Raises:
        SystemExit: it cannot be read; says what is wrong with which line.
    """
    try:
        return synonyms.parse(path.read_text(), lambda text: tuple(map(index.stem, words(text))))
    except (OSError, ValueError) as error:
        raise SystemExit(f"AISLE_SEARCH_SYNONYMS_FILE: {path}: {error}.") from None


def attribution_key(path: Path) -> bytes:
    """The key that signs attribution tokens.

    Raises:
        SystemExit: the file is missing or too short.
    """
    try:
        key = path.read_bytes().strip()
    except OSError:
        key = b""
    if len(key) < MIN_KEY_BYTES:
        raise SystemExit(f"AISLE_SEARCH_ATTRIBUTION_KEY_FILE: {path} must hold at least {MIN_KEY_BYTES} secret bytes.")
    return key


def client_secret(settings: SearchSettings) -> str:
    """What search shows to users.

    Raises:
        SystemExit: the file cannot be read.
    """
    try:
        return settings.client_secret_file.read_text().strip()
    except OSError:
        raise SystemExit(
            f"AISLE_SEARCH_CLIENT_SECRET_FILE: {settings.client_secret_file} cannot be read; it holds the secret of "
            f"the client {settings.client_id}."
        ) from None

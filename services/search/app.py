"""Wires the search service."""

from contextlib import AsyncExitStack
from pathlib import Path

import grpc
from aisle.search.v1.search_service_pb2_grpc import add_SearchServiceServicer_to_server

from services.kit import auth, database
from services.kit.app import App
from services.kit.channels import channel
from services.kit.tokens import PublishedKeys, TokenVerifier
from services.search.adapters import catalog
from services.search.adapters.lexical import TantivyIndex
from services.search.adapters.vocabulary import Vocabulary
from services.search.domain import synonyms
from services.search.domain.words import words
from services.search.servicer.search import SearchServicer
from services.search.settings import SearchSettings
from services.search.use_cases.catalogue import Catalogue
from services.search.use_cases.follow import FollowCatalogue
from services.search.use_cases.search import Search
from services.search.use_cases.suggest import Suggest
from services.search.use_cases.understand import Understand

USERS = "aisle.users.v1.SessionService"
SERVICES = ("aisle.search.v1.SearchService",)
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

    index, vocabulary = TantivyIndex(settings.language), Vocabulary()
    catalogue = Catalogue(index, vocabulary)
    understand = Understand(index.stem, vocabulary, read_synonyms(settings.synonyms_file, index))
    follow = FollowCatalogue(catalog.GrpcCatalogFeed(products), catalogue, settings.changes_poll_s)
    search = Search(catalogue, index, understand, key)
    suggest = Suggest(catalogue, index, vocabulary, understand)

    def register(server: grpc.aio.Server) -> None:
        add_SearchServiceServicer_to_server(SearchServicer(search, suggest, index), server)

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
        background=(follow.run,),
        resources=resources,
    )


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

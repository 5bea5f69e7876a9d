"""Wires the catalogue."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import grpc
from aisle.catalog.v1.cart_service_pb2_grpc import add_CartServiceServicer_to_server
from aisle.catalog.v1.category_service_pb2_grpc import add_CategoryServiceServicer_to_server
from aisle.catalog.v1.order_service_pb2_grpc import add_OrderServiceServicer_to_server
from aisle.catalog.v1.picture_service_pb2_grpc import add_PictureServiceServicer_to_server
from aisle.catalog.v1.product_service_pb2_grpc import add_ProductServiceServicer_to_server
from aisle.catalog.v1.review_service_pb2_grpc import add_ReviewServiceServicer_to_server

from services.catalog.adapters.database import SqlDatabase
from services.catalog.adapters.decoder import DecoderPool
from services.catalog.adapters.files import PictureFolder
from services.catalog.adapters.products import CHANNEL
from services.catalog.adapters.recommender import GrpcRecommender
from services.catalog.adapters.snapshots import SnapshotCache, Snapshots
from services.catalog.adapters.trial_payments import TrialPayments
from services.catalog.adapters.users import SERVICE as ACCOUNTS
from services.catalog.adapters.users import GrpcAccountFeed
from services.catalog.servicer import commerce_messages, messages
from services.catalog.servicer.carts import CartServicer
from services.catalog.servicer.categories import CategoryServicer
from services.catalog.servicer.orders import OrderServicer
from services.catalog.servicer.pictures import PictureServicer
from services.catalog.servicer.products import ProductServicer
from services.catalog.servicer.reviews import ReviewServicer
from services.catalog.settings import CatalogSettings
from services.catalog.use_cases.carts import CartUseCases
from services.catalog.use_cases.categories import CategoryUseCases
from services.catalog.use_cases.checkout import Checkout
from services.catalog.use_cases.following import AccountFollower
from services.catalog.use_cases.import_products import ImportProducts
from services.catalog.use_cases.orders import OrderUseCases
from services.catalog.use_cases.own_reviews import OwnReviews
from services.catalog.use_cases.pictures import PictureUseCases
from services.catalog.use_cases.products import ProductUseCases
from services.catalog.use_cases.reviews import ReviewUseCases
from services.catalog.use_cases.settlement import Settlement
from services.catalog.use_cases.sweeping import Sweeper
from services.catalog.use_cases.telling import Teller
from services.kit import auth, database, garbage
from services.kit.app import App
from services.kit.channels import channel
from services.kit.notifications import Listener
from services.kit.tail import Tail
from services.kit.tokens import PublishedKeys, TokenVerifier

USERS = "aisle.users.v1.SessionService"
SERVICES = (
    "aisle.catalog.v1.ProductService",
    "aisle.catalog.v1.CategoryService",
    "aisle.catalog.v1.PictureService",
    "aisle.catalog.v1.ReviewService",
    "aisle.catalog.v1.CartService",
    "aisle.catalog.v1.OrderService",
)
MIB = 1024 * 1024
Work = Callable[[], Coroutine[Any, Any, None]]


async def build(settings: CatalogSettings, verifier: TokenVerifier | None = None) -> App:
    """The catalogue, its database migrated and its picture folder made.

    Args:
        settings: where everything is.
        verifier: who proves tokens; the keys that users publishes when it is left out.
    """
    resources = AsyncExitStack()
    await asyncio.to_thread(_make_folder, settings.pictures_dir)
    engine = database.engine(settings.database_url)
    resources.push_async_callback(engine.dispose)
    await database.wait_until_up(engine)
    await database.migrate(settings.database_url, "services.catalog")

    store = SqlDatabase(engine)
    files = PictureFolder(settings.pictures_dir)
    decoder = DecoderPool(settings.picture_workers, settings.picture_timeout_s, settings.picture_memory_mib)
    resources.push_async_callback(decoder.aclose)
    reads = await resources.enter_async_context(database.reads(settings.database_url))
    kept = SnapshotCache(settings.snapshot_cache_mib * MIB)
    snapshots = Snapshots(engine, reads, messages.render_product, kept)
    users = await resources.enter_async_context(channel(settings.users_address, USERS))

    products, tail = ProductUseCases(store, snapshots, messages.render_product), Tail()
    pictures = PictureUseCases(store, files, decoder)
    sweeper = Sweeper(store, pictures, settings.sweep_every_s, settings.picture_unused_s)
    background = [sweeper.run, Listener(settings.database_url, {CHANNEL: tail.hint}).run]
    teller, follower = await _neighbours(settings, store, users, resources)
    background += [work.run for work in (teller, follower) if work is not None]
    told = teller.hint if teller else _nobody
    render_order = commerce_messages.render_order
    settlement = None
    if settings.payment_provider == "test":
        payments, every_s = TrialPayments(engine), settings.settle_every_s
        settlement = Settlement(store, payments, render_order, told, settings.payment_timeout_s, every_s)
        background.append(settlement.run)
    checkout = Checkout(store, settlement, render_order, settings.settle_after_s)
    orders = OrderUseCases(store, settlement.hint if settlement else _nobody)
    own_reviews = OwnReviews(store, messages.render_review, told)

    def register(server: grpc.aio.Server) -> None:
        add_ProductServiceServicer_to_server(ProductServicer(products, ImportProducts(store), tail), server)
        category_servicer = CategoryServicer(CategoryUseCases(store, messages.render_category))
        add_CategoryServiceServicer_to_server(category_servicer, server)
        add_PictureServiceServicer_to_server(PictureServicer(pictures), server)
        add_ReviewServiceServicer_to_server(ReviewServicer(ReviewUseCases(store), own_reviews), server)
        add_CartServiceServicer_to_server(CartServicer(CartUseCases(store)), server)
        add_OrderServiceServicer_to_server(OrderServicer(checkout, orders), server)

    garbage.keep()
    return App(
        name="catalog",
        settings=settings,
        register=register,
        service_names=SERVICES,
        verifier=verifier or TokenVerifier(PublishedKeys(users)),
        dependencies={"postgres": lambda: database.probe(engine), "pictures": files.probe},
        background=background,
        at_stop=[tail.end],
        resources=resources,
    )


async def _neighbours(
    settings: CatalogSettings, store: SqlDatabase, users: grpc.aio.Channel, resources: AsyncExitStack
) -> tuple[Teller | None, AccountFollower | None]:
    """Who tells recs of purchases, and who follows the accounts of users; both need the catalogue's own token."""
    if settings.client_secret_file is None:
        return None, None
    secret = await asyncio.to_thread(_secret, settings.client_secret_file, settings.client_id)
    own = auth.ClientCredentials(users, settings.client_id, secret)
    accounts = await resources.enter_async_context(channel(settings.users_address, ACCOUNTS, token=own.token))
    follower = AccountFollower(store, GrpcAccountFeed(accounts), settings.follow_every_s)
    if not settings.recs_address:
        return None, follower
    recs = await resources.enter_async_context(channel(settings.recs_address, token=own.token))
    return Teller(store, GrpcRecommender(recs), settings.tell_every_s), follower


def _nobody() -> None:
    """Is called where nobody waits for a hint."""


def _secret(file: Path, client_id: str) -> str:
    """The catalogue's own secret.

    Raises:
        SystemExit: it cannot be read.
    """
    try:
        return file.read_text().strip()
    except OSError:
        sentence = f"AISLE_CATALOG_CLIENT_SECRET_FILE: {file} cannot be read; it holds the secret of {client_id}."
        raise SystemExit(sentence) from None


def _make_folder(folder: Path) -> None:
    """Makes the picture folder.

    Raises:
        SystemExit: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SystemExit(
            f"AISLE_CATALOG_PICTURES_DIR: {folder} cannot be made ({error.strerror}): name a folder that can be "
            "written to."
        ) from None

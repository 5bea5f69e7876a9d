"""Wires the catalogue."""

import asyncio
import gc
from contextlib import AsyncExitStack
from pathlib import Path

import grpc
from aisle.catalog.v1.category_service_pb2_grpc import add_CategoryServiceServicer_to_server
from aisle.catalog.v1.picture_service_pb2_grpc import add_PictureServiceServicer_to_server
from aisle.catalog.v1.product_service_pb2_grpc import add_ProductServiceServicer_to_server
from aisle.catalog.v1.review_service_pb2_grpc import add_ReviewServiceServicer_to_server

from services.catalog.adapters.database import SqlDatabase
from services.catalog.adapters.decoder import DecoderPool
from services.catalog.adapters.files import PictureFolder
from services.catalog.adapters.snapshots import SnapshotCache, Snapshots
from services.catalog.servicer import messages
from services.catalog.servicer.categories import CategoryServicer
from services.catalog.servicer.pictures import PictureServicer
from services.catalog.servicer.products import ProductServicer
from services.catalog.servicer.reviews import ReviewServicer
from services.catalog.settings import CatalogSettings
from services.catalog.use_cases.categories import CategoryUseCases
from services.catalog.use_cases.import_products import ImportProducts
from services.catalog.use_cases.pictures import PictureUseCases
from services.catalog.use_cases.products import ProductUseCases
from services.catalog.use_cases.reviews import ReviewUseCases
from services.catalog.use_cases.sweeping import Sweeper
from services.kit import database
from services.kit.app import App
from services.kit.channels import channel
from services.kit.tokens import PublishedKeys, TokenVerifier

USERS = "aisle.users.v1.SessionService"
SERVICES = (
    "aisle.catalog.v1.ProductService",
    "aisle.catalog.v1.CategoryService",
    "aisle.catalog.v1.PictureService",
    "aisle.catalog.v1.ReviewService",
)
MIB = 1024 * 1024


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
    snapshots = Snapshots(engine, messages.render_product, SnapshotCache(settings.snapshot_cache_mib * MIB))

    products = ProductUseCases(store, snapshots, messages.render_product)
    pictures = PictureUseCases(store, files, decoder)
    sweeper = Sweeper(store, pictures, settings.sweep_every_s, settings.picture_unused_s)
    if verifier is None:
        users = await resources.enter_async_context(channel(settings.users_address, USERS))
        verifier = TokenVerifier(PublishedKeys(users))

    def register(server: grpc.aio.Server) -> None:
        add_ProductServiceServicer_to_server(ProductServicer(products, ImportProducts(store)), server)
        category_servicer = CategoryServicer(CategoryUseCases(store, messages.render_category))
        add_CategoryServiceServicer_to_server(category_servicer, server)
        add_PictureServiceServicer_to_server(PictureServicer(pictures), server)
        add_ReviewServiceServicer_to_server(ReviewServicer(ReviewUseCases(store)), server)

    # What was imported and built lives as long as the process: looking through it again and again for garbage
    # stopped calls for tens of milliseconds.
    gc.collect()
    gc.freeze()
    return App(
        name="catalog",
        settings=settings,
        register=register,
        service_names=SERVICES,
        verifier=verifier,
        dependencies={"postgres": lambda: database.probe(engine), "pictures": files.probe},
        background=(sweeper.run,),
        resources=resources,
    )


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

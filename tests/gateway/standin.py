"""Servers of the kit that stand where catalog and recs will: real gRPC, the real chain, and faults on demand.

They run in a thread with an event loop of its own, so that tests with and without a loop can use them.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from typing import Any, TypeVar

import grpc
from aisle.catalog.v1 import category_service_pb2, picture_service_pb2, product_pb2, product_service_pb2
from aisle.catalog.v1.category_service_pb2_grpc import CategoryServiceServicer, add_CategoryServiceServicer_to_server
from aisle.catalog.v1.picture_service_pb2_grpc import PictureServiceServicer, add_PictureServiceServicer_to_server
from aisle.catalog.v1.product_service_pb2_grpc import ProductServiceServicer, add_ProductServiceServicer_to_server
from aisle.recs.v1 import recommendation_service_pb2
from aisle.recs.v1.recommendation_service_pb2_grpc import (
    RecommendationServiceServicer,
    add_RecommendationServiceServicer_to_server,
)
from google.api import httpbody_pb2
from pydantic_settings import SettingsConfigDict

from services.kit import channels, context
from services.kit.app import App
from services.kit.errors import InvalidArgument, NotFound, Unavailable
from services.kit.server import RunningServer, start
from services.kit.settings import ServiceSettings
from services.kit.tokens import PublishedKeys, TokenVerifier

T = TypeVar("T")
FOR_EVER = "public, max-age=31536000, immutable"


class Products(ProductServiceServicer):
    """Remembers who asked; `products/none` does not exist, and `products/unavailable` takes a second to say so."""

    def __init__(self) -> None:
        self.asked = 0
        self.request_ids: list[str] = []
        self.client_addresses: list[str] = []

    async def GetProduct(self, request: product_service_pb2.GetProductRequest, _: Any) -> product_pb2.Product:
        self.asked += 1
        self.request_ids.append(context.request_id())
        self.client_addresses.append(context.client_address())
        if request.name == "products/none":
            raise NotFound(request.name)
        if request.name == "products/unavailable":
            await asyncio.sleep(1)
            raise Unavailable("Not now.")
        return product_pb2.Product(name=request.name, title="A lamp", in_stock=True, stock_quantity=3)

    async def ListProducts(self, request: product_service_pb2.ListProductsRequest, _: Any) -> Any:
        if request.filter:
            raise InvalidArgument.field("filter", f"{request.filter!r} cannot be read")
        products = [product_pb2.Product(name=f"products/{i}", title="x" * 100) for i in range(50)]
        return product_service_pb2.ListProductsResponse(products=products, total_size=50)

    async def CreateProduct(self, request: product_service_pb2.CreateProductRequest, _: Any) -> product_pb2.Product:
        return request.product

    async def UpdateProduct(self, request: product_service_pb2.UpdateProductRequest, _: Any) -> product_pb2.Product:
        return request.product


async def _stubborn(seconds: float) -> None:
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while (left := end - loop.time()) > 0:
        try:
            await asyncio.sleep(left)
        except asyncio.CancelledError:
            continue


class Categories(CategoryServiceServicer):
    """`categories/slow` takes too long, `categories/stubborn` does not even stop when its time is up."""

    async def GetCategory(self, request: category_service_pb2.GetCategoryRequest, _: Any) -> Any:
        if request.name == "categories/slow":
            await asyncio.sleep(30)
        if request.name == "categories/stubborn":
            await _stubborn(3)
        return category_service_pb2.Category(name=request.name)


class Pictures(PictureServiceServicer):
    """One picture for everything; how large the last one taken was is kept in its id."""

    async def RenderPicture(self, request: picture_service_pb2.RenderPictureRequest, _: Any) -> httpbody_pb2.HttpBody:
        context.add_response_header("cache-control", FOR_EVER)
        return httpbody_pb2.HttpBody(content_type="image/webp", data=b"RIFF" + bytes([request.width % 256]))

    async def CreatePicture(self, request: picture_service_pb2.CreatePictureRequest, _: Any) -> product_pb2.Picture:
        return product_pb2.Picture(name=f"{request.parent}/pictures/{len(request.content)}")


class Recommendations(RecommendationServiceServicer):
    """Says who asked."""

    async def Recommend(self, request: Any, _: Any) -> recommendation_service_pb2.RecommendResponse:
        who = context.principal()
        return recommendation_service_pb2.RecommendResponse(attribution_token=who.subject if who else "nobody")


class Settings(ServiceSettings):
    """No variable of the environment belongs to it."""

    model_config = SettingsConfigDict(env_prefix="AISLE_STANDIN_", frozen=True, extra="ignore")


class Standins:
    """Replicas that can be started and stopped one by one."""

    def __init__(self, users_address: str) -> None:
        self._users = users_address
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._running: dict[int, RunningServer] = {}
        self.products = Products()
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Runs something on the servers' loop."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(30)

    def start(self, domain: str, port: int) -> None:
        """Starts a replica of catalog or recs."""
        self._running[port] = self.run(start(self._app(domain, port)))

    def stop(self, port: int) -> None:
        """Ends a replica, its calls included."""
        self.run(self._running.pop(port).stop())

    def close(self) -> None:
        """Stops everything."""
        for port in list(self._running):
            self.stop(port)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _app(self, domain: str, port: int) -> App:
        resources = AsyncExitStack()

        async def make() -> TokenVerifier:
            channel = await resources.enter_async_context(channels.channel(self._users))
            return TokenVerifier(PublishedKeys(channel))

        register, names = self._servicers(domain)
        return App(
            name=domain,
            settings=Settings(listen=f"127.0.0.1:{port}", stop_s=0.5),
            register=register,
            service_names=names,
            verifier=self.run(make()),
            resources=resources,
        )

    def _servicers(self, domain: str) -> tuple[Callable[[grpc.aio.Server], None], list[str]]:
        def catalog(server: grpc.aio.Server) -> None:
            add_ProductServiceServicer_to_server(self.products, server)
            add_CategoryServiceServicer_to_server(Categories(), server)
            add_PictureServiceServicer_to_server(Pictures(), server)

        def recs(server: grpc.aio.Server) -> None:
            add_RecommendationServiceServicer_to_server(Recommendations(), server)

        if domain == "catalog":
            return catalog, [f"aisle.catalog.v1.{name}Service" for name in ("Product", "Category", "Picture")]
        return recs, ["aisle.recs.v1.RecommendationService"]

"""The catalogue, and a merchant who changes it."""

from collections.abc import Iterable
from typing import Any

import grpc
from aisle.catalog.v1 import category_service_pb2 as categories_pb
from aisle.catalog.v1 import product_service_pb2 as pb
from aisle.catalog.v1.category_service_pb2_grpc import CategoryServiceStub
from aisle.catalog.v1.product_pb2 import Product
from aisle.catalog.v1.product_service_pb2_grpc import ProductServiceStub
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.money_pb2 import Money

from services.catalog.app import build
from services.catalog.settings import CatalogSettings
from services.kit import telemetry
from services.kit.server import RunningServer, start

START = 1_700_000_000
Metadata = tuple[tuple[str, str], ...]
SERVICE = "aisle.catalog.v1.ProductService"


class Shop:
    """services.catalog on a port of its own, which can go and come back."""

    def __init__(self, settings: CatalogSettings, merchant: Metadata) -> None:
        self._settings = settings
        self._merchant = merchant
        self._server: RunningServer | None = None
        self._channel = grpc.aio.insecure_channel(self.address)
        self._products = ProductServiceStub(self._channel)
        self._written = 0
        self.ids: set[str] = set()
        """Products that are there."""

    @property
    def address(self) -> str:
        """Where it listens, while it does."""
        return self._settings.listen

    async def open(self) -> None:
        """Starts answering."""
        self._server = await start(await build(self._settings))

    async def close(self) -> None:
        """Is gone."""
        if self._server is not None:
            await self._server.stop()
            self._server = None

    async def end(self) -> None:
        """Goes for good."""
        await self.close()
        await self._channel.close()

    async def furnish(self) -> None:
        """Makes the categories: shoes and shirts, both apparel."""
        stub = CategoryServiceStub(self._channel)
        for name, parent in (("apparel", ""), ("shoes", "categories/apparel"), ("shirts", "categories/apparel")):
            category = categories_pb.Category(display_name=name.title(), parent_category=parent)
            request = categories_pb.CreateCategoryRequest(category=category, category_id=name)
            await stub.CreateCategory(request, metadata=self._merchant)

    async def put(self, product_id: str, category: str, **fields: Any) -> None:
        """Creates or changes a product."""
        await self.stock([(product_id, category)], **fields)

    async def stock(self, products: Iterable[tuple[str, str]], **fields: Any) -> None:
        """Puts products with their categories, each one second newer than the one before."""
        rows = [self._row(product_id, category, **fields) for product_id, category in products]
        reply = await self._products.ImportProducts(pb.ImportProductsRequest(rows=rows), metadata=self._merchant)
        assert not reply.refusals, reply.refusals
        self.ids.update(row.product.name.removeprefix("products/") for row in rows)

    async def delete(self, product_id: str) -> None:
        """Removes a product."""
        request = pb.DeleteProductRequest(name=f"products/{product_id}")
        await self._products.DeleteProduct(request, metadata=self._merchant)
        self.ids.remove(product_id)

    def calls(self) -> dict[str, int]:
        """How often each method was called that shoppers cause, by its name."""
        return {
            sample.labels["method"]: int(sample.value)
            for sample in next(iter(telemetry.CALLS.collect())).samples
            if sample.name.endswith("_total")
            and sample.labels["service"] == SERVICE
            and sample.labels["method"] in {"BatchGetProducts", "ListProducts", "GetProduct"}
        }

    def _row(self, product_id: str, category: str, stock: int = 5, **fields: Any) -> pb.ImportProductsRequest.Row:
        number = self._written
        self._written += 1
        product = Product(
            name=f"products/{product_id}",
            title=f"The {category} {product_id}",
            category=f"categories/{category}",
            brand="Norr",
            price=Money(currency_code="EUR", units=10 + number % 90),
            stock_quantity=stock,
            **fields,
        )
        return pb.ImportProductsRequest.Row(product=product, create_time=Timestamp(seconds=START + number))

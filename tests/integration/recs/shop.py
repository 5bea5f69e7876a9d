"""A catalogue that a test can change, slow down and stop; it keeps the contract's promises about changes."""

import asyncio
from typing import Any

import grpc
from aisle.catalog.v1 import product_service_pb2 as pb
from aisle.catalog.v1.product_pb2 import Product
from aisle.catalog.v1.product_service_pb2_grpc import (
    ProductServiceServicer,
    add_ProductServiceServicer_to_server,
)
from google.protobuf.timestamp_pb2 import Timestamp

from services.kit import filters
from services.recs.use_cases.products import SCHEMA, record
from tests.support.postgres import free_port

START = 1_700_000_000


class Shop(ProductServiceServicer):
    """ProductService in memory."""

    def __init__(self) -> None:
        self.products: dict[str, Product] = {}
        self.log: list[str] = []
        self.calls: list[str] = []
        self.delay_s = 0.0
        self.port = free_port()
        self._server: grpc.aio.Server | None = None

    def put(self, product_id: str, category: str, **fields: Any) -> Product:
        """Creates or replaces a product."""
        number = len(self.log)
        stock = fields.pop("stock", 5)
        product = Product(
            name=f"products/{product_id}",
            title=fields.pop("title", f"The {category} {product_id}"),
            category_ids=["apparel", category],
            brand=fields.pop("brand", "Norr"),
            stock_quantity=stock,
            in_stock=stock > 0,
            create_time=Timestamp(seconds=START + number),
            **fields,
        )
        product.price.currency_code, product.price.units = "EUR", 10 + number % 90
        self.products[product_id] = product
        self.log.append(product_id)
        return product

    def delete(self, product_id: str) -> None:
        """Removes a product."""
        del self.products[product_id]
        self.log.append(product_id)

    @property
    def address(self) -> str:
        """Where it listens, while it does."""
        return f"127.0.0.1:{self.port}"

    async def open(self) -> None:
        """Starts answering."""
        self._server = grpc.aio.server()
        add_ProductServiceServicer_to_server(self, self._server)
        self._server.add_insecure_port(self.address)
        await self._server.start()

    async def close(self) -> None:
        """Is gone."""
        if self._server is not None:
            await self._server.stop(None)

    async def BatchGetProducts(self, request: Any, context: Any) -> Any:
        self.calls.append("BatchGetProducts")
        await asyncio.sleep(self.delay_s)
        ids = [name.removeprefix("products/") for name in request.names]
        return pb.BatchGetProductsResponse(products=[self.products[item] for item in ids if item in self.products])

    async def ListProducts(self, request: Any, context: Any) -> Any:
        self.calls.append("ListProducts")
        await asyncio.sleep(self.delay_s)
        where = filters.parse(request.filter, SCHEMA)
        found = [
            product for product in self.products.values() if where is None or filters.matches(where, record(product))
        ]
        found.sort(key=lambda product: -product.create_time.seconds)
        start = int(request.page_token or 0)
        end = start + (request.page_size or 50)
        token = str(end) if end < len(found) else ""
        return pb.ListProductsResponse(products=found[start:end], next_page_token=token)

    async def ListProductChanges(self, request: Any, context: Any) -> Any:
        start = int(request.cursor or 0)
        end = min(start + request.page_size, len(self.log))
        changes = []
        for item in dict.fromkeys(self.log[start:end]):
            change = pb.ListProductChangesResponse.Change(name=f"products/{item}")
            if item in self.products:
                change.product.CopyFrom(self.products[item])
            changes.append(change)
        return pb.ListProductChangesResponse(changes=changes, next_cursor=str(end), more=end < len(self.log))

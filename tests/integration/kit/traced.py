"""Two small services of the kit: `python -m tests.integration.kit.traced catalog|recs`.

Recommend of recs asks catalog for a product, as real services ask each other.
"""

import sys
from contextlib import AsyncExitStack
from typing import Any

import grpc
from aisle.catalog.v1 import product_pb2, product_service_pb2
from aisle.catalog.v1.product_service_pb2_grpc import (
    ProductServiceServicer,
    ProductServiceStub,
    add_ProductServiceServicer_to_server,
)
from aisle.recs.v1 import recommendation_service_pb2
from aisle.recs.v1.recommendation_service_pb2_grpc import (
    RecommendationServiceServicer,
    add_RecommendationServiceServicer_to_server,
)
from pydantic_settings import SettingsConfigDict

from services.kit import channels
from services.kit.app import App
from services.kit.errors import NotFound
from services.kit.server import run
from services.kit.settings import ServiceSettings
from tests.support.tokens import Issuer

PRODUCTS = "aisle.catalog.v1.ProductService"
RECOMMENDATIONS = "aisle.recs.v1.RecommendationService"


class Settings(ServiceSettings):
    """Read from `AISLE_TRACED_*`."""

    model_config = SettingsConfigDict(env_prefix="AISLE_TRACED_", frozen=True, extra="ignore")

    catalog_address: str = ""


class Products(ProductServiceServicer):
    """`products/none` does not exist."""

    async def GetProduct(self, request: product_service_pb2.GetProductRequest, _: Any) -> product_pb2.Product:
        if request.name == "products/none":
            raise NotFound(request.name)
        return product_pb2.Product(name=request.name)


class Recommendations(RecommendationServiceServicer):
    """Recommends the product that was asked about, if it exists."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._catalog = ProductServiceStub(channel)

    async def Recommend(self, request: Any, _: Any) -> recommendation_service_pb2.RecommendResponse:
        asked = product_service_pb2.GetProductRequest(name=request.context_product)
        product = await self._catalog.GetProduct(asked)
        return recommendation_service_pb2.RecommendResponse(results=[{"product": product.name}])


async def catalog(settings: Settings) -> App:
    def register(server: grpc.aio.Server) -> None:
        add_ProductServiceServicer_to_server(Products(), server)

    return App("catalog", settings, register, [PRODUCTS], Issuer().verifier())


async def recs(settings: Settings) -> App:
    resources = AsyncExitStack()
    channel = await resources.enter_async_context(channels.channel(settings.catalog_address, PRODUCTS))

    def register(server: grpc.aio.Server) -> None:
        add_RecommendationServiceServicer_to_server(Recommendations(channel), server)

    return App("recs", settings, register, [RECOMMENDATIONS], Issuer().verifier(), resources=resources)


if __name__ == "__main__":
    run({"catalog": catalog, "recs": recs}[sys.argv[1]], Settings)

"""Requests to the shop: small enough to be taken, and repeated when that can help."""

from collections.abc import Sequence
from typing import Any

import grpc
import pytest
from aisle.catalog.v1 import product_service_pb2 as products_pb
from aisle.users.v1.session_service_pb2 import Session

from services.importer.adapters.connection import Connection, LogIn, open_channel
from services.importer.adapters.shop import MOST_REQUEST_BYTES, GrpcShop
from services.importer.domain import Product
from services.importer.errors import ServerError


class Shop:
    """Answers ImportProducts by refusing the last row of each request."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.ids: list[list[str]] = []

    async def call(self, _: Any, request: products_pb.ImportProductsRequest) -> products_pb.ImportProductsResponse:
        self.sizes.append(request.ByteSize())
        self.ids.append([row.product.name.removeprefix("products/") for row in request.rows])
        refusal = {"index": len(request.rows) - 1, "field": "product.title", "description": "is not nice"}
        return products_pb.ImportProductsResponse(created_count=len(request.rows) - 1, refusals=[refusal])


def product(number: int, size: int) -> Product:
    return Product(id=f"p{number}", title="Lamp", description="x" * size)


async def written(products: Sequence[Product]) -> tuple[Shop, Any]:
    shop = Shop()
    log_in = LogIn("127.0.0.1:1", "a@x.test", "secret")
    connection = Connection("127.0.0.1:1", log_in)
    connection.call = shop.call  # type: ignore[method-assign]
    outcome = await GrpcShop(connection, connection, connection).write_products(products)
    await connection.close()
    await log_in.close()
    return shop, outcome


async def test_large_rows_travel_in_several_requests_and_what_fits_into_none_is_named() -> None:
    sizes = {0: 10, 1: 3 * 2**20, 2: 2 * 2**20, 3: 10, 4: 5 * 2**20, 5: 5 * 2**20, 6: 10}
    shop, outcome = await written([product(number, size) for number, size in sizes.items()])
    assert shop.ids == [["p0", "p1"], ["p2", "p3"], ["p6"]]
    assert max(shop.sizes) < MOST_REQUEST_BYTES + 1000
    assert sorted((refusal.index, refusal.field) for refusal in outcome.refusals) == [
        (1, "product.title"), (3, "product.title"), (4, ""), (5, ""), (6, "product.title"),
    ]  # fmt: skip
    assert outcome.counts.created == 2


@pytest.mark.parametrize("address", ["ftp://shop.test", "http://", "127.0.0.1:99999999", "http://shop.test:port"])
def test_an_address_that_is_none_is_said(address: str) -> None:
    with pytest.raises(ServerError, match="write it like"):
        open_channel(address)


class Sessions:
    """A log-in whose sessions are numbered."""

    email = "a@x.test"

    def __init__(self) -> None:
        self.number = 1

    async def session(self) -> Session:
        return Session(access_token=str(self.number))

    def forget(self, _: Session) -> None:
        self.number += 1


def error(code: grpc.StatusCode) -> grpc.aio.AioRpcError:
    return grpc.aio.AioRpcError(code, grpc.aio.Metadata(), grpc.aio.Metadata(), "a sentence.")


async def asked(*answers: Any, patience_s: float = 5.0) -> list[str]:
    """Tokens that were sent until an answer came."""
    tokens, coming = [], iter(answers)

    async def method(_: Any, metadata: Any, **__: Any) -> None:
        tokens.append(dict(metadata)["authorization"])
        if isinstance(answer := next(coming), grpc.StatusCode):
            raise error(answer)

    connection = Connection("127.0.0.1:1", Sessions(), patience_s)  # type: ignore[arg-type]
    try:
        await connection.call(method, None)
    finally:
        await connection.close()
    return tokens


async def test_a_busy_shop_is_asked_again() -> None:
    busy = (grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.UNAVAILABLE)
    assert await asked(*busy, "good") == ["Bearer 1"] * 3


async def test_a_session_that_ended_is_replaced_once() -> None:
    assert await asked(grpc.StatusCode.UNAUTHENTICATED, "good") == ["Bearer 1", "Bearer 2"]
    with pytest.raises(ServerError, match=r"refuses a@x\.test: a sentence\."):
        await asked(*[grpc.StatusCode.UNAUTHENTICATED] * 2)


async def test_patience_ends() -> None:
    with pytest.raises(ServerError, match="does not answer: UNAVAILABLE"):
        await asked(*[grpc.StatusCode.UNAVAILABLE] * 9, patience_s=0.5)


async def test_a_refused_request_is_not_repeated() -> None:
    with pytest.raises(grpc.aio.AioRpcError):
        await asked(grpc.StatusCode.INVALID_ARGUMENT)

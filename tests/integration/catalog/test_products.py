"""Products, as clients see them."""

import asyncio
import uuid
from typing import Any

import grpc
import pytest
from aisle.catalog.v1 import product_service_pb2 as pb
from google.protobuf.field_mask_pb2 import FieldMask
from google.rpc import error_details_pb2
from grpc_status.rpc_status import from_call

from tests.integration.catalog.conftest import Client
from tests.support.tokens import Issuer

LAMP: dict[str, Any] = {
    "title": "Desk lamp",
    "description": "Bends.",
    "brand": "Norr",
    "price": {"currency_code": "EUR", "units": 19, "nanos": 990_000_000},
    "list_price": {"currency_code": "EUR", "units": 25},
    "stock_quantity": 5,
    "attributes": {"colour": "Navy Blue"},
    "age_limit": 3,
    "regions": ["DE", "AT"],
}


async def create(client: Client, product_id: str = "lamp", **fields: Any) -> Any:
    request = pb.CreateProductRequest(product=LAMP | fields, product_id=product_id)
    return await client.call("CreateProduct", request)


def update(etag: str = "", mask: tuple[str, ...] = (), **fields: Any) -> pb.UpdateProductRequest:
    request = pb.UpdateProductRequest(product={"name": "products/lamp", "etag": etag, **fields})
    if mask:
        request.update_mask.CopyFrom(FieldMask(paths=mask))
    return request


def violations(error: grpc.aio.AioRpcError) -> list[str]:
    bad = error_details_pb2.BadRequest()
    for detail in from_call(error).details:  # type: ignore[union-attr, arg-type]
        detail.Unpack(bad)
    return [violation.field for violation in bad.field_violations]


async def test_a_product_comes_back_as_it_was_written(client: Client) -> None:
    made = await create(client)
    read = await client.call("GetProduct", pb.GetProductRequest(name="products/lamp"), anonymous=True)
    assert read == made
    assert (read.name, read.title, read.brand, read.price.units, read.price.nanos) == (
        "products/lamp",
        "Desk lamp",
        "Norr",
        19,
        990_000_000,
    )
    assert (read.in_stock, read.stock_quantity, dict(read.attributes)) == (True, 5, {"colour": "Navy Blue"})
    assert (list(read.regions), read.age_limit, read.list_price.units) == (["DE", "AT"], 3, 25)
    assert read.etag
    assert (await client.refused("CreateProduct", pb.CreateProductRequest(product=LAMP, product_id="lamp"))).code() is (
        grpc.StatusCode.ALREADY_EXISTS
    )
    assert (await create(client, "")).name.startswith("products/")


async def test_a_deleted_product_is_gone_with_its_name(client: Client) -> None:
    made = await create(client)
    stale = pb.DeleteProductRequest(name=made.name, etag="0")
    assert (await client.refused("DeleteProduct", stale)).code() is grpc.StatusCode.ABORTED
    await client.call("DeleteProduct", pb.DeleteProductRequest(name=made.name, etag=made.etag))
    error = await client.refused("GetProduct", pb.GetProductRequest(name=made.name))
    assert (error.code(), made.name in (error.details() or "")) == (grpc.StatusCode.NOT_FOUND, True)
    assert (await client.refused("DeleteProduct", pb.DeleteProductRequest(name=made.name))).code() is (
        grpc.StatusCode.NOT_FOUND
    )
    assert (await create(client)).etag != made.etag


async def test_an_update_writes_the_fields_of_the_mask_alone(client: Client) -> None:
    await create(client)
    changed = await client.call("UpdateProduct", update(mask=("title", "listPrice"), title="Lamp", brand="Other"))
    assert (changed.title, changed.brand, changed.HasField("list_price")) == ("Lamp", "Norr", False)
    changed = await client.call("UpdateProduct", update(brand="Sund"))
    assert (changed.title, changed.brand, changed.description) == ("Lamp", "Sund", "Bends.")
    changed = await client.call("UpdateProduct", update(mask=("*",), title="New"))
    assert (changed.title, changed.brand, changed.HasField("price"), changed.stock_quantity) == ("New", "", False, 5)
    read = await client.call("GetProduct", pb.GetProductRequest(name="products/lamp"))
    sent_back = pb.UpdateProductRequest(product=read)
    assert (await client.call("UpdateProduct", sent_back)).etag == read.etag
    sold_meanwhile = await client.call("UpdateProduct", update(title="Newer", stock_quantity=9))
    assert (sold_meanwhile.title, sold_meanwhile.stock_quantity) == ("Newer", 5)


async def test_of_two_updates_of_the_same_state_one_is_aborted(client: Client) -> None:
    made = await create(client)
    answers = await asyncio.gather(
        *(client.call("UpdateProduct", update(made.etag, title=f"Lamp {i}")) for i in range(2)), return_exceptions=True
    )
    errors = [answer for answer in answers if isinstance(answer, grpc.aio.AioRpcError)]
    assert [error.code() for error in errors] == [grpc.StatusCode.ABORTED]


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (update(mask=("stock_quantity",)), "update_mask"),
        (update(mask=("colour",)), "update_mask"),
        (update(stock_quantity=9), "product.stock_quantity"),
        (update(rating=5.0, create_time={"seconds": 1}), "product"),
        (update(mask=("title",), title="  "), "product.title"),
        (update(price={"currency_code": "eur", "units": 1}), "product.price"),
        (update(price={"currency_code": "EUR", "units": -1}), "product.price"),
        (update(list_price={"currency_code": "USD", "units": 1}), "product.list_price"),
        (update(category="shoes"), "product.category"),
        (pb.UpdateProductRequest(product={"title": "no name"}), "product.name"),
    ],
)
async def test_a_wrong_update_is_refused_by_field(
    client: Client, request_: pb.UpdateProductRequest, field: str
) -> None:
    await create(client)
    error = await client.refused("UpdateProduct", request_)
    assert (error.code(), violations(error)) == (grpc.StatusCode.INVALID_ARGUMENT, [field])


async def test_the_same_request_id_answers_as_it_did_first(client: Client) -> None:
    key = str(uuid.uuid4())
    request = pb.CreateProductRequest(product=LAMP, request_id=key)
    answers = await asyncio.gather(*(client.call("CreateProduct", request) for _ in range(5)))
    assert len({answer.SerializeToString(deterministic=True) for answer in answers}) == 1
    other = pb.CreateProductRequest(product=LAMP | {"title": "Other"}, request_id=key)
    assert violations(await client.refused("CreateProduct", other)) == ["request_id"]
    take = pb.AdjustStockRequest(name=answers[0].name, delta=-2, request_id=key)
    assert [(await client.call("AdjustStock", take)).stock_quantity for _ in range(3)] == [3, 3, 3]


async def test_stock_is_never_negative_and_no_change_is_lost(client: Client) -> None:
    await create(client, stock_quantity=20)
    take = pb.AdjustStockRequest(name="products/lamp", delta=-1)
    answers = await asyncio.gather(*(client.call("AdjustStock", take) for _ in range(50)), return_exceptions=True)
    left = sorted(answer.stock_quantity for answer in answers if not isinstance(answer, BaseException))
    assert left == list(range(20))
    refused = [answer.code() for answer in answers if isinstance(answer, grpc.aio.AioRpcError)]
    assert refused == [grpc.StatusCode.FAILED_PRECONDITION] * 30
    read = await client.call("GetProduct", pb.GetProductRequest(name="products/lamp"))
    assert (read.stock_quantity, read.in_stock) == (0, False)
    too_much = pb.AdjustStockRequest(name="products/lamp", delta=10**9)
    await client.call("AdjustStock", too_much)
    assert (await client.refused("AdjustStock", too_much)).code() is grpc.StatusCode.FAILED_PRECONDITION


async def test_batch_get_keeps_the_order_and_names_the_first_that_is_missing(client: Client, second: Client) -> None:
    for product_id in ("a", "b", "c"):
        await create(client, product_id)
    request = pb.BatchGetProductsRequest(names=["products/c", "products/x", "products/a", "products/c"])
    error = await client.refused("BatchGetProducts", request)
    assert (error.code(), "products/x" in (error.details() or "")) == (grpc.StatusCode.NOT_FOUND, True)
    request.allow_missing = True
    for replica in (client, second):
        found = await replica.call("BatchGetProducts", request, anonymous=True)
        assert [product.name[-1] for product in found.products] == ["c", "a", "c"]
    # What one replica writes the other answers at once, though it has rendered the product before.
    await client.call("UpdateProduct", pb.UpdateProductRequest(product={"name": "products/a", "title": "New"}))
    found = await second.call("BatchGetProducts", request)
    assert [product.title for product in found.products] == ["Desk lamp", "New", "Desk lamp"]
    await client.call("DeleteProduct", pb.DeleteProductRequest(name="products/c"))
    assert [p.name for p in (await second.call("BatchGetProducts", request)).products] == ["products/a"]


async def test_writing_needs_the_role_merchant(client: Client, issuer: Issuer) -> None:
    requests = {
        "CreateProduct": pb.CreateProductRequest(product=LAMP),
        "UpdateProduct": update(title="x"),
        "DeleteProduct": pb.DeleteProductRequest(name="products/lamp"),
        "AdjustStock": pb.AdjustStockRequest(name="products/lamp", delta=1),
        "ImportProducts": pb.ImportProductsRequest(rows=[{"product": {"name": "products/x"}}]),
        "ListProductChanges": pb.ListProductChangesRequest(),
    }
    shopper = Client(client.channel, issuer.metadata("users/shopper", "shopper"))
    for method, request in requests.items():
        error = await client.refused(method, request, anonymous=True)
        assert error.code() is grpc.StatusCode.UNAUTHENTICATED, method
        assert (await shopper.refused(method, request)).code() is grpc.StatusCode.PERMISSION_DENIED, method

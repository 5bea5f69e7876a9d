"""Lists of products: filter, order and pages."""

from typing import Any

import grpc
import pytest
from aisle.catalog.v1 import product_service_pb2 as pb

from tests.integration.catalog.conftest import Client
from tests.integration.catalog.test_products import violations

KINDS = (("Apparel", "Shoes"), ("Apparel", "Tops"), ("Home",))


def row(i: int) -> Any:
    return {
        "product": {
            "name": f"products/p{i:02}",
            "title": f"Thing {i % 4}",
            "brand": ("Norr", "Sund", "50% O_ff")[i % 3],
            "price": {"currency_code": "EUR", "units": 10 + i % 5, "nanos": 990_000_000} if i % 6 else None,
            "stock_quantity": i % 4,
            "attributes": {"colour": "Navy Blue"} if i % 2 else {"colour": "red", "size": "M"},
        },
        "category_path": KINDS[i % 3],
        "create_time": f"2024-01-{1 + i % 7:02}T00:00:00Z",
    }


@pytest.fixture
async def shop(client: Client) -> Client:
    rows = []
    for i in range(30):
        given = row(i)
        time = given.pop("create_time")
        message = pb.ImportProductsRequest.Row(**given)
        message.create_time.FromJsonString(time)
        rows.append(message)
    reply = await client.call("ImportProducts", pb.ImportProductsRequest(rows=rows))
    assert (reply.created_count, list(reply.refusals)) == (30, [])
    return client


async def ids(client: Client, **fields: Any) -> list[int]:
    reply = await client.call("ListProducts", pb.ListProductsRequest(page_size=1000, **fields), anonymous=True)
    assert reply.total_size == len(reply.products)
    return [int(product.name.removeprefix("products/p")) for product in reply.products]


@pytest.mark.parametrize(
    ("text", "keeps"),
    [
        ('category = "apparel"', lambda i: i % 3 < 2),
        ("category = apparel.shoes AND in_stock = true", lambda i: i % 3 == 0 and i % 4),
        ("price < 12", lambda i: i % 6 and i % 5 < 2),
        ("price = 12.99", lambda i: i % 6 and i % 5 == 2),
        ("NOT price = 12.99", lambda i: not (i % 6 and i % 5 == 2)),
        ("price >= 10.99 AND currency = EUR", lambda i: i % 6),
        ('brand = "Norr" OR id = p01', lambda i: i % 3 == 0 or i == 1),
        ('brand : "% o_"', lambda i: i % 3 == 2),
        ('title = "Thing 1"', lambda i: i % 4 == 1),
        ('attributes.colour = "Navy Blue"', lambda i: i % 2),
        ("attributes.size != M", lambda i: i % 2),
        ('create_time >= "2024-01-06T00:00:00Z"', lambda i: i % 7 >= 5),
        ("update_time > 2024-02-01T00:00:00Z AND rating < 1", lambda i: True),
        ('attributes."\'; DROP TABLE products; --" = "\' OR 1=1"', lambda i: False),
    ],
)
async def test_a_filter_keeps_what_it_says(shop: Client, text: str, keeps: Any) -> None:
    assert await ids(shop, filter=text) == [i for i in range(30) if keeps(i)]


@pytest.mark.parametrize(
    ("order_by", "key"),
    [
        ("", lambda i: i),
        ("id desc", lambda i: -i),
        ("price", lambda i: (i % 6 == 0, i % 5 if i % 6 else 0, i)),
        ("price desc, id desc", lambda i: (i % 6 == 0, -(i % 5) if i % 6 else 0, -i)),
        ("create_time desc, title", lambda i: (-(i % 7), i % 4, i)),
        ("rating, title desc", lambda i: (-(i % 4), i)),
    ],
)
async def test_pages_are_the_list_cut_into_pieces(shop: Client, order_by: str, key: Any) -> None:
    request = pb.ListProductsRequest(page_size=4, order_by=order_by)
    seen: list[int] = []
    while True:
        reply = await shop.call("ListProducts", request)
        assert reply.total_size == 30
        seen += [int(product.name.removeprefix("products/p")) for product in reply.products]
        if not reply.next_page_token:
            break
        request.page_token = reply.next_page_token
    assert seen == sorted(range(30), key=key)


async def test_pages_stay_in_place_while_products_come_and_go(shop: Client) -> None:
    first = await shop.call("ListProducts", pb.ListProductsRequest(page_size=10))
    await shop.call("DeleteProduct", pb.DeleteProductRequest(name="products/p09"))
    new = [
        {"product": {"name": "products/a00", "title": "Before"}},
        {"product": {"name": "products/p29x", "title": "x"}},
    ]
    await shop.call("ImportProducts", pb.ImportProductsRequest(rows=new))
    rest = pb.ListProductsRequest(page_size=1000, page_token=first.next_page_token)
    names = [product.name for product in (await shop.call("ListProducts", rest)).products]
    assert names == [*(f"products/p{i:02}" for i in range(10, 30)), "products/p29x"]


async def test_a_token_is_good_for_its_own_arguments_alone(shop: Client) -> None:
    token = (await shop.call("ListProducts", pb.ListProductsRequest(page_size=4))).next_page_token
    wrong = [
        pb.ListProductsRequest(page_token=token, filter="in_stock = true"),
        pb.ListProductsRequest(page_token=token, order_by="price"),
        pb.ListProductsRequest(page_token="forged"),
        pb.ListProductsRequest(page_token=f"{token[:-6]}AAAA"),
    ]
    for request in wrong:
        assert violations(await shop.refused("ListProducts", request)) == ["page_token"]


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        ({"filter": "colour = red"}, "filter"),
        ({"filter": "price = cheap"}, "filter"),
        ({"filter": "price <"}, "filter"),
        ({"order_by": "brand"}, "order_by"),
        ({"order_by": "price up"}, "order_by"),
        ({"order_by": "price, price desc"}, "order_by"),
        ({"page_size": -1}, "page_size"),
    ],
)
async def test_what_cannot_be_read_is_named(client: Client, request_: Any, field: str) -> None:
    error = await client.refused("ListProducts", pb.ListProductsRequest(**request_))
    assert (error.code(), violations(error)) == (grpc.StatusCode.INVALID_ARGUMENT, [field])

"""Imports of products: row by row, and twice changes nothing."""

import asyncio
from typing import Any

import grpc
from aisle.catalog.v1 import product_service_pb2 as pb

from tests.integration.catalog.conftest import Client
from tests.integration.catalog.test_products import LAMP, violations

Row = pb.ImportProductsRequest.Row


def row(product_id: str, *path: str, **fields: Any) -> Any:
    return Row(product=LAMP | {"name": f"products/{product_id}"} | fields, category_path=path)


async def write(client: Client, *rows: Any) -> tuple[tuple[int, int, int], list[tuple[int, str]]]:
    reply = await client.call("ImportProducts", pb.ImportProductsRequest(rows=rows))
    counts = reply.created_count, reply.updated_count, reply.unchanged_count
    assert all(refusal.description for refusal in reply.refusals)
    return counts, [(refusal.index, refusal.field) for refusal in reply.refusals]


async def changes(client: Client, cursor: str) -> tuple[list[str], str]:
    reply = await client.call("ListProductChanges", pb.ListProductChangesRequest(cursor=cursor))
    return [change.name for change in reply.changes], reply.next_cursor


async def test_importing_twice_changes_nothing(client: Client, second: Client) -> None:
    rows = [row(f"p{i}", "Apparel", f"Kind {i % 7}", stock_quantity=i) for i in range(500)]
    rows[7].create_time.FromJsonString("2023-04-05T06:07:08.123456789Z")
    assert await write(client, *rows) == ((500, 0, 0), [])
    _, cursor = await changes(client, "")
    cursor = (await changes(client, cursor))[1]
    assert await write(second, *rows) == ((0, 0, 500), [])
    assert (await changes(client, cursor))[0] == []
    rows[3].product.price.nanos = 0
    rows[4].category_path[:] = ["Apparel", "Kind 6"]
    rows[5].product.attributes["colour"] = "red"
    assert await write(client, *rows) == ((0, 3, 497), [])
    assert sorted((await changes(client, cursor))[0]) == ["products/p3", "products/p4", "products/p5"]
    read = await client.call("GetProduct", pb.GetProductRequest(name="products/p7"))
    assert read.create_time.ToJsonString() == "2023-04-05T06:07:08.123456Z"
    read = await client.call("GetProduct", pb.GetProductRequest(name="products/p4"))
    assert list(read.category_path) == ["Apparel", "Kind 6"]


async def stock(client: Client, product_id: str) -> int:
    read = await client.call("GetProduct", pb.GetProductRequest(name=f"products/{product_id}"))
    return int(read.stock_quantity)


async def sell(client: Client, product_id: str, units: int) -> None:
    await client.call("AdjustStock", pb.AdjustStockRequest(name=f"products/{product_id}", delta=-units))


async def test_what_was_sold_stays_sold_until_the_source_counts_anew(client: Client) -> None:
    rows = [row("counted", stock_quantity=10), row("uncounted", stock_quantity=100)]
    rows[1].keep_stock = True
    assert await write(client, *rows) == ((2, 0, 0), [])
    for product in ("counted", "uncounted"):
        await sell(client, product, 4)
    assert await write(client, *rows) == ((0, 0, 2), [])
    assert [await stock(client, "counted"), await stock(client, "uncounted")] == [6, 96]
    rows[0].product.title = rows[1].product.title = "Another lamp"
    assert await write(client, *rows) == ((0, 2, 0), [])
    assert [await stock(client, "counted"), await stock(client, "uncounted")] == [6, 96]
    rows[0].product.stock_quantity = 7
    rows[1] = row("uncounted", title="Another lamp", stock_quantity=100)
    assert await write(client, *rows) == ((0, 2, 0), [])
    assert [await stock(client, "counted"), await stock(client, "uncounted")] == [7, 100]


async def test_what_a_merchant_changes_is_no_count_of_the_source(client: Client) -> None:
    await write(client, row("lamp", stock_quantity=10))
    await sell(client, "lamp", 4)
    renamed = {"name": "products/lamp", "title": "Renamed"}
    await client.call("UpdateProduct", pb.UpdateProductRequest(product=renamed, update_mask={"paths": ["title"]}))
    assert await write(client, row("lamp", stock_quantity=10)) == ((0, 1, 0), [])
    assert await stock(client, "lamp") == 6
    await client.call("CreateProduct", pb.CreateProductRequest(product=LAMP, product_id="own"))
    kept = row("own", title="From the source")
    kept.keep_stock = True
    await write(client, kept)
    assert await stock(client, "own") == 5
    await write(client, row("own", stock_quantity=8))
    assert await stock(client, "own") == 8


async def test_a_bad_row_is_named_and_the_others_are_written(client: Client) -> None:
    late = row("late")
    late.create_time.seconds = 10**15
    rows = [
        row("good"),
        row("no title", title=""),
        row("money", price={"currency_code": "euro", "units": 1}),
        row("list", list_price={"currency_code": "USD", "units": 1}),
        row("stock", stock_quantity=-1),
        row("deep", *"123456789"),
        row("blank", "Home", " "),
        row("lost", category="categories/nowhere"),
        row("long", description="x" * 20_001),
        row("good", title="Again"),
        row("nul", title="a\0b"),
        late,
        Row(product={"title": "nameless"}),
        row("fine", "Home", " Lamps "),
    ]
    counts, refused = await write(client, *rows)
    assert counts == (2, 0, 0)
    assert refused == [
        (1, "product.name"),
        (2, "product.price"),
        (3, "product.list_price"),
        (4, "product.stock_quantity"),
        (5, "category_path"),
        (6, "category_path"),
        (7, "product.category"),
        (8, "product.description"),
        (9, "product.name"),
        (10, "product.title"),
        (11, "create_time"),
        (12, "product.name"),
    ]
    read = await client.call("GetProduct", pb.GetProductRequest(name="products/fine"))
    assert list(read.category_path) == ["Home", "Lamps"]


async def test_too_many_rows_are_refused_as_a_whole(client: Client) -> None:
    error = await client.refused("ImportProducts", pb.ImportProductsRequest(rows=[row("p")] * 501))
    assert (error.code(), violations(error)) == (grpc.StatusCode.INVALID_ARGUMENT, ["rows"])


async def test_imports_of_the_same_rows_at_once_create_each_once(client: Client, second: Client) -> None:
    rows = [row(f"p{i}", f"Kind {i % 9}", "Below") for i in range(120)]

    async def write_all(client: Client, rows: list[Any]) -> int:
        while True:  # as the importer does when two of them got in each other's way
            try:
                return (await write(client, *rows))[0][0]
            except grpc.aio.AioRpcError as error:
                if error.code() is not grpc.StatusCode.ABORTED:
                    raise

    created = await asyncio.gather(
        *(write_all((client, second)[i % 2], rows if i % 3 else rows[::-1]) for i in range(8))
    )
    assert sum(created) == 120
    listed = await client.call("ListProducts", pb.ListProductsRequest(page_size=1000, filter="category = kind-3"))
    assert listed.total_size == 13

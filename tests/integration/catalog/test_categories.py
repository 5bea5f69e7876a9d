"""The category tree, and the products that stand in it."""

import asyncio
import random
from typing import Any

import grpc
import pytest
from aisle.catalog.v1 import category_service_pb2 as pb
from aisle.catalog.v1 import product_service_pb2 as products_pb

from tests.integration.catalog.conftest import Client
from tests.integration.catalog.test_products import violations

ROW = products_pb.ImportProductsRequest.Row


async def create(client: Client, display_name: str, parent: str = "", category_id: str = "", **more: Any) -> Any:
    category = {"display_name": display_name, "parent_category": f"categories/{parent}" if parent else ""}
    return await client.call(
        "CreateCategory", pb.CreateCategoryRequest(category=category, category_id=category_id, **more)
    )


async def rename(client: Client, category_id: str, display_name: str, etag: str = "") -> Any:
    given = {"name": f"categories/{category_id}", "display_name": display_name, "etag": etag}
    return await client.call("UpdateCategory", pb.UpdateCategoryRequest(category=given))


async def stand(client: Client, *paths: tuple[str, ...]) -> Any:
    rows = [ROW(product={"name": f"products/p{i}", "title": "x"}, category_path=path) for i, path in enumerate(paths)]
    return await client.call("ImportProducts", products_pb.ImportProductsRequest(rows=rows))


async def product(client: Client, product_id: str) -> Any:
    return await client.call("GetProduct", products_pb.GetProductRequest(name=f"products/{product_id}"))


async def tree(client: Client, page_size: int = 0) -> list[tuple[str, int, int]]:
    request = pb.ListCategoriesRequest(page_size=page_size)
    found: list[tuple[str, int, int]] = []
    while True:
        reply = await client.call("ListCategories", request, anonymous=True)
        found += [(c.name.removeprefix("categories/"), c.depth, c.product_count) for c in reply.categories]
        if not reply.next_page_token:
            return found
        request.page_token = reply.next_page_token


async def test_a_tree_is_listed_from_the_root_with_all_that_stands_below(client: Client) -> None:
    await stand(client, ("Home", "Lamps"), ("Apparel", "Shoes", "Boots"), ("Apparel", "Shoes"), ("Apparel", "Tops"))
    expected = [
        ("apparel", 0, 3),
        ("apparel.shoes", 1, 2),
        ("apparel.shoes.boots", 2, 1),
        ("apparel.tops", 1, 1),
        ("home", 0, 1),
        ("home.lamps", 1, 1),
    ]
    assert await tree(client) == expected
    assert await tree(client, page_size=1) == expected
    boots = await client.call("GetCategory", pb.GetCategoryRequest(name="categories/apparel.shoes.boots"))
    assert (boots.display_name, boots.parent_category, boots.depth) == ("Boots", "categories/apparel.shoes", 2)
    one = await product(client, "p1")
    assert list(one.category_ids) == ["apparel", "apparel.shoes", "apparel.shoes.boots"]
    assert list(one.category_path) == ["Apparel", "Shoes", "Boots"]


async def test_the_longest_path_that_the_contract_allows_is_taken(client: Client) -> None:
    chance = random.Random(1)
    path = tuple("".join(chr(chance.randrange(0x4E00, 0x9FA5)) for _ in range(200)) for _ in range(8))
    assert (await stand(client, path)).created_count == 1
    assert (await stand(client, path)).unchanged_count == 1
    assert tuple((await product(client, "p0")).category_path) == path
    top = (await product(client, "p0")).category_ids[0]
    await rename(client, top, "\N{GRINNING FACE}" * 200)
    assert (await stand(client, path)).unchanged_count == 1
    assert len(await tree(client, page_size=3)) == 8


async def test_a_page_after_a_category_that_is_gone_says_so(client: Client) -> None:
    for name in ("A", "B", "C"):
        await create(client, name)
    request = pb.ListCategoriesRequest(page_size=2)
    request.page_token = (await client.call("ListCategories", request)).next_page_token
    await client.call("DeleteCategory", pb.DeleteCategoryRequest(name="categories/b"))
    assert violations(await client.refused("ListCategories", request)) == ["page_token"]


async def test_a_renamed_category_is_renamed_in_every_product_below_it(client: Client, second: Client) -> None:
    await stand(client, ("Apparel", "Shoes", "Boots"), ("Home",))
    before = [await product(second, "p0"), await product(second, "p1")]
    renamed = await rename(client, "apparel.shoes", "Footwear")
    assert renamed.display_name == "Footwear"
    after = [await product(second, "p0"), await product(second, "p1")]
    assert list(after[0].category_path) == ["Apparel", "Footwear", "Boots"]
    assert list(after[0].category_ids) == list(before[0].category_ids)
    assert (after[0].etag != before[0].etag, after[1]) == (True, before[1])
    # The shop's file still says Shoes: it finds the category that it made, and changes nothing.
    again = await stand(client, ("Apparel", "Shoes", "Boots"), ("Home",))
    assert (again.unchanged_count, again.created_count, again.updated_count) == (2, 0, 0)
    # A new kind below the old name comes below the new one.
    await stand(client, ("Apparel", "Shoes", "Sandals"))
    assert list((await product(client, "p0")).category_path) == ["Apparel", "Footwear", "Sandals"]


async def test_a_product_moves_to_another_category(client: Client) -> None:
    await stand(client, ("Apparel", "Shoes"))
    await create(client, "Lamps", parent=(await create(client, "Home", category_id="rooms")).name[11:])
    move = products_pb.UpdateProductRequest(product={"name": "products/p0", "category": "categories/home.lamps"})
    moved = await client.call("UpdateProduct", move)
    assert (list(moved.category_ids), list(moved.category_path)) == (["rooms", "home.lamps"], ["Home", "Lamps"])
    assert await tree(client) == [
        ("apparel", 0, 0),
        ("apparel.shoes", 1, 0),
        ("rooms", 0, 1),
        ("home.lamps", 1, 1),
    ]
    move.product.category = "categories/nowhere"
    assert (await client.refused("UpdateProduct", move)).code() is grpc.StatusCode.NOT_FOUND
    move.product.category = ""
    move.update_mask.paths.append("category")
    out = await client.call("UpdateProduct", move)
    assert (out.category, list(out.category_ids), list(out.category_path)) == ("", [], [])


async def test_a_category_that_holds_something_is_not_deleted(client: Client) -> None:
    await stand(client, ("Apparel", "Shoes"))
    for name in ("categories/apparel", "categories/apparel.shoes"):
        error = await client.refused("DeleteCategory", pb.DeleteCategoryRequest(name=name))
        assert error.code() is grpc.StatusCode.FAILED_PRECONDITION
    await client.call("DeleteProduct", products_pb.DeleteProductRequest(name="products/p0"))
    stale = pb.DeleteCategoryRequest(name="categories/apparel.shoes", etag="0")
    assert (await client.refused("DeleteCategory", stale)).code() is grpc.StatusCode.ABORTED
    for name in ("categories/apparel.shoes", "categories/apparel"):
        await client.call("DeleteCategory", pb.DeleteCategoryRequest(name=name))
        error = await client.refused("GetCategory", pb.GetCategoryRequest(name=name))
        assert error.code() is grpc.StatusCode.NOT_FOUND


async def test_what_stands_already_is_not_made_again(client: Client) -> None:
    made = await create(client, "Home", request_id="0b6f1d1c-7c1e-4f5e-9a53-3f0f3a3f7a10")
    again = await create(client, "Home", request_id="0b6f1d1c-7c1e-4f5e-9a53-3f0f3a3f7a10")
    assert made == again
    for request in (
        pb.CreateCategoryRequest(category={"display_name": " Home "}),
        pb.CreateCategoryRequest(category={"display_name": "Other"}, category_id="home"),
    ):
        assert (await client.refused("CreateCategory", request)).code() is grpc.StatusCode.ALREADY_EXISTS
    await create(client, "Garden")
    other = pb.UpdateCategoryRequest(category={"name": "categories/garden", "display_name": "Home"})
    assert (await client.refused("UpdateCategory", other)).code() is grpc.StatusCode.ALREADY_EXISTS
    orphan = pb.CreateCategoryRequest(category={"display_name": "x", "parent_category": "categories/none"})
    assert (await client.refused("CreateCategory", orphan)).code() is grpc.StatusCode.NOT_FOUND
    # Two names that read the same have two ids.
    assert (await create(client, "Home!")).name.startswith("categories/home-")


async def test_a_rename_wants_the_current_etag_and_a_mask_that_names_the_name(client: Client) -> None:
    made = await create(client, "Home")
    changed = await rename(client, "home", "House", made.etag)
    assert changed.etag != made.etag
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await rename(client, "home", "Hut", made.etag)
    assert caught.value.code() is grpc.StatusCode.ABORTED
    request = pb.UpdateCategoryRequest(category={"name": "categories/home", "display_name": "Hut"})
    stale = pb.UpdateCategoryRequest(category={"name": "categories/home", "etag": made.etag})
    assert (await client.refused("UpdateCategory", stale)).code() is grpc.StatusCode.ABORTED
    moved = pb.UpdateCategoryRequest(category={"name": "categories/home", "parent_category": "categories/apparel"})
    assert violations(await client.refused("UpdateCategory", moved)) == ["category.parent_category"]
    request.update_mask.paths.append("parent_category")
    assert (await client.call("UpdateCategory", request)).display_name == "House", (
        "it stands at the root, as it is told"
    )
    request.category.parent_category = "categories/apparel"
    assert violations(await client.refused("UpdateCategory", request)) == ["update_mask"]


async def test_renames_and_imports_at_once_leave_every_product_with_the_last_name(client: Client) -> None:
    paths = tuple(("Apparel", f"Kind {i % 5}") for i in range(60))
    await stand(client, *paths)
    work: list[Any] = [rename(client, "apparel", f"Apparel {i}") for i in range(6)]
    work += [rename(client, "apparel.kind-1", f"Kind 1 {i}") for i in range(6)]
    work += [stand(client, *paths[:: 1 if i % 2 else -1]) for i in range(6)]
    for done in await asyncio.gather(*work, return_exceptions=True):
        if isinstance(done, grpc.aio.AioRpcError):
            assert done.code() is grpc.StatusCode.ABORTED
        elif isinstance(done, BaseException):
            raise done
    top = await client.call("GetCategory", pb.GetCategoryRequest(name="categories/apparel"))
    for i in range(60):
        assert (await product(client, f"p{i}")).category_path[0] == top.display_name

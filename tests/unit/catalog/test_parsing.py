"""Masks, orders and rows of requests."""

import pytest
from aisle.catalog.v1 import product_service_pb2 as pb
from aisle.catalog.v1.product_pb2 import Product

from services.catalog.ports import SortKey
from services.catalog.servicer import imports, listing, parsing
from services.catalog.servicer.parsing import Wrong
from services.kit import masks
from services.kit.errors import InvalidArgument

MESSAGE = Product(name="products/lamp", title="Lamp", brand="Norr", stock_quantity=3, etag="1", rating=4.0)


async def stored() -> Product:
    return MESSAGE


@pytest.mark.parametrize(
    ("mask", "fields"),
    [
        ([], ["title", "brand"]),
        (["brand"], ["brand"]),
        (["listPrice", "age_limit"], ["list_price", "age_limit"]),
        (["*"], list(parsing.READERS)),
        (["title", "etag", "rating", "updateTime"], ["title"]),
        (["name"], []),
    ],
)
async def test_a_mask_says_what_is_written(mask: list[str], fields: list[str]) -> None:
    assert list(await parsing.changed(MESSAGE, mask, stored)) == fields


@pytest.mark.parametrize("path", ["stock_quantity", "stockQuantity", "colour", "price.units", "attributes.colour", ""])
async def test_a_mask_names_only_what_can_be_updated(path: str) -> None:
    sold = Product(name="products/lamp", stock_quantity=2)
    with pytest.raises(InvalidArgument) as caught:
        await parsing.changed(sold, ["title", path], stored)
    assert caught.value.violations[0][0] == "update_mask"


def test_the_readers_are_the_fields_of_the_details() -> None:
    assert set(parsing.READERS) == set(parsing.ProductDetails.__dataclass_fields__)
    fields = {field.name for field in Product.DESCRIPTOR.fields}
    assert fields == parsing.READERS.keys() | set(masks.unwritten(MESSAGE)) | {"stock_quantity"}


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("", [("id", False)]),
        (" price  desc ,create_time", [("price", True), ("create_time", False), ("id", False)]),
        ("id desc, title", [("id", True)]),
        ("title asc", [("title", False), ("id", False)]),
    ],
)
def test_an_order_is_total(text: str, keys: list[tuple[str, bool]]) -> None:
    assert listing.order(text) == tuple(SortKey(*key) for key in keys)


@pytest.mark.parametrize("text", ["brand", "price down", "price,,title", "price, price", ",", "price desc asc"])
def test_an_order_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        listing.order(text)
    assert caught.value.violations[0][0] == "order_by"


@pytest.mark.parametrize("name", ["shoes", "categories/", "categories/a/b", "products/a", "categories/-a"])
def test_a_category_has_the_name_of_one(name: str) -> None:
    with pytest.raises(Wrong):
        parsing.category_id(name, "product.category")


def test_a_bad_row_leaves_the_others() -> None:
    rows = [
        pb.ImportProductsRequest.Row(product=Product(name="products/a", title="A"), category_path=[" Home "]),
        pb.ImportProductsRequest.Row(product=Product(name="products/b", title="B", stock_quantity=-1)),
        pb.ImportProductsRequest.Row(),
        pb.ImportProductsRequest.Row(product=Product(title="C")),
    ]
    good, refused = imports.products(rows)
    assert [(row.index, row.id, row.category_path) for row in good] == [(0, "a", ("Home",))]
    assert [(refusal.index, refusal.field) for refusal in refused] == [
        (1, "product.stock_quantity"),
        (2, "product"),
        (3, "product.name"),
    ]

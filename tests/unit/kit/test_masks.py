"""What an update writes, for all services alike."""

from collections.abc import Awaitable, Callable

import pytest
from aisle.catalog.v1.category_service_pb2 import Category
from aisle.catalog.v1.product_pb2 import Product
from aisle.catalog.v1.review_service_pb2 import Review
from aisle.recs.v1.scenario_pb2 import Scenario
from aisle.users.v1.account_service_pb2 import Account, Preferences
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from services.kit.errors import InvalidArgument
from services.kit.masks import written

NOW = Timestamp(seconds=1)
WRITABLE = ["display_name"]
KEPT = Account(
    name="users/u",
    email="a@example.org",
    display_name="Ann",
    roles=["shopper"],
    create_time=NOW,
    update_time=NOW,
    etag="1",
)
OTHER = Account(name="users/me", email="new@example.org", roles=["admin"], etag="1")


def stored(message: Message) -> Callable[[], Awaitable[Message]]:
    async def read() -> Message:
        return message

    return read


async def unread() -> Message:
    raise AssertionError("nothing was said that would have to be compared")


@pytest.mark.parametrize(
    ("resource", "writable", "fields"),
    [
        (OTHER, WRITABLE, ["account.email", "account.roles"]),
        (Preferences(name="users/me/preferences", update_time=NOW), ["categories"], ["preferences"]),
        (Product(name="products/lamp", rating=4.0), ["title", "brand"], ["product"]),
        (Product(name="products/lamp", stock_quantity=3), ["title", "brand"], ["product.stock_quantity"]),
        (Category(name="categories/home", parent_category="categories/all"), WRITABLE, ["category.parent_category"]),
        (Review(name="products/lamp/reviews/r", author="Ann"), ["rating", "text"], ["review.author"]),
        (Scenario(name="scenarios/home", create_time=NOW, etag="1"), ["rules", "page_size"], ["scenario"]),
    ],
)
async def test_who_sets_only_what_cannot_be_updated_is_told_what_can(
    resource: Message, writable: list[str], fields: list[str]
) -> None:
    with pytest.raises(InvalidArgument) as caught:
        await written(resource, [], writable, stored(type(resource)()))
    assert [field for field, _ in caught.value.violations] == fields
    assert all(f"what can is {', '.join(writable)}" in why for _, why in caught.value.violations)


@pytest.mark.parametrize("mask", [[], ["*"]])
async def test_beside_what_can_be_updated_nothing_else_is_passed_over_in_silence(mask: list[str]) -> None:
    both = Account(name="users/me", email="new@example.org", display_name="Bo", create_time=NOW)
    with pytest.raises(InvalidArgument) as caught:
        await written(both, mask, WRITABLE, stored(KEPT), {"email": ": it is fixed at creation"})
    why = "cannot be updated: it is fixed at creation; what can is display_name; leave it out"
    assert caught.value.violations == [("account.email", why)]


@pytest.mark.parametrize("fields", [{}, {"etag": "1"}])
async def test_who_sets_nothing_changes_nothing(fields: dict[str, str]) -> None:
    assert await written(Account(name="users/me", **fields), [], WRITABLE, unread) == set()


@pytest.mark.parametrize("mask", [[], ["*"], [field.name for field in Account.DESCRIPTOR.fields]])
async def test_what_was_read_can_be_sent_back_with_a_change(mask: list[str]) -> None:
    changed = Account()
    changed.CopyFrom(KEPT)
    changed.display_name = "Bo"
    changed.update_time.seconds = 2
    assert await written(changed, mask, WRITABLE, stored(KEPT)) == {"display_name"}


@pytest.mark.parametrize("etag", ["", "1"])
async def test_what_moves_meanwhile_is_in_nobodys_way(etag: str) -> None:
    """A product that was read is sold before it is sent back with another title: its stock is another by now."""
    read = Product(name="products/lamp", title="Lamp", stock_quantity=3, etag=etag)
    moved = stored(Product(name="products/lamp", title="Lamp", stock_quantity=2, etag="2"))
    assert await written(read, [], ["title"], moved, moving=["stock_quantity"]) == {"title"}
    with pytest.raises(InvalidArgument) as caught:
        await written(read, ["stock_quantity"], ["title"], stored(Product(stock_quantity=2)), moving=["stock_quantity"])
    assert [field for field, _ in caught.value.violations] == ["update_mask"]


async def test_of_what_is_not_what_was_read_the_write_says_so() -> None:
    stale = Account(name="users/me", email="old@example.org", display_name="Bo", etag="0")
    assert await written(stale, [], WRITABLE, stored(KEPT)) == {"display_name"}


async def test_what_was_read_can_be_sent_back_without_a_change() -> None:
    unnamed = Account()
    unnamed.CopyFrom(KEPT)
    unnamed.ClearField("display_name")
    assert await written(unnamed, [], WRITABLE, stored(unnamed)) == set()
    assert await written(KEPT, [], WRITABLE, stored(KEPT)) == {"display_name"}


async def test_a_mask_decides_whatever_is_set() -> None:
    assert await written(OTHER, ["displayName"], WRITABLE, unread) == {"display_name"}
    assert await written(OTHER, ["etag", "create_time"], WRITABLE, unread) == set()


@pytest.mark.parametrize("resource", [OTHER, Account(name="users/me")])
async def test_a_mask_names_what_cannot_be_updated_only_with_what_is_stored(resource: Account) -> None:
    with pytest.raises(InvalidArgument) as caught:
        await written(resource, ["email"], WRITABLE, stored(KEPT))
    assert [field for field, _ in caught.value.violations] == ["update_mask"]
    assert await written(KEPT, ["email"], WRITABLE, stored(KEPT)) == set()

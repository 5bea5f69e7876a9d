"""What an update writes, for all services alike."""

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


@pytest.mark.parametrize(
    ("resource", "writable"),
    [
        (Account(name="users/me", email="new@example.org", roles=["admin"], etag="1"), ["display_name"]),
        (Preferences(name="users/me/preferences", update_time=NOW), ["categories"]),
        (Product(name="products/lamp", stock_quantity=3, rating=4.0), ["title", "brand"]),
        (Category(name="categories/home", parent_category="categories/all"), ["display_name"]),
        (Review(name="products/lamp/reviews/r", author="Ann"), ["rating", "text"]),
        (Scenario(name="scenarios/home", create_time=NOW, etag="1"), ["rules", "page_size"]),
    ],
)
def test_who_sets_only_what_cannot_be_updated_is_told_what_can(resource: Message, writable: list[str]) -> None:
    with pytest.raises(InvalidArgument) as caught:
        written(resource, [], writable)
    (field, why), *others = caught.value.violations
    assert (field, others) == (resource.DESCRIPTOR.name.lower(), [])
    assert f"what can is {', '.join(writable)}" in why


@pytest.mark.parametrize("fields", [{}, {"etag": "1"}])
def test_who_sets_nothing_changes_nothing(fields: dict[str, str]) -> None:
    assert written(Account(name="users/me", **fields), [], ["display_name"]) == set()


def test_what_was_read_can_be_sent_back_with_a_change() -> None:
    read = Account(name="users/u", email="a@example.org", display_name="Bo", create_time=NOW, etag="1")
    assert written(read, [], ["display_name"]) == {"display_name"}


def test_a_mask_decides_whatever_is_set() -> None:
    read = Account(name="users/u", email="a@example.org")
    assert written(read, ["displayName"], ["display_name"]) == {"display_name"}
    assert written(read, ["etag", "create_time"], ["display_name"]) == set()

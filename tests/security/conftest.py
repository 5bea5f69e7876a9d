"""A running shop with two shoppers, a visitor and a merchant."""

import uuid
from collections.abc import Iterator

import pytest

from tests.security.shop import Person, Shop
from tests.support.mesh import RunningMesh


@pytest.fixture(scope="package")
def shop(mesh: RunningMesh) -> Iterator[Shop]:
    shop = Shop(mesh)
    yield shop
    shop.close()


@pytest.fixture(scope="package")
def ann(shop: Shop) -> Person:
    return shop.shopper(f"ann-{uuid.uuid4().hex}@shop.test")


@pytest.fixture(scope="package")
def bob(shop: Shop) -> Person:
    return shop.shopper(f"bob-{uuid.uuid4().hex}@shop.test")


@pytest.fixture(scope="package")
def visitor(shop: Shop) -> Person:
    return shop.visitor()


@pytest.fixture(scope="package")
def merchant(shop: Shop) -> Person:
    return shop.merchant(f"merchant-{uuid.uuid4().hex}@shop.test")

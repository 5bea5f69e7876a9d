"""How soon a product that a merchant creates is recommended, through the gateway."""

import random
import time
import uuid
from typing import Any

import httpx
import pytest

from tests.bench.conftest import describe, show
from tests.bench.measuring import percentile
from tests.chaos.shoppers import Shopper, answered, client, in_stock
from tests.support.mesh import RunningMesh

pytestmark = pytest.mark.bench
TRIES, BOUND_S, GIVE_UP_S = 50, 5.0, 30.0
VIEWS = 12
"""Of the shopper who is recommended it: a visit of some minutes."""
COPIED = ("title", "description", "category", "price", "attributes")
"""What a new product has of one of the shop's."""


class Merchant:
    """Sells products of the bench's own brand."""

    def __init__(self, http: httpx.AsyncClient, session: dict[str, Any]) -> None:
        self._http, self._headers = http, {"authorization": f"Bearer {session['accessToken']}"}
        self.brand = f"bench{uuid.uuid4().hex[:8]}"
        self._created: list[str] = []

    @classmethod
    async def log_in(cls, http: httpx.AsyncClient, shop: RunningMesh) -> "Merchant":
        """The shop's own."""
        known = {"email": shop.credentials.admin_email, "password": shop.credentials.admin_password}
        return cls(http, await answered(await http.post("/v1/sessions:logIn", json=known)))

    async def create(self, model: dict[str, Any]) -> str:
        """Puts a product like another one into the shop; returns its name."""
        product = {key: model[key] for key in COPIED if key in model} | {"brand": self.brand, "stockQuantity": "5"}
        query = {"productId": f"{self.brand}-{len(self._created)}"}
        made = await self._http.post("/v1/products", json=product, params=query, headers=self._headers)
        self._created.append((await answered(made))["name"])
        return self._created[-1]

    async def clear(self) -> None:
        """Takes all of them out again."""
        for name in self._created:
            await answered(await self._http.delete(f"/v1/{name}", headers=self._headers))


async def test_a_new_product_is_recommended(shop: RunningMesh) -> None:
    """From sending a product to a page that holds it of what the towers find: it was placed among the others' vectors.
    Other retrievers know what is newest before that."""
    print(f"\n{describe(shop)}")
    dice, seconds = random.Random(5), list[float]()
    async with client(shop.url) as http:
        products = await in_stock(http, 500)
        shopper = await Shopper.enter(http)
        await shopper.known([product["name"] for product in dice.sample(products, VIEWS)])
        merchant = await Merchant.log_in(http, shop)
        asked = {"retriever": "RETRIEVER_TWO_TOWER", "filter": f'brand = "{merchant.brand}"', "pageSize": TRIES}
        try:
            for model in dice.sample(products, TRIES):
                began = time.monotonic()
                name = await merchant.create(model)
                while name not in shown(await shopper.recommendations(**asked)):
                    assert time.monotonic() - began < GIVE_UP_S, f"{name} is not recommended"
                seconds.append(time.monotonic() - began)
        finally:
            await merchant.clear()
    longest = max(seconds)
    ms = [f"{percentile(seconds, share) * 1000:.0f}" for share in (0.5, 0.9, 0.99, 1)]
    columns = ["products", "p50 ms", "p90 ms", "p99 ms", "longest ms", f"all < {BOUND_S:.0f} s"]
    met = "met" if longest < BOUND_S else "missed"
    show("From a new product to a recommendation by the towers", columns, [[str(TRIES), *ms, met]])
    assert longest < BOUND_S


def shown(reply: dict[str, Any]) -> list[str]:
    """What the towers found."""
    return [result["product"] for result in reply["results"] if result["explanation"]["retriever"] == "two_tower"]

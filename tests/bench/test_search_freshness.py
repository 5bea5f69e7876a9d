"""How soon a new price is found and filtered on, through the gateway."""

import random
import time
import uuid
from typing import Any

import httpx
import pytest

from tests.bench.conftest import describe, show
from tests.bench.measuring import percentile
from tests.support.mesh import RunningMesh

pytestmark = pytest.mark.bench
TRIES, BOUND_S, GIVE_UP_S = 200, 2.0, 20.0


class Merchant:
    """One product of the bench's own, and its price."""

    def __init__(self, http: httpx.Client, token: str) -> None:
        self._http, self._headers = http, {"authorization": f"Bearer {token}"}
        self.word = f"bench{uuid.uuid4().hex[:8]}"
        self._path = f"/v1/products/{self.word}"

    def create(self) -> None:
        """Puts the product into the shop."""
        product = {"title": f"Measured {self.word}", "price": money(1), "stockQuantity": "5"}
        query = {"productId": self.word}
        self._http.post("/v1/products", json=product, params=query, headers=self._headers).raise_for_status()

    def set_price(self, units: int) -> None:
        """Another price."""
        query = {"updateMask": "price"}
        body = {"price": money(units)}
        self._http.patch(self._path, json=body, params=query, headers=self._headers).raise_for_status()

    def delete(self) -> None:
        """Takes it out again."""
        self._http.delete(self._path, headers=self._headers).raise_for_status()

    def found(self, where: str) -> bool:
        """Whether a shopper who filters so is shown it."""
        asked = {"query": self.word, "filter": where, "pageSize": 1}
        reply: dict[str, Any] = self._http.post("/v1/products:search", json=asked).raise_for_status().json()
        return [result["product"] for result in reply["results"]] == [f"products/{self.word}"]


def money(units: int) -> dict[str, str]:
    return {"currencyCode": "EUR", "units": str(units)}


def test_a_new_price_is_filtered_on(shop: RunningMesh) -> None:
    print(f"\n{describe(shop)}")
    dice, seconds = random.Random(3), list[float]()
    log_in = {"email": shop.credentials.admin_email, "password": shop.credentials.admin_password}
    with httpx.Client(base_url=shop.url, timeout=30, trust_env=False) as http:
        session = http.post("/v1/sessions:logIn", json=log_in).raise_for_status().json()
        merchant = Merchant(http, session["accessToken"])
        merchant.create()
        try:
            price = 1
            for _ in range(TRIES):
                before, price = price, price + dice.randint(1, 9)
                began = time.monotonic()
                merchant.set_price(price)
                while not (merchant.found(f"price = {price}") and not merchant.found(f"price = {before}")):
                    assert time.monotonic() - began < GIVE_UP_S, "the new price is not found"
                seconds.append(time.monotonic() - began)
        finally:
            merchant.delete()
    longest = max(seconds)
    ms = [f"{percentile(seconds, share) * 1000:.0f}" for share in (0.5, 0.9, 0.99, 1)]
    columns = ["tries", "p50 ms", "p90 ms", "p99 ms", "longest ms", f"all < {BOUND_S:.0f} s"]
    show("From a new price to a filter that knows it", columns, [[str(TRIES), *ms, str(longest < BOUND_S)]])
    assert longest < BOUND_S

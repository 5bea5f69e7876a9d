"""Whether a picture that somebody cut, mirrored or sent on finds its product, through the gateway.

It asks the shop that runs (`make up DATASET=...`) with altered copies of its own products' pictures.
"""

import base64
import random
from collections import Counter, defaultdict
from typing import Any

import httpx
import pytest

from tests.bench.conftest import describe, show
from tests.support.mesh import RunningMesh
from trainers.evaluation.search.looks import ALTERATIONS, altered

pytestmark = pytest.mark.bench
TRIES, FIRST, LEAST = 500, 3, 0.98
PAGE = 1000
Product = dict[str, Any]


def pictured(http: httpx.Client) -> list[Product]:
    """All products that have a picture."""
    found, token = list[Product](), ""
    while True:
        asked: dict[str, str | int] = {"pageSize": PAGE, "pageToken": token}
        page = http.get("/v1/products", params=asked).raise_for_status().json()
        found += [product for product in page["products"] if product["pictures"]]
        if not (token := page.get("nextPageToken", "")):
            return found


def content(product: Product) -> str:
    """The id of a picture's bytes: products that have the same one cannot be told apart by it."""
    return str(product["pictures"][0]["name"].rpartition("/")[2])


def search(http: httpx.Client, picture: bytes) -> dict[str, Any]:
    asked = {"image": base64.b64encode(picture).decode(), "pageSize": FIRST}
    reply: dict[str, Any] = http.post("/v1/products:search", json=asked).raise_for_status().json()
    return reply


def test_an_altered_picture_finds_its_product(shop: RunningMesh) -> None:
    print(f"\n{describe(shop)}")
    dice, found, asked = random.Random(11), Counter[str](), Counter[str]()
    with httpx.Client(base_url=shop.url, timeout=60, trust_env=False) as http:
        products, owners = pictured(http), defaultdict[str, set[str]](set)
        if len(products) <= FIRST:
            pytest.skip("the shop has hardly a product with a picture")
        for product in products:
            owners[content(product)].add(product["name"])
        for number in range(TRIES):
            product, how = dice.choice(products), list(ALTERATIONS)[number % len(ALTERATIONS)]
            original = http.get(product["pictures"][0]["uri"]).raise_for_status().content
            reply = search(http, altered(original, how, dice))
            if reply["degraded"] and not asked:
                pytest.skip(f"search has no encoder of pictures yet (make logs ARGS=encoders): {reply['degraded']}")
            assert not reply["degraded"], "an encoder was lost on the way"
            asked[how] += 1
            found[how] += bool(owners[content(product)] & {result["product"] for result in reply["results"]})
    share = found.total() / asked.total()
    rows = [[how, str(asked[how]), f"{found[how] / asked[how]:.3f}"] for how in ALTERATIONS]
    rows.append(["all", str(asked.total()), f"{share:.3f}"])
    show(f"Altered pictures that find their product among the first {FIRST}", ["picture", "tries", "found"], rows)
    assert share >= LEAST

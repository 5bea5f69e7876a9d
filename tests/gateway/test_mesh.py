"""The gateway before the whole shop: what a frontend engineer does with curl, over the real services."""

import uuid
from collections.abc import Iterator
from typing import Any

import grpc
import httpx
import pytest
from aisle.catalog.v1 import product_service_pb2
from aisle.catalog.v1.product_service_pb2_grpc import ProductServiceStub
from aisle.recs.v1 import recommendation_service_pb2
from aisle.recs.v1.recommendation_service_pb2_grpc import RecommendationServiceStub

from tests.gateway.test_rest import error
from tests.support.mesh import RunningMesh, wait_until

pytestmark = pytest.mark.mesh
IMMUTABLE = "immutable"


@pytest.fixture(scope="module")
def http(mesh: RunningMesh) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=mesh.url, trust_env=False, timeout=30) as client:
        yield client


@pytest.fixture(scope="module")
def visitor(http: httpx.Client) -> dict[str, str]:
    """Headers of a visitor."""
    session = http.post("/v1/sessions:createVisitor", json={}).raise_for_status().json()
    return {"authorization": f"Bearer {session['accessToken']}"}


def products(http: httpx.Client, **query: Any) -> list[dict[str, Any]]:
    return list(http.get("/v1/products", params=query).raise_for_status().json()["products"])


def test_products_have_pictures_that_are_resized_and_kept(http: httpx.Client) -> None:
    # Tests before this one may have left products of their own, which have none.
    pictured = [product for product in products(http, pageSize=1000) if product["pictures"]]
    assert len(pictured) >= 5
    for product in pictured[:5]:
        uri = product["pictures"][0]["uri"]
        small, large = (http.get(uri, params={"width": width}).raise_for_status() for width in (80, 640))
        assert small.headers["content-type"].startswith("image/")
        assert IMMUTABLE in small.headers["cache-control"]
        assert len(small.content) < len(large.content)


def test_a_category_narrows_the_list(http: httpx.Client) -> None:
    categories = http.get("/v1/categories", params={"pageSize": 1000}).raise_for_status().json()["categories"]
    leaf = max(categories, key=lambda category: category["depth"])
    chosen = leaf["name"].split("/")[1]
    found = http.get("/v1/products", params={"filter": f'category = "{chosen}"'}).raise_for_status().json()
    assert found["totalSize"] == leaf["productCount"]
    assert all(chosen in product["categoryIds"] for product in found["products"])


def test_what_a_visitor_does_changes_what_they_are_shown(http: httpx.Client, visitor: dict[str, str]) -> None:
    def recommended() -> dict[str, Any]:
        answer = http.post("/v1/scenarios/home:recommend", json={"pageSize": 10}, headers=visitor)
        return dict(answer.raise_for_status().json())

    before = recommended()
    assert len(before["results"]) == 10
    assert before["degraded"] == []
    event = {"kind": "KIND_VIEW", "eventId": str(uuid.uuid4()), "product": before["results"][-1]["product"]}
    event |= {"attributionToken": before["attributionToken"], "position": 10}
    stored = http.post("/v1/userEvents:write", json=event, headers=visitor).raise_for_status().json()
    assert stored["eventId"] == event["eventId"]
    wait_until(lambda: recommended()["personalized"], 10, "a recommendation that knows of the event")


def test_similar_products_of_a_product(http: httpx.Client) -> None:
    product = products(http, pageSize=1)[0]
    body = {"contextProduct": product["name"], "pageSize": 6}
    found = http.post("/v1/scenarios/product:recommend", json=body).raise_for_status().json()["results"]
    assert len(found) == 6
    assert product["name"] not in {result["product"] for result in found}


def test_errors_of_every_service_are_a_status(http: httpx.Client, visitor: dict[str, str]) -> None:
    error(http.get("/v1/products/no-such-product"), 404, 5)
    error(http.get("/v1/products", params={"filter": "price ="}), 400, 3)
    error(http.post("/v1/scenarios/nowhere:recommend", json={}), 400, 3)
    error(http.post("/v1/userEvents:write", json={"kind": "KIND_VIEW"}, headers=visitor), 400, 3)
    error(http.post("/v1/userEvents:write", json={"kind": "KIND_NONE"}, headers=visitor), 400, 3)
    error(http.post("/v1/userEvents:write", json={"kind": "KIND_VIEW"}), 401, 16)
    error(http.delete("/v1/products/p1", headers=visitor), 403, 7)


def test_the_same_by_grpc(mesh: RunningMesh) -> None:
    with grpc.insecure_channel(mesh.grpc_address) as channel:
        listed = ProductServiceStub(channel).ListProducts(product_service_pb2.ListProductsRequest(page_size=3))
        assert len(listed.products) == 3
        ask = recommendation_service_pb2.RecommendRequest(scenario="scenarios/home", page_size=5)
        assert len(RecommendationServiceStub(channel).Recommend(ask).results) == 5

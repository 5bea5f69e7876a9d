"""Commerce through the whole shop: the gateway, the accounts, and the recommender that hears of it."""

import uuid
from typing import Any

import httpx
import pytest

from tests.support.mesh import RunningMesh, wait_until

pytestmark = pytest.mark.mesh
ADDRESS = {"recipient": "Ann", "addressLines": ["Long Lane 1"], "city": "Riga", "regionCode": "LV"}


class Browser:
    """Somebody who speaks JSON with the gateway."""

    def __init__(self, mesh: RunningMesh) -> None:
        self._client = httpx.Client(base_url=mesh.url, timeout=30, trust_env=False)
        self.session: dict[str, Any] = {}

    def ask(self, verb: str, path: str, body: Any = None, status: int = 200) -> Any:
        """The answer's JSON."""
        token = self.session.get("accessToken")
        headers = {"authorization": f"Bearer {token}"} if token else {}
        answer = self._client.request(verb, path, json=body, headers=headers)
        assert answer.status_code == status, answer.text
        return answer.json()

    def become(self, session: dict[str, Any]) -> None:
        """Goes on with other tokens."""
        self.session = session


def purchases(browser: Browser) -> list[tuple[str, str, int]]:
    """(kind, product, quantity) of the purchases and ratings that recs knows of."""
    events = browser.ask("GET", "/v1/users/me/userEvents?pageSize=100").get("userEvents", [])
    return sorted(
        (event["kind"], event["product"], event.get("quantity") or event.get("rating"))
        for event in events
        if event["kind"] in {"KIND_PURCHASE", "KIND_RATE"}
    )


@pytest.fixture
def product(mesh: RunningMesh) -> str:
    """A product of the test's own, so that nobody else buys it."""
    merchant, known = Browser(mesh), mesh.credentials
    merchant.become(
        merchant.ask("POST", "/v1/sessions:logIn", {"email": known.admin_email, "password": known.admin_password})
    )
    made = {"title": "A lamp", "stockQuantity": 5, "price": {"currencyCode": "EUR", "units": 12}}
    name: str = merchant.ask("POST", f"/v1/products?productId=bought-{uuid.uuid4().hex[:8]}", made)["name"]
    return name


def test_a_visitor_fills_a_cart_signs_up_buys_and_is_erased(mesh: RunningMesh, product: str) -> None:
    ann = Browser(mesh)
    ann.become(ann.ask("POST", "/v1/sessions:createVisitor", {}))
    filled = ann.ask("POST", "/v1/visitors/me/cart:addItem", {"product": product, "quantity": 2})
    assert (filled["total"]["units"], filled["purchasable"]) == ("24", True)
    account = {
        "email": f"{uuid.uuid4().hex}@shop.test",
        "password": "a long password",
        "visitorRefreshToken": ann.session["refreshToken"],
    }
    ann.become(ann.ask("POST", "/v1/accounts:signUp", account))

    def cart() -> Any:
        return ann.ask("GET", "/v1/users/me/cart")

    wait_until(lambda: cart().get("items"), 10, "the visitor's cart to follow")
    checkout = {
        "paymentToken": "test-approved",
        "shippingAddress": ADDRESS,
        "etag": cart()["etag"],
        "requestId": str(uuid.uuid4()),
    }
    order = ann.ask("POST", "/v1/users/me/orders:checkout", checkout)
    assert (order["state"], order["lines"][0]["product"]) == ("STATE_PAID", product)
    assert ann.ask("POST", "/v1/users/me/orders:checkout", checkout) == order
    refused = ann.ask("POST", "/v1/users/me/orders:checkout", checkout | {"etag": "other"}, status=400)
    assert "different request" in refused["message"]
    review = ann.ask("POST", f"/v1/{product}/reviews", {"rating": 4, "text": "It bends."})
    assert ann.ask("GET", f"/v1/{product}")["rating"] == 4
    assert ann.ask("GET", "/v1/users/me/reviews")["reviews"] == [review]
    told = [("KIND_PURCHASE", product, 2), ("KIND_RATE", product, 4)]
    wait_until(lambda: purchases(ann) == told, 10, "the recommender to hear of it")
    assert ann.ask("GET", "/v1/users/me/orders")["orders"] == [order]
    empty = ann.ask("POST", "/v1/users/me/orders:checkout", checkout | {"requestId": str(uuid.uuid4())}, status=400)
    assert empty["details"][0]["reason"] == "CART_EMPTY"
    ann.ask("POST", "/v1/users/me:erase", {"currentPassword": account["password"]})
    # The access token lives a little longer, and there is nothing that it opens any more.
    wait_until(lambda: not ann.ask("GET", "/v1/users/me/orders").get("orders"), 10, "the orders to be nobody's")
    wait_until(lambda: purchases(ann) == [], 10, "the recommender to forget")
    assert ann.ask("GET", "/v1/users/me/reviews")["reviews"] == []
    assert ann.ask("GET", f"/v1/{product}")["ratingCount"] == "0"

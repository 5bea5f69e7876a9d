"""Shoppers who use the shop through the gateway. They ask once: what they see fail is a failure."""

import asyncio
import itertools
import random
import time
import uuid
from collections import Counter
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import httpx

from tests.support.mesh import RunningMesh

PAGE = 20
PAUSE_S = 0.05
"""Between two calls of a shopper: all of them together keep two cores busy without filling them."""
TIMEOUT_S, CHECKOUT_S = 10.0, 20.0
"""Longer than the gateway waits for any of these calls, 15 s for a checkout: every end of a call is the shop's own."""
ADDRESS = {"recipient": "Ann", "addressLines": ["Long Lane 1"], "city": "Riga", "regionCode": "LV"}
OFTEN = ("Recommend", "GetProduct", "Search", "ListProducts", "WriteUserEvent", "Suggest")
"""What a shopper of the crowd does in turn."""
SELDOM = {6: "AddCartItem", 13: "RefreshSession", 19: "CreateVisitorSession", 25: "Checkout", 32: "LogIn"}
"""What is done instead at these of ROUND steps: a log-in costs the shop 50 ms, and guessing is limited."""
ROUND = 40


def client(url: str) -> httpx.AsyncClient:
    """A client that neither repeats anything nor asks the environment for proxies."""
    limits = httpx.Limits(max_connections=100, max_keepalive_connections=100)
    return httpx.AsyncClient(base_url=url, timeout=TIMEOUT_S, trust_env=False, limits=limits)


async def answered(reply: httpx.Response) -> dict[str, Any]:
    """The body of a good answer."""
    assert reply.status_code == 200, f"{reply.request.method} {reply.request.url}: {reply.status_code} {reply.text}"
    body: dict[str, Any] = reply.json()
    return body


class Shopper:
    """A visitor of the shop."""

    def __init__(self, http: httpx.AsyncClient, session: dict[str, Any]) -> None:
        self._http = http
        self._become(session)

    def _become(self, session: dict[str, Any]) -> None:
        self._session = session
        self.name: str = session["subject"]
        self.token: str = session["accessToken"]
        self._headers = {"authorization": f"Bearer {self.token}"}

    @classmethod
    async def enter(cls, http: httpx.AsyncClient) -> "Shopper":
        """Comes into the shop."""
        return cls(http, await answered(await http.post("/v1/sessions:createVisitor", json={})))

    async def ask(self, **fields: Any) -> httpx.Response:
        """Asks for recommendations on the home page."""
        body = {"pageSize": PAGE, "explain": True, **fields}
        return await self._http.post("/v1/scenarios/home:recommend", json=body, headers=self._headers)

    async def recommendations(self, **fields: Any) -> dict[str, Any]:
        """The home page's recommendations."""
        return await answered(await self.ask(**fields))

    async def tell(self, kind: str, product: str, event_id: str = "") -> httpx.Response:
        """Says what was done."""
        event = {"kind": f"KIND_{kind}", "product": product, "eventId": event_id}
        return await self._http.post("/v1/userEvents:write", json=event, headers=self._headers)

    async def did(self, kind: str, *products: str) -> None:
        """Says what was done, and is believed."""
        for product in products:
            await answered(await self.tell(kind, product))

    async def event_ids(self) -> list[str]:
        """Ids of all events that the shop has of this shopper."""
        found: list[str] = []
        query: dict[str, Any] = {"pageSize": 1000}
        while True:
            reply = await self._http.get("/v1/visitors/me/userEvents", params=query, headers=self._headers)
            page = await answered(reply)
            found += [event["eventId"] for event in page["userEvents"]]
            if not page["nextPageToken"]:
                return found
            query["pageToken"] = page["nextPageToken"]

    async def known(self, products: list[str], seconds: float = 10) -> None:
        """Looks at products, and waits until the recommendations follow."""
        await self.did("VIEW", *products)
        await self.until(well, seconds, "recommendations that follow")

    async def until(self, condition: Any, seconds: float, what: str) -> float:
        """Asks for recommendations until a reply fulfils the condition; returns how many seconds that took."""
        began = time.monotonic()
        while not condition(reply := await self.recommendations()):
            assert time.monotonic() - began < seconds, f"waited {seconds} s in vain for {what}: {summary(reply)}"
            await asyncio.sleep(0.05)
        return time.monotonic() - began


class Customer(Shopper):
    """A shopper with an account and a cart."""

    def __init__(self, http: httpx.AsyncClient, session: dict[str, Any], known: dict[str, str]) -> None:
        super().__init__(http, session)
        self._known = known

    @classmethod
    async def sign_up(cls, http: httpx.AsyncClient) -> "Customer":
        """Makes an account of its own."""
        known = {"email": f"{uuid.uuid4().hex}@shop.test", "password": "a long password"}
        return cls(http, await answered(await http.post("/v1/accounts:signUp", json=known)), known)

    async def log_in(self) -> httpx.Response:
        """Logs in, and goes on with the new session."""
        return self._goes_on(await self._http.post("/v1/sessions:logIn", json=self._known))

    async def refresh(self) -> httpx.Response:
        """Uses up the refresh token, and goes on with the new one."""
        used = {"refreshToken": self._session["refreshToken"]}
        return self._goes_on(await self._http.post("/v1/sessions:refresh", json=used))

    async def add(self, product: str) -> httpx.Response:
        """Puts one of it into the cart."""
        return await self._http.post("/v1/users/me/cart:addItem", json={"product": product}, headers=self._headers)

    async def check_out(self) -> httpx.Response:
        """Buys what is in the cart."""
        body = {"paymentToken": "test-approved", "shippingAddress": ADDRESS, "requestId": str(uuid.uuid4())}
        path = "/v1/users/me/orders:checkout"
        return await self._http.post(path, json=body, headers=self._headers, timeout=CHECKOUT_S)

    def _goes_on(self, reply: httpx.Response) -> httpx.Response:
        if reply.status_code == 200:
            self._become(reply.json())
        return reply


def well(reply: dict[str, Any]) -> bool:
    """Whether a reply follows the shopper, with every part at work."""
    return bool(reply["personalized"]) and not reply["degraded"]


def summary(reply: dict[str, Any]) -> str:
    """What a failed assertion says of a reply."""
    return f"degraded {reply['degraded']}, personalized {reply['personalized']}, {len(reply['results'])} results"


async def some_products(http: httpx.AsyncClient, count: int = 100) -> list[str]:
    """Names of products in stock."""
    return [product["name"] for product in await in_stock(http, count)]


async def in_stock(http: httpx.AsyncClient, count: int) -> list[dict[str, Any]]:
    """Products that can be bought."""
    query: dict[str, str | int] = {"pageSize": count, "filter": "in_stock=true"}
    return list((await answered(await http.get("/v1/products", params=query)))["products"])


@dataclass(frozen=True)
class Failure:
    """A call that did not get what it should."""

    call: str
    seconds: float
    """Since the crowd came."""
    why: str


class Crowd:
    """Shoppers who do all that shoppers do, again and again, until they are sent away.

    >>> async with Crowd(mesh) as crowd:  # doctest: +SKIP
    ...     ...
    >>> crowd.failures  # doctest: +SKIP
    []
    """

    def __init__(self, mesh: RunningMesh, shoppers: int = 6) -> None:
        self._mesh = mesh
        self._count = shoppers
        self._leaving = False
        self._began = time.monotonic()
        self._tasks: list[asyncio.Task[None]] = []
        self._products: list[dict[str, Any]] = []
        self.calls: Counter[str] = Counter()
        self.failures: list[Failure] = []

    async def __aenter__(self) -> "Crowd":
        self._http = client(self._mesh.url)
        self._products = await in_stock(self._http, 100)
        self._merchant = await self._log_in_merchant()
        self._lamp = await self._lamps()
        self._tasks = [asyncio.create_task(self._walk(random.Random(seed))) for seed in range(self._count)]
        await self.served(20)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leaving = True
        await asyncio.gather(*self._tasks)
        # Others use the shop too, and what a crowd buys is popular.
        await answered(await self._http.delete(f"/v1/{self._lamp}", headers=self._merchant))
        await self._http.aclose()

    async def served(self, calls: int) -> None:
        """Waits until this many more calls were answered."""
        wanted = self.calls.total() + calls
        while self.calls.total() < wanted:
            for task in self._tasks:
                if task.done():
                    task.result()
            await asyncio.sleep(0.02)

    async def _log_in_merchant(self) -> dict[str, str]:
        known = self._mesh.credentials
        body = {"email": known.admin_email, "password": known.admin_password}
        session = await answered(await self._http.post("/v1/sessions:logIn", json=body))
        return {"authorization": f"Bearer {session['accessToken']}"}

    async def _lamps(self) -> str:
        """A product that is never sold out, which the crowd buys."""
        made = {"title": "A lamp", "stockQuantity": 100_000, "price": {"currencyCode": "EUR", "units": 12}}
        query = {"productId": f"crowd-{uuid.uuid4().hex[:8]}"}
        product = await answered(await self._http.post("/v1/products", json=made, params=query, headers=self._merchant))
        return str(product["name"])

    async def _walk(self, dice: random.Random) -> None:
        shopper = await Customer.sign_up(self._http)
        for step in itertools.count(dice.randrange(ROUND)):
            if self._leaving:
                return
            await self._do(SELDOM.get(step % ROUND) or OFTEN[step % len(OFTEN)], shopper, dice.choice(self._products))
            await asyncio.sleep(PAUSE_S * dice.uniform(0.5, 1.5))

    async def _do(self, name: str, shopper: Customer, product: dict[str, Any]) -> None:
        match name:
            case "Recommend":
                await self._call(name, shopper.ask())
            case "GetProduct":
                await self._call(name, self._http.get(f"/v1/{product['name']}"))
            case "ListProducts":
                await self._call(name, self._http.get("/v1/products", params={"pageSize": PAGE}))
            case "Search":
                await self._call(name, self._http.get("/v1/products:search", params={"query": product["title"]}))
            case "Suggest":
                await self._call(name, self._http.get("/v1/products:suggest", params={"query": product["title"][:4]}))
            case "WriteUserEvent":
                await self._call(name, shopper.tell("VIEW", product["name"]))
            case "CreateVisitorSession":
                await self._call(name, self._http.post("/v1/sessions:createVisitor", json={}))
            case "RefreshSession":
                await self._call(name, shopper.refresh())
            case "LogIn":
                await self._call(name, shopper.log_in())
            case "AddCartItem":
                await self._call(name, shopper.add(self._lamp))
            case "Checkout":
                await self._call("AddCartItem", shopper.add(self._lamp))
                await self._call(name, shopper.check_out())

    async def _call(self, name: str, request: Any) -> None:
        self.calls[name] += 1
        if why := await _wrong(name, request):
            self.failures.append(Failure(name, round(time.monotonic() - self._began, 2), why))


async def _wrong(name: str, request: Any) -> str:
    try:
        reply: httpx.Response = await request
    except httpx.HTTPError as error:
        return f"{type(error).__name__}: {error}"
    if reply.status_code != 200:
        return f"{reply.status_code} {reply.text[:300]}"
    body = reply.json()
    if name == "Recommend" and len(body["results"]) != PAGE:
        return f"a page of {len(body['results'])}"
    if name == "Search" and not body["results"]:
        return f"nothing found for the title of a product: {reply.request.url}"
    if name == "Checkout" and body["state"] != "STATE_PAID":
        return f"an order that is {body['state']}"
    return ""

"""Who may call what: made from the descriptors, over every RPC, at the gateway and at each service behind it."""

import uuid
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from aisle.catalog.v1 import cart_service_pb2 as carts_pb
from aisle.catalog.v1 import order_service_pb2 as orders_pb
from aisle.catalog.v1 import product_service_pb2 as products_pb
from aisle.catalog.v1 import review_service_pb2 as reviews_pb
from aisle.catalog.v1.cart_service_pb2_grpc import CartServiceStub
from aisle.catalog.v1.order_service_pb2_grpc import OrderServiceStub
from aisle.catalog.v1.product_service_pb2_grpc import ProductServiceStub
from aisle.catalog.v1.review_service_pb2_grpc import ReviewServiceStub
from aisle.recs.v1.user_event_pb2 import UserEvent
from aisle.recs.v1.user_event_service_pb2 import ListUserEventsRequest, WriteUserEventRequest
from aisle.recs.v1.user_event_service_pb2_grpc import UserEventServiceStub
from aisle.type.v1 import access_pb2
from aisle.users.v1 import account_service_pb2 as accounts_pb
from aisle.users.v1 import session_service_pb2 as sessions_pb
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor
from google.protobuf.message import Message

from tests.contract import descriptors
from tests.security.shop import PASSWORD, Answer, Door, GrpcDoor, Person, Shop, calls
from tests.support import samples

pytestmark = pytest.mark.mesh
Level = access_pb2.Access
PUBLIC, STAFF = Level.LEVEL_PUBLIC, {Level.LEVEL_MERCHANT, Level.LEVEL_ADMIN, Level.LEVEL_SERVICE}
ALONE = {Level.LEVEL_ADMIN, Level.LEVEL_SERVICE}
"""What even a merchant may not call."""


def level(method: MethodDescriptor) -> int:
    """How much the method asks for."""
    return descriptors.access(method).level


def owner_field(method: MethodDescriptor) -> str:
    """The request's field that has to name the caller."""
    return descriptors.access(method).owner_field


def put(message: Message, path: str, value: str) -> Message:
    """Sets the field at the end of a dotted path."""
    *steps, last = path.split(".")
    holder: Any = message
    for step in steps:
        holder = getattr(holder, step)
    setattr(holder, last, value)
    return message


def owned_by(method: MethodDescriptor, person: Person) -> Message:
    """A valid request that names the person's resource."""
    made = samples.sample(method.input_type)
    value: Any = made
    for step in owner_field(method).split("."):
        value = getattr(value, step)
    rest = str(value).split("/")[2:]
    return put(made, owner_field(method), "/".join([person.subject, *rest]))


def wrong(shop: Shop, code: str, chosen: Any, ask: Any) -> dict[str, str]:
    """Of the chosen methods by every door, those that do not answer with the code."""
    found = {}
    tried = 0
    for door, method in calls(shop.doors):
        if chosen(method):
            tried += 1
            answer: Answer = ask(door, method)
            if answer.code != code:
                found[f"{door.name} {method.name}"] = f"{answer.code} {answer.message}"
    assert tried
    return found


def test_without_a_token_nothing_but_the_public_is_there(shop: Shop) -> None:
    asked = wrong(
        shop, "UNAUTHENTICATED", lambda m: level(m) != PUBLIC, lambda d, m: d.call(m, samples.sample(m.input_type))
    )
    assert asked == {}


@pytest.mark.parametrize("who", ["ann", "visitor"])
def test_shoppers_call_nothing_of_the_staffs(shop: Shop, who: str, request: pytest.FixtureRequest) -> None:
    person: Person = request.getfixturevalue(who)
    asked = wrong(
        shop,
        "PERMISSION_DENIED",
        lambda m: level(m) in STAFF,
        lambda d, m: d.call(m, samples.sample(m.input_type), person.header),
    )
    assert asked == {}


def test_a_merchant_calls_nothing_of_admins_and_machines(shop: Shop, merchant: Person) -> None:
    asked = wrong(
        shop,
        "PERMISSION_DENIED",
        lambda m: level(m) in ALONE,
        lambda d, m: d.call(m, samples.sample(m.input_type), merchant.header),
    )
    assert asked == {}


def test_a_visitor_calls_nothing_that_needs_an_account(shop: Shop, visitor: Person) -> None:
    asked = wrong(
        shop,
        "PERMISSION_DENIED",
        lambda m: level(m) == Level.LEVEL_USER,
        lambda d, m: d.call(m, samples.sample(m.input_type), visitor.header),
    )
    assert asked == {}


@pytest.mark.parametrize("who", ["ann", "visitor", "merchant"])
def test_nobody_names_what_is_somebody_elses(shop: Shop, bob: Person, who: str, request: pytest.FixtureRequest) -> None:
    person: Person = request.getfixturevalue(who)
    before = belongings(shop, bob)
    asked = wrong(shop, "PERMISSION_DENIED", owner_field, lambda d, m: d.call(m, owned_by(m, bob), person.header))
    assert asked == {}
    assert belongings(shop, bob) == before


def test_somebody_elses_review_stays_as_it_is(shop: Shop, ann: Person, bob: Person, merchant: Person) -> None:
    """A review's name does not begin with its author's, so that the service itself knows whose it is."""
    before = belongings(shop, bob)
    reviews = ReviewServiceStub(direct(shop, "catalog"))
    mine = (("authorization", bob.header),)
    listed = reviews.ListUserReviews(reviews_pb.ListUserReviewsRequest(parent=bob.subject), metadata=mine)
    name = listed.reviews[0].name
    wrong_author = {"name": name, "rating": 1, "author": ann.subject}
    for method, request, people in (
        ("UpdateReview", reviews_pb.UpdateReviewRequest(review=wrong_author), (ann, merchant)),
        ("DeleteReview", reviews_pb.DeleteReviewRequest(name=name), (ann,)),
    ):
        called = next(m for m in shop.gateway.methods if m.name == method)
        for person in people:
            for door in (shop.gateway, shop.rest):
                assert door.call(called, request, person.header).code == "PERMISSION_DENIED"
    assert belongings(shop, bob) == before


def test_authorisation_comes_before_validation(shop: Shop, ann: Person, bob: Person) -> None:
    """A caller who may not call learns nothing of what the request should have been."""

    def ask(door: Door, method: MethodDescriptor) -> Answer:
        empty = samples.message_class(method.input_type)()
        return door.call(method, put(empty, owner_field(method), f"{bob.subject}/\x00no such"), ann.header)

    direct = [door for door in shop.doors if isinstance(door, GrpcDoor)]
    answers = {
        f"{door.name} {method.name}": ask(door, method).code for door, method in calls(direct) if owner_field(method)
    }
    assert set(answers.values()) == {"PERMISSION_DENIED"}, answers
    staffs = {
        f"{door.name} {method.name}": door.call(method, samples.message_class(method.input_type)(), ann.header).code
        for door, method in calls(direct)
        if level(method) in STAFF
    }
    assert set(staffs.values()) == {"PERMISSION_DENIED"}, staffs


DISGUISES = (
    *("{b}/../{a}", "{a}/../{b}", "users/me/../../{b}", "./{b}", "/{b}", "{b}/", "//{b}", "{B}", " {b}", "{b} "),
    *("{b}\t", "{b}%2f", "users%2F{id}", "users/{a}/{b}", "{a},{b}", "{a}\n{b}", "{b}\x00", "{b}#", "{b}?x={a}"),
    *("{b};{a}", "*", "users/*", "users/-", "users/", "users", "", "users/%", "users/_", "users/me{id}", "users/ME"),
    *("visitors/{id}", "services/{id}", "users/\u200b{id}", "\uff55sers/{id}", "users/{id}\u0301", "users\\{id}"),
    *("USERS/{id}", "visitors/me", "users/../{b}", "users/{id}/..", "{b}/../../{a}"),
)


def test_disguised_names_open_nothing(shop: Shop, ann: Person, bob: Person) -> None:
    before = belongings(shop, bob)
    places = {"a": ann.subject, "b": bob.subject, "B": bob.subject.upper(), "id": bob.subject.removeprefix("users/")}
    opened = []
    for door, method in calls([door for door in shop.doors if isinstance(door, GrpcDoor)]):
        for disguise in DISGUISES if owner_field(method) else ():
            request = owned_by(method, bob)
            name = disguise.format(**places)
            answer = door.call(method, put(request, owner_field(method), name), ann.header)
            if answer.code not in {"PERMISSION_DENIED", "INVALID_ARGUMENT", "NOT_FOUND"}:
                opened.append(f"{door.name} {method.name} {name!r}: {answer.code}")
    assert opened == []
    assert belongings(shop, bob) == before


def test_names_inside_of_requests_give_nothing_away(shop: Shop, ann: Person, bob: Person) -> None:
    """Any other field that could hold a shopper's name: the answer is not Bob's, and nothing of Bob's changes."""
    before = belongings(shop, bob)
    tried, told = 0, []
    for door, method in calls(shop.doors):
        for path in personal_fields(method.input_type):
            if path == owner_field(method) or level(method) in STAFF:
                continue
            request = samples.sample(method.input_type)
            fill(request, path.split("."), bob.subject)
            answer = door.call(method, request, ann.header)
            tried += 1
            denied = answer.code == "PERMISSION_DENIED"  # and repeats the name that was asked for
            if bob.email in answer.text or (bob.subject in answer.text and not denied):
                told.append(f"{door.name} {method.name} {path}: {answer.text[:200]}")
    assert tried
    assert told == []
    assert belongings(shop, bob) == before


def personal_fields(message: Descriptor, seen: tuple[str, ...] = ()) -> Iterator[str]:
    """Paths of the fields that could hold a shopper's name, by their own pattern."""
    for field in message.fields:
        own = field.message_type is not None and field.message_type.full_name.startswith("aisle.")
        if own and field.message_type.full_name not in seen and not field.message_type.GetOptions().map_entry:
            inner = personal_fields(field.message_type, (*seen, field.message_type.full_name))
            yield from (f"{field.name}.{path}" for path in inner)
        elif field.type == FieldDescriptor.TYPE_STRING and not field.is_repeated and holds_people(field):
            yield field.name


def holds_people(field: FieldDescriptor) -> bool:
    """Whether the field's pattern begins with a shopper's collection."""
    return descriptors.rules(field).string.pattern.startswith(("^users/", "^visitors/", "^(users|visitors)/"))


def fill(message: Any, steps: list[str], value: str) -> None:
    """Sets a field, in every entry of the lists on the way."""
    name, *rest = steps
    if not rest:
        setattr(message, name, value)
        return
    holder = getattr(message, name)
    for entry in [holder] if isinstance(holder, Message) else holder:
        fill(entry, rest, value)


@pytest.fixture(scope="module", autouse=True)
def belonging(shop: Shop, bob: Person) -> None:
    """Gives Bob something to lose: preferences, an event, an order, a review and a cart."""
    mine = (("authorization", bob.header),)
    chosen = accounts_pb.Preferences(name="users/me/preferences", categories=["categories/bobs"])
    shop.accounts.UpdatePreferences(accounts_pb.UpdatePreferencesRequest(preferences=chosen), metadata=mine)
    event = {"kind": "KIND_SEARCH", "query": "what Bob looks for", "event_id": uuid.uuid4().hex}
    events(shop).WriteUserEvent(WriteUserEventRequest(user_event=event), metadata=mine)
    catalog, product = direct(shop, "catalog"), f"bobs-{uuid.uuid4().hex}"
    made = {"title": "Bob's lamp", "stock_quantity": 9, "price": {"currency_code": "EUR", "units": 5}}
    staff = (("authorization", shop.admin().header),)
    create = products_pb.CreateProductRequest(product=made, product_id=product)
    name = ProductServiceStub(catalog).CreateProduct(create, metadata=staff).name
    add = carts_pb.AddCartItemRequest(name=f"{bob.subject}/cart", product=name)
    CartServiceStub(catalog).AddCartItem(add, metadata=mine)
    address = {"recipient": "Bob", "address_lines": ["Bob's street"], "city": "Riga", "region_code": "LV"}
    token = {"payment_token": "test-approved"}
    buy = orders_pb.CheckoutRequest(parent=bob.subject, shipping_address=address, **token)
    OrderServiceStub(catalog).Checkout(buy, metadata=mine)
    review = reviews_pb.CreateReviewRequest(parent=name, review={"rating": 4, "text": "Bob's own words"})
    ReviewServiceStub(catalog).CreateReview(review, metadata=mine)
    CartServiceStub(catalog).AddCartItem(add, metadata=mine)


def direct(shop: Shop, name: str) -> grpc.Channel:
    """The channel of a service itself."""
    return next(door.channel for door in shop.doors if isinstance(door, GrpcDoor) and door.name == name)


def events(shop: Shop) -> UserEventServiceStub:
    """The events of the recs service itself."""
    return UserEventServiceStub(direct(shop, "recs"))


def belongings(shop: Shop, person: Person) -> tuple[Message, ...]:
    """Everything that the shop keeps of a person, whose password still is what it was."""
    mine = (("authorization", person.header),)
    shop.sessions.LogIn(sessions_pb.LogInRequest(email=person.email, password=PASSWORD))
    return (
        shop.accounts.GetAccount(accounts_pb.GetAccountRequest(name="users/me"), metadata=mine),
        shop.accounts.GetPreferences(accounts_pb.GetPreferencesRequest(name="users/me/preferences"), metadata=mine),
        *heard(shop, mine),
        *bought(shop, mine),
    )


def heard(shop: Shop, mine: Any) -> list[UserEvent]:
    """What recs knows of somebody, but for what it hears from the catalogue, a moment later."""
    request = ListUserEventsRequest(parent="users/me", page_size=1000)
    return [
        event
        for event in events(shop).ListUserEvents(request, metadata=mine).user_events
        if event.kind not in {UserEvent.KIND_PURCHASE, UserEvent.KIND_RATE}
    ]


def bought(shop: Shop, mine: Any) -> tuple[Message, ...]:
    """Somebody's cart, orders and reviews, of which there are some."""
    catalog = direct(shop, "catalog")
    return (
        CartServiceStub(catalog).GetCart(carts_pb.GetCartRequest(name="users/me/cart"), metadata=mine),
        OrderServiceStub(catalog).ListOrders(orders_pb.ListOrdersRequest(parent="users/me"), metadata=mine),
        ReviewServiceStub(catalog).ListUserReviews(reviews_pb.ListUserReviewsRequest(parent="users/me"), metadata=mine),
    )

"""No forged token gets in: at the gateway, by gRPC and by REST, and at each service behind it."""

from collections import Counter

import pytest
from aisle.type.v1 import access_pb2
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.descriptor_pb2 import MethodOptions

from tests.contract import descriptors
from tests.security.forgeries import Material, forgeries, signing_key
from tests.security.shop import Door, Person, Shop, calls
from tests.support import samples

pytestmark = pytest.mark.mesh
NO_SIDE_EFFECTS = MethodOptions.NO_SIDE_EFFECTS
MOST = 8_000
"""Bytes of metadata that a gRPC server reads; more breaks the call before anyone looks at it."""


@pytest.fixture(scope="module")
def material(shop: Shop, ann: Person, bob: Person) -> Material:
    published = shop.published()[0]
    key = signing_key(shop.mesh.credentials.signing_keys, published["kid"])
    return Material(ann.access, ann.refresh, bob.access, published, key)


@pytest.fixture(scope="module")
def forged(material: Material) -> dict[str, str]:
    return forgeries(material)


def test_the_material_makes_good_tokens_too(shop: Shop, material: Material, ann: Person) -> None:
    """Else the forgeries would be refused for the wrong reason."""
    own = Person(ann.subject, material.sign(material.claims), "")
    method = next(m for m in samples.served("users") if m.name == "GetAccount")
    request = samples.message_class(method.input_type)(name="users/me")
    for door in shop.doors:
        if method in door.methods:
            assert door.call(method, request, own.header).code == "OK", door.name


def test_there_are_enough_forgeries(forged: dict[str, str]) -> None:
    assert len(forged) >= 40
    assert len(set(forged.values())) > len(forged) - 3
    assert all(len(value) < MOST for value in forged.values())


def test_every_forgery_is_refused_at_every_door(shop: Shop, forged: dict[str, str]) -> None:
    """On a call that needs a token and on one that does not, of each service."""
    let_in: list[str] = []
    tried: Counter[str] = Counter()
    for door in shop.doors:
        for method in two_of_each(door):
            request = samples.sample(method.input_type)
            for name, header in forged.items():
                answer = door.call(method, request, header)
                tried[door.name] += 1
                if answer.code != "UNAUTHENTICATED" or answer.http not in {0, 401}:
                    let_in.append(f"{door.name} {method.name}: {name}: {answer.code} {answer.http} {answer.message}")
    assert let_in == [], "\n".join(let_in)
    assert set(tried) == {door.name for door in shop.doors}
    print(f"{len(forged)} forged tokens, {sum(tried.values())} calls: {dict(tried)}")


def two_of_each(door: Door) -> list[MethodDescriptor]:
    """Of each service behind the door, a read for everybody and a call that needs a token."""
    chosen = {}
    for method in door.methods:
        public = descriptors.access(method).level == access_pb2.Access.LEVEL_PUBLIC
        if not method.server_streaming and not (public and method.GetOptions().idempotency_level != NO_SIDE_EFFECTS):
            chosen.setdefault((samples.domain(method), public), method)
    return list(chosen.values())


@pytest.mark.parametrize("name", ["signed by another key", "alg none", "expired", "a refresh token"])
def test_every_method_refuses_a_forged_token(shop: Shop, forged: dict[str, str], name: str) -> None:
    wrong = {
        f"{door.name} {method.name}": answer.code
        for door, method in calls(shop.doors)
        if (answer := door.call(method, samples.sample(method.input_type), forged[name])).code != "UNAUTHENTICATED"
    }
    assert wrong == {}


def test_a_header_larger_than_any_token_is_refused(shop: Shop) -> None:
    """Envoy resets an HTTP/2 stream that brings one, without a status; the other doors say something."""
    method = next(m for m in samples.served("users") if m.name == "GetAccount")
    request = samples.message_class(method.input_type)(name="users/me")
    answers = {
        door.name: door.call(method, request, "Bearer " + "A" * 60_000)
        for door in shop.doors
        if method in door.methods and door is not shop.gateway
    }
    assert answers["gateway REST"].http == 431
    assert answers["users"].code == "UNAUTHENTICATED"

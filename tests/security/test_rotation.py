"""A new signing key logs nobody out: tokens of the old one and of the new one pass every door."""

import subprocess
import sys
import uuid

import jwt
import pytest
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message

from local.settings import ROOT
from services.users.adapters.keys import PUBLISHED_AHEAD_S, REREAD_S
from tests.security.shop import Person, Shop
from tests.support import samples
from tests.support.mesh import wait_until

pytestmark = pytest.mark.mesh
NEED_A_TOKEN = {"GetAccount": "users/me", "GetCart": "users/me/cart"}


def key_of(person: Person) -> str:
    """Id of the key that signed the access token."""
    return str(jwt.get_unverified_header(person.access)["kid"])


def refused(shop: Shop, person: Person) -> list[str]:
    """Where the token does not pass."""
    return [
        f"{door.name} {method.name}"
        for door in shop.doors
        for method in door.methods
        if method.name in NEED_A_TOKEN and door.call(method, asked(method), person.header).code != "OK"
    ]


def asked(method: MethodDescriptor) -> Message:
    return samples.message_class(method.input_type)(name=NEED_A_TOKEN[method.name])


def test_old_and_new_tokens_pass_every_door_after_a_rotation(shop: Shop) -> None:
    folder = shop.mesh.credentials.signing_keys
    before = shop.shopper(f"before-{uuid.uuid4().hex}@shop.test")
    assert refused(shop, before) == []

    command = [sys.executable, "-m", "services.users.keys", "rotate", "--folder", str(folder)]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    added = said.split()[2].rstrip(";")
    wait_until(lambda: added in [key["kid"] for key in shop.published()], 4 * REREAD_S, "the new key to be published")

    file = next(folder.glob(f"*{added}.pem"))  # as if the minute were over
    file.rename(file.with_name(f"{float(file.name.partition('-')[0]) - PUBLISHED_AHEAD_S:.6f}-{added}.pem"))
    shoppers: list[Person] = []

    def signs() -> bool:
        shoppers.append(shop.shopper(f"after-{uuid.uuid4().hex}@shop.test"))
        return key_of(shoppers[-1]) == added

    wait_until(signs, 4 * REREAD_S, "the new key to sign")
    wait_until(lambda: refused(shop, shoppers[-1]) == [], 4 * REREAD_S, "the new token to pass")
    assert refused(shop, before) == []

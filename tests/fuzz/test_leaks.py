"""What the fuzzers take for a leak, and what for chance."""

import pytest

from services.recs.domain.attribution import Claims, sign
from tests.fuzz.shop import leaks, spilt


@pytest.mark.parametrize("scenario", ["home", "a", "x-y", "9"])
def test_letters_of_an_attribution_token_are_chance(scenario: str) -> None:
    body, signature = sign(Claims(scenario, 1, "items_r1", 1_700_000_000), b"key").split(".")
    token = f"{body}.py{signature[2:]}".encode()
    assert leaks(b"an event R" + token + b"Z and more", well=True) == []
    assert leaks(b"an event " + token + b" in services/x.py", well=True) == [b".py"]
    assert leaks(b".p" + token + b"y", well=True) == [], "what stands around it does not grow together"


def test_a_token_of_a_session_is_a_leak_in_an_error_alone() -> None:
    token = b"eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJhaXNsZSJ9.pyAB_-"
    assert leaks(token, well=True) == []
    assert leaks(token, well=False) == [token]


@pytest.mark.parametrize(
    "said",
    [
        b'Traceback (most recent call last):\n  File "/srv/aisle/services/x.py", line 3, in f',
        b"sqlalchemy.exc.IntegrityError: duplicate key",
        b"\x0a\x20KeyError: 'brand'",
        b'{"title": "grpc.aio._call.AioRpcError"}',
        b"services/recs/app.py:81 build",
        b"SELECT products.id, title FROM products WHERE",
        b"UPDATE accounts SET email = $1",
        b"postgresql+asyncpg://users:secret@127.0.0.1:5432/users",
        b'"/home/aisle/data/pictures/x.jpg"',
        b"\x12\x0e /tmp/aisle/run",
        b"/usr/lib/python3.11/site-packages/grpc",
        b"<services.kit.errors.NotFound object at 0x7f3a>",
    ],
)
def test_insides_are_found_in_what_went_well(said: bytes) -> None:
    assert spilt(said)


@pytest.mark.parametrize(
    "said",
    [
        "A book on Postgres, Python and SQL: from SELECT to INSERT, with an Exception to every rule",
        "A shirt that says SELECT, from Portugal; error: none found. Trial and Error (board game)",
        "Traceback hunting boots. Type Error? No, it is called Typerror. script.py mug",
        "https://shop.example/home/textiles/rugs, home/usr/tmp and /cart",
        "UPDATE your wardrobe: Set of three. DELETE stains FROM linen",
        "PIL. numpy plush toy at 0x10, class 'A' drill, File \"flat\" No. 3",
    ],
)
def test_words_of_products_are_none_of_our_insides(said: str) -> None:
    assert spilt(said.encode()) == []

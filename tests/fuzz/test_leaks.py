"""What the fuzzers take for a leak, and what for chance."""

import pytest

from services.recs.domain.attribution import Claims, sign
from tests.fuzz.shop import leaks


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

"""Whose page may set, read and clear the session's cookie."""

from dataclasses import dataclass

import pytest
from aisle.users.v1 import session_service_pb2 as pb

from services.kit import context
from services.kit.errors import PermissionDenied
from services.users.servicer import cookies

HOST = ("x-forwarded-host", "shop.test:8080")


@dataclass
class Call:
    """What a handler sees of a call."""

    metadata: tuple[tuple[str, str], ...]

    def invocation_metadata(self) -> tuple[tuple[str, str], ...]:
        return self.metadata


@pytest.fixture
def state() -> context.CallState:
    state = context.CallState("id")
    context.enter(state)
    return state


def told(state: context.CallState) -> list[tuple[str, bool]]:
    """The cookies that are set, and whether scripts are kept from them."""
    assert {name for name, _ in state.response_headers} == {"set-cookie"}
    return [(value.partition(";")[0], "HttpOnly" in value) for _, value in state.response_headers]


@pytest.mark.parametrize(
    "sent",
    [
        (HOST,),
        (HOST, ("sec-fetch-site", "same-origin")),
        (HOST, ("sec-fetch-site", "same-origin"), ("origin", "http://localhost:5173")),
        (HOST, ("origin", "http://shop.test:8080")),
    ],
)
async def test_the_shops_own_pages_and_no_browser(state: context.CallState, sent: tuple[tuple[str, str], ...]) -> None:
    call = Call((*sent, ("cookie", "aisle_session=kept")))
    assert cookies.read(call) == "kept"
    assert cookies.keep(call, pb.Session(refresh_token="new")).refresh_token == ""
    assert told(state) == [("aisle_session=new", True), ("aisle_known=1", False)]
    cookies.clear(call)
    assert told(state)[2:] == [("aisle_session=", True), ("aisle_known=", False)]


@pytest.mark.parametrize(
    "sent",
    [
        (HOST, ("sec-fetch-site", "cross-site"), ("origin", "https://evil.test")),
        (HOST, ("sec-fetch-site", "same-site"), ("origin", "http://shop.test:8080")),
        (HOST, ("sec-fetch-site", "none")),
        (HOST, ("origin", "https://evil.test")),
        (HOST, ("origin", "http://shop.test:9090")),
        (HOST, ("origin", "null")),
        (("origin", "null"),),
        (("origin", "http://shop.test:8080"),),
    ],
)
async def test_other_sites_neither_set_nor_clear_it(
    state: context.CallState, sent: tuple[tuple[str, str], ...]
) -> None:
    call = Call(sent)
    for act in (lambda: cookies.read(call), lambda: cookies.keep(call, pb.Session()), lambda: cookies.clear(call)):
        with pytest.raises(PermissionDenied) as caught:
            act()
        assert caught.value.reason == "FOREIGN_SITE"
    assert state.response_headers == []

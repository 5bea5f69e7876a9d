"""A machine's own token."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import grpc
import pytest
from aisle.users.v1 import session_service_pb2 as pb
from aisle.users.v1.session_service_pb2_grpc import SessionServiceServicer, add_SessionServiceServicer_to_server

from services.kit import auth


@dataclass
class Users(SessionServiceServicer):
    """Knows the new secret from some time on; counts who asks."""

    knows: bool = False
    code: grpc.StatusCode = grpc.StatusCode.UNAUTHENTICATED
    asked: int = 0

    async def ExchangeClientCredentials(self, request: pb.ExchangeClientCredentialsRequest, context: Any) -> pb.Session:
        self.asked += 1
        if not self.knows:
            await context.abort(self.code, "The client or its secret is wrong.")
        session = pb.Session(access_token=f"token-{self.asked}")
        session.access_expire_time.FromSeconds(900)
        return session


@dataclass
class Clock:
    """The time that callers see, in seconds."""

    now: float = 0.0

    def time(self) -> float:
        return self.now

    monotonic = time


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(auth, "time", clock)
    return clock


@pytest.fixture
def users() -> Users:
    return Users()


@pytest.fixture
async def own(users: Users, clock: Clock) -> AsyncIterator[auth.ClientCredentials]:
    server = grpc.aio.server()
    add_SessionServiceServicer_to_server(users, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield auth.ClientCredentials(channel, "worker", "s3cret")
    await server.stop(None)


async def refused(own: auth.ClientCredentials, calls: int = 1) -> set[grpc.StatusCode]:
    """What calls that want a token at once are told."""
    errors = await asyncio.gather(*(own.token() for _ in range(calls)), return_exceptions=True)
    assert all(isinstance(error, grpc.aio.AioRpcError) for error in errors)
    return {error.code() for error in errors if isinstance(error, grpc.aio.AioRpcError)}


async def test_a_token_is_asked_for_once_and_again_before_it_ends(
    own: auth.ClientCredentials, users: Users, clock: Clock
) -> None:
    users.knows, clock.now = True, 1.0
    assert await asyncio.gather(*(own.token() for _ in range(5))) == ["token-1"] * 5
    clock.now = 900 - auth.EARLY_S + 1
    assert await own.token() == "token-2"


@pytest.mark.parametrize("code", auth.REFUSALS)
async def test_a_refused_secret_is_not_shown_again_with_every_call(
    own: auth.ClientCredentials, users: Users, clock: Clock, code: grpc.StatusCode
) -> None:
    users.code = code
    assert await refused(own, calls=20) == {code}
    assert users.asked == 1
    clock.now += auth.FIRST_PAUSE_S
    assert await refused(own, calls=20) == {code}
    assert users.asked == 2
    clock.now += auth.FIRST_PAUSE_S  # the pause is longer now
    assert await refused(own) == {code}
    assert users.asked == 2


async def test_a_quarter_of_an_hour_with_an_unknown_secret_takes_few_tries_and_then_it_is_taken_soon(
    own: auth.ClientCredentials, users: Users, clock: Clock
) -> None:
    for second in range(900):
        clock.now = float(second)
        await refused(own)
    assert users.asked < 40
    users.knows = True
    clock.now += auth.LONGEST_PAUSE_S
    assert await own.token() == f"token-{users.asked}"


async def test_pauses_begin_short_again_after_a_token(own: auth.ClientCredentials, users: Users, clock: Clock) -> None:
    for _ in range(6):
        clock.now += auth.LONGEST_PAUSE_S
        await refused(own)
    users.knows = True
    clock.now += auth.LONGEST_PAUSE_S
    await own.token()
    users.knows = False
    clock.now = 900
    await refused(own)
    users.knows = True
    clock.now += auth.FIRST_PAUSE_S
    assert await own.token() == f"token-{users.asked}"


async def test_users_that_do_not_answer_are_asked_again_at_once(own: auth.ClientCredentials, users: Users) -> None:
    users.code = grpc.StatusCode.UNAVAILABLE
    assert await refused(own) == {grpc.StatusCode.UNAVAILABLE}
    users.knows = True
    assert await own.token() == "token-2"

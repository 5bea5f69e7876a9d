"""Log-in, refresh, log-out, visitors and machines."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from services.kit.errors import ResourceExhausted, Unauthenticated
from services.users.domain import SERVICE, SHOPPER, VISITOR
from services.users.use_cases.sessions import RELOAD_S, digest
from services.users.use_cases.sweeping import Sweep
from tests.unit.users.conftest import ACCESS_S, ADDRESS, LIMITS, PASSWORD, REFRESH_S, Users
from tests.unit.users.fakes import FakeClients


async def test_an_access_token_is_short_lived_and_names_the_session(users: Users) -> None:
    tokens = await users.accounts.sign_up("ann@shop.test", PASSWORD, "Ann", "", ADDRESS)
    claims = users.signer.signed[-1]
    assert claims["sub"] == tokens.subject
    assert claims["roles"] == [SHOPPER]
    assert claims["sid"] in users.store.sessions
    assert claims["exp"] - claims["iat"] == ACCESS_S
    assert abs(claims["iat"] - time.time()) < 5
    assert (claims["iss"], claims["aud"]) == ("aisle", "aisle")


async def test_refresh_tokens_are_stored_as_digests_alone_and_never_repeat(users: Users) -> None:
    given = [(await users.sessions.visitor()).refresh_token for _ in range(50)]
    assert len(set(given)) == 50
    assert set(users.store.tokens) == {digest(token) for token in given}


async def test_a_refresh_rotates_the_token_and_keeps_the_session(users: Users) -> None:
    first = await users.accounts.sign_up("ann@shop.test", PASSWORD, "", "", ADDRESS)
    second = await users.sessions.refresh(first.refresh_token)
    assert second.refresh_token != first.refresh_token
    assert (second.subject, second.roles) == (first.subject, first.roles)
    assert users.signer.signed[0]["sid"] == users.signer.signed[1]["sid"]
    assert users.signer.signed[0]["jti"] != users.signer.signed[1]["jti"]
    assert second.refresh_expire_time is not None
    assert second.refresh_expire_time > datetime.now(UTC) + timedelta(seconds=REFRESH_S - 5)


async def test_reuse_of_a_refresh_token_ends_what_came_of_it(users: Users) -> None:
    first = await users.sessions.visitor()
    second = await users.sessions.refresh(first.refresh_token)
    for token in (first.refresh_token, second.refresh_token):
        with pytest.raises(Unauthenticated):
            await users.sessions.refresh(token)


@pytest.mark.parametrize("token", ["", "unknown", "\udcff"])
async def test_an_unknown_refresh_token_is_refused(users: Users, token: str) -> None:
    with pytest.raises(Unauthenticated):
        await users.sessions.refresh(token)


async def test_an_expired_refresh_token_is_refused(users: Users) -> None:
    tokens = await users.sessions.visitor()
    users.store.tokens[digest(tokens.refresh_token)].expire_time = datetime.now(UTC) - timedelta(seconds=1)
    with pytest.raises(Unauthenticated):
        await users.sessions.refresh(tokens.refresh_token)


async def test_log_out_ends_one_session_and_no_other(users: Users) -> None:
    await users.accounts.sign_up("ann@shop.test", PASSWORD, "", "", ADDRESS)
    phone = await users.log_in("ann@shop.test", PASSWORD, "", ADDRESS)
    laptop = await users.log_in("ann@shop.test", PASSWORD, "", ADDRESS)
    await users.sessions.end(phone.refresh_token)
    await users.sessions.end(phone.refresh_token)
    with pytest.raises(Unauthenticated):
        await users.sessions.refresh(phone.refresh_token)
    assert (await users.sessions.refresh(laptop.refresh_token)).subject == laptop.subject


async def test_an_unknown_address_and_a_wrong_password_go_the_same_way(users: Users) -> None:
    await users.accounts.sign_up("ann@shop.test", PASSWORD, "", "", ADDRESS)
    said = []
    for email in ("ann@shop.test", "nobody@shop.test"):
        with pytest.raises(Unauthenticated) as caught:
            await users.log_in(email, "wrong", "", ADDRESS)
        said.append((caught.value.message, caught.value.reason, caught.value.metadata))
    assert said[0] == said[1]
    # Both were compared with a hash, the unknown one with nobody's.
    assert users.passwords.compared == [PASSWORD[::-1], None]


async def test_a_visitors_history_moves_once(users: Users) -> None:
    visitor = await users.sessions.visitor()
    assert visitor.roles == (VISITOR,)
    ann = await users.accounts.sign_up("ann@shop.test", PASSWORD, "", visitor.refresh_token, ADDRESS)
    await users.accounts.sign_up("bob@shop.test", PASSWORD, "", visitor.refresh_token, "198.51.100.7")
    assert [(c.visitor, c.user) for c in users.store.told] == [(visitor.subject, ann.subject)]
    with pytest.raises(Unauthenticated):
        await users.sessions.refresh(visitor.refresh_token)


async def test_a_visitors_token_that_was_used_moves_no_history_and_ends_the_session(users: Users) -> None:
    first = await users.sessions.visitor()
    second = await users.sessions.refresh(first.refresh_token)
    await users.accounts.sign_up("eve@shop.test", PASSWORD, "", first.refresh_token, ADDRESS)
    await users.log_in("eve@shop.test", PASSWORD, first.refresh_token, ADDRESS)
    assert users.store.told == []
    with pytest.raises(Unauthenticated):
        await users.sessions.refresh(second.refresh_token)


async def test_a_visitors_newest_token_moves_the_history(users: Users) -> None:
    first = await users.sessions.visitor()
    second = await users.sessions.refresh(first.refresh_token)
    ann = await users.accounts.sign_up("ann@shop.test", PASSWORD, "", second.refresh_token, ADDRESS)
    assert [(c.visitor, c.user) for c in users.store.told] == [(first.subject, ann.subject)]


async def test_a_users_refresh_token_is_no_visitors(users: Users) -> None:
    ann = await users.accounts.sign_up("ann@shop.test", PASSWORD, "", "", ADDRESS)
    await users.accounts.sign_up("bob@shop.test", PASSWORD, "", ann.refresh_token, ADDRESS)
    assert users.store.told == []
    assert (await users.sessions.refresh(ann.refresh_token)).subject == ann.subject


async def test_a_machine_gets_an_access_token_alone(users: Users) -> None:
    tokens = users.sessions.machine("worker", "s3cret", FakeClients())
    assert (tokens.subject, tokens.roles, tokens.refresh_token) == ("services/worker", (SERVICE,), "")
    for client, secret in (("worker", "guess"), ("other", "s3cret")):
        with pytest.raises(Unauthenticated):
            users.sessions.machine(client, secret, FakeClients())


async def test_guessing_a_machines_secret_is_limited_per_client_and_address(users: Users) -> None:
    for _ in range(LIMITS.exchanges_per_client_and_address):
        with pytest.raises(Unauthenticated):
            await users.exchange("worker", "guess", ADDRESS)
    with pytest.raises(ResourceExhausted):
        await users.exchange("worker", "guess", ADDRESS)
    with pytest.raises(Unauthenticated):
        await users.exchange("worker", "guess", "198.51.100.7")


async def test_guessing_many_clients_is_limited_per_address(users: Users) -> None:
    for number in range(LIMITS.per_address):
        with pytest.raises(Unauthenticated):
            await users.exchange(f"worker-{number}", "s3cret", ADDRESS)
    with pytest.raises(ResourceExhausted):
        await users.exchange("another", "s3cret", ADDRESS)


async def test_a_machine_that_knows_its_secret_is_never_locked_out_and_never_counted(users: Users) -> None:
    for _ in range(LIMITS.exchanges_per_client_and_address):
        with pytest.raises(Unauthenticated):
            await users.exchange("worker", "of yesterday", ADDRESS)
    counts = dict(users.attempts.counts)
    for _ in range(3 * LIMITS.per_address):
        assert (await users.exchange("worker", "s3cret", ADDRESS)).subject == "services/worker"
    assert users.attempts.counts == counts


async def test_a_wrong_secret_is_refused_also_where_nothing_can_be_counted(users: Users) -> None:
    users.attempts.broken = ConnectionRefusedError()
    with pytest.raises(Unauthenticated):
        await users.exchange("worker", "guess", ADDRESS)
    users.attempts.broken = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        await users.exchange("worker", "guess", ADDRESS)


async def test_a_sweep_deletes_what_has_expired_and_nothing_else(users: Users) -> None:
    old, new = await users.sessions.visitor(), await users.sessions.visitor()
    users.store.tokens[digest(old.refresh_token)].expire_time = datetime.now(UTC) - timedelta(seconds=1)
    await users.attempts.count("pair")
    assert await Sweep(users.attempts, users.store.open)() == (1, 1)
    assert (await users.sessions.refresh(new.refresh_token)).subject == new.subject


async def test_a_browser_without_a_session_becomes_a_visitor_and_one_with_a_session_goes_on(users: Users) -> None:
    first = await users.sessions.resume("")
    assert first.subject.startswith("visitors/")
    assert (await users.sessions.resume(first.refresh_token)).subject == first.subject
    assert (await users.sessions.resume("unknown")).subject != first.subject


async def test_a_page_that_missed_the_answer_resumes_again_for_some_seconds_and_no_longer(users: Users) -> None:
    first = await users.accounts.sign_up("ann@shop.test", PASSWORD, "", "", ADDRESS)
    await users.sessions.resume(first.refresh_token)
    again = await users.sessions.resume(first.refresh_token)
    assert again.subject == first.subject
    users.store.tokens[digest(first.refresh_token)].used = datetime.now(UTC) - timedelta(seconds=RELOAD_S)
    assert (await users.sessions.resume(first.refresh_token)).subject.startswith("visitors/")
    with pytest.raises(Unauthenticated):  # whoever holds what came of it may have stolen it
        await users.sessions.refresh(again.refresh_token)

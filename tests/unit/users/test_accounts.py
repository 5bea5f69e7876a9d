"""Accounts, preferences, and the limits on guessing."""

import pytest

from services.kit.errors import (
    Aborted,
    AisleError,
    AlreadyExists,
    InvalidArgument,
    NotFound,
    ResourceExhausted,
    Unauthenticated,
)
from services.users import domain
from tests.unit.users.conftest import ADDRESS, LIMITS, PASSWORD, Users


@pytest.mark.parametrize(
    ("etag", "version"),
    [("1", 1), ("42", 42), ("", 0), ("x", 0), ("-1", 0), ("1.0", 0), ("9" * 64, 0), ("9" * 18, int("9" * 18))],
)
def test_an_etag_names_a_version(etag: str, version: int) -> None:
    assert domain.version_of(etag) == version


@pytest.mark.parametrize("email", ["Ann@Shop.test", " ann@shop.test ", "ANN@SHOP.TEST"])
def test_an_address_has_one_spelling(email: str) -> None:
    assert domain.normalized(email) == "ann@shop.test"


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("%5B2001:db8:1:2::1%5D", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("", ""),
        ("x" * 1000, "x" * 64),
    ],
)
def test_an_address_stands_for_one_subscriber(address: str, network: str) -> None:
    assert domain.network(address) == network


async def test_signing_up_twice_is_refused_whatever_the_case(users: Users) -> None:
    await users.accounts.sign_up("ann@shop.test", PASSWORD, "Ann", "", ADDRESS)
    with pytest.raises(AlreadyExists):
        await users.accounts.sign_up("ANN@shop.test", PASSWORD, "Ann", "", ADDRESS)


async def test_a_new_account_is_a_shoppers_and_only_create_gives_roles(users: Users) -> None:
    tokens = await users.accounts.sign_up("ann@shop.test", PASSWORD, "Ann", "", ADDRESS)
    assert tokens.roles == (domain.SHOPPER,)
    made = await users.accounts.create("boss", "boss@shop.test", "", (domain.MERCHANT,), PASSWORD)
    assert (made.name, made.roles) == ("users/boss", (domain.MERCHANT,))
    assert (await users.accounts.create("", "x@shop.test", "", (), PASSWORD)).roles == (domain.SHOPPER,)


@pytest.mark.parametrize(
    ("account_id", "email", "error"),
    [
        ("me", "x@shop.test", InvalidArgument),
        ("", "", InvalidArgument),
        ("boss", "x@shop.test", AlreadyExists),
        ("x", "BOSS@shop.test", AlreadyExists),
    ],
)
async def test_accounts_that_cannot_be_created(
    users: Users, account_id: str, email: str, error: type[AisleError]
) -> None:
    await users.accounts.create("boss", "boss@shop.test", "", (), PASSWORD)
    with pytest.raises(error):
        await users.accounts.create(account_id, email, "", (), PASSWORD)


async def test_renaming_wants_the_current_etag_or_none(users: Users) -> None:
    made = await users.accounts.create("ann", "ann@shop.test", "Ann", (), PASSWORD)
    changed = await users.accounts.rename("ann", "Bo", made.etag)
    assert (changed.display_name, changed.etag) == ("Bo", "2")
    assert (await users.accounts.rename("ann", "Cy", "")).display_name == "Cy"
    for stale in (made.etag, "x", "9" * 64):
        with pytest.raises(Aborted):
            await users.accounts.rename("ann", "Di", stale)
    with pytest.raises(NotFound):
        await users.accounts.rename("nobody", "Di", "")


async def test_a_new_password_needs_the_old_one_and_ends_the_sessions(users: Users) -> None:
    old = await users.accounts.sign_up("ann@shop.test", PASSWORD, "", "", ADDRESS)
    account_id = old.subject.removeprefix("users/")
    with pytest.raises(Unauthenticated):
        await users.accounts.change_password(account_id, "wrong", "another one", ADDRESS)
    new = await users.accounts.change_password(account_id, PASSWORD, "another one", ADDRESS)
    with pytest.raises(Unauthenticated):
        await users.sessions.refresh(old.refresh_token)
    assert (await users.sessions.refresh(new.refresh_token)).subject == old.subject
    assert (await users.log_in("ann@shop.test", "another one", "", ADDRESS)).subject == old.subject


async def test_an_account_is_erased_by_who_knows_its_password(users: Users) -> None:
    tokens = await users.accounts.sign_up("ann@shop.test", PASSWORD, "", "", ADDRESS)
    account_id = tokens.subject.removeprefix("users/")
    with pytest.raises(Unauthenticated):
        await users.accounts.erase(account_id, "wrong", ADDRESS)
    await users.accounts.erase(account_id, PASSWORD, ADDRESS)
    assert [change.erased_user for change in users.store.told] == [tokens.subject]
    for gone in (users.accounts.get(account_id), users.accounts.erase(account_id, PASSWORD, ADDRESS)):
        with pytest.raises(NotFound):
            await gone
    with pytest.raises(Unauthenticated):
        await users.sessions.refresh(tokens.refresh_token)
    assert (await users.accounts.sign_up("ann@shop.test", PASSWORD, "", "", ADDRESS)).subject != tokens.subject


async def test_preferences_are_empty_until_chosen_and_then_told(users: Users) -> None:
    await users.accounts.create("ann", "ann@shop.test", "", (), PASSWORD)
    assert await users.accounts.preferences("ann") == domain.Preferences("ann", (), None)
    chosen = await users.accounts.prefer("ann", ("categories/shoes", "categories/lamps"))
    assert chosen.update_time is not None
    assert await users.accounts.preferences("ann") == chosen
    assert [change.preferences for change in users.store.told] == [chosen]
    with pytest.raises(NotFound):
        await users.accounts.prefer("nobody", ())


async def guess(users: Users, email: str, address: str, times: int) -> None:
    for _ in range(times):
        with pytest.raises(Unauthenticated):
            await users.log_in(email, "wrong", "", address)


async def test_guessing_from_one_address_locks_out_that_address_alone(users: Users) -> None:
    await users.accounts.create("ann", "ann@shop.test", "", (), PASSWORD)
    await guess(users, "ann@shop.test", ADDRESS, LIMITS.per_account_and_address)
    with pytest.raises(ResourceExhausted) as caught:
        await users.log_in("ann@shop.test", PASSWORD, "", ADDRESS)
    assert caught.value.retry_after == 60.0
    assert (await users.log_in("ann@shop.test", PASSWORD, "", "198.51.100.7")).subject == "users/ann"


async def test_guessing_one_account_from_many_addresses_is_limited(users: Users) -> None:
    await users.accounts.create("ann", "ann@shop.test", "", (), PASSWORD)
    for i in range(LIMITS.per_account):
        await guess(users, "Ann@shop.test", f"198.51.100.{i}", 1)
    with pytest.raises(ResourceExhausted):
        await users.log_in("ann@shop.test", PASSWORD, "", "198.51.100.99")


async def test_guessing_many_accounts_from_one_address_is_limited(users: Users) -> None:
    for i in range(LIMITS.per_address):
        await guess(users, f"nobody{i}@shop.test", ADDRESS, 1)
    with pytest.raises(ResourceExhausted):
        await users.log_in("somebody@shop.test", PASSWORD, "", ADDRESS)


async def test_a_log_in_that_succeeds_forgets_the_tries_before_it(users: Users) -> None:
    await users.accounts.create("ann", "ann@shop.test", "", (), PASSWORD)
    await guess(users, "ann@shop.test", ADDRESS, LIMITS.per_account_and_address - 1)
    await users.log_in("ann@shop.test", PASSWORD, "", ADDRESS)
    await guess(users, "ann@shop.test", ADDRESS, 1)


async def test_passwords_are_not_looked_at_once_there_were_too_many_tries(users: Users) -> None:
    await guess(users, "ann@shop.test", ADDRESS, LIMITS.per_account_and_address)
    compared = len(users.passwords.compared)
    with pytest.raises(ResourceExhausted):
        await users.log_in("ann@shop.test", PASSWORD, "", ADDRESS)
    assert len(users.passwords.compared) == compared


async def test_sign_ups_from_one_address_are_limited(users: Users) -> None:
    for i in range(LIMITS.sign_ups_per_address):
        await users.accounts.sign_up(f"a{i}@shop.test", PASSWORD, "", "", ADDRESS)
    with pytest.raises(ResourceExhausted):
        await users.accounts.sign_up("b@shop.test", PASSWORD, "", "", ADDRESS)


async def test_log_ins_that_succeed_do_not_count_towards_the_accounts_limit(users: Users) -> None:
    await users.accounts.create("ann", "ann@shop.test", "", (), PASSWORD)
    for i in range(LIMITS.per_account - 1):
        await guess(users, "ann@shop.test", f"203.0.113.{i}", 1)
    for i in range(LIMITS.per_account + 1):
        await users.log_in("ann@shop.test", PASSWORD, "", f"198.51.100.{i}")
    # The wrong ones still count.
    await guess(users, "ann@shop.test", "203.0.113.201", 1)
    with pytest.raises(ResourceExhausted):
        await users.log_in("ann@shop.test", PASSWORD, "", "198.51.100.99")

"""What a log-in costs: one hash, whatever is known of the address."""

from unittest.mock import Mock

import argon2
import pytest

from services.kit.errors import Unauthenticated
from services.users.adapters.passwords import Argon2Passwords
from services.users.domain import SHOPPER
from services.users.use_cases.accounts import Accounts
from services.users.use_cases.sessions import LogIn
from tests.unit.users.conftest import ADDRESS, PASSWORD, Users

PARAMETERS = argon2.Parameters(argon2.Type.ID, 19, 16, 32, time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[argon2.Parameters]:
    """The parameters of every hash that is computed to be compared."""
    costs: list[argon2.Parameters] = []
    verify = argon2.low_level.verify_secret

    def counted(hashed: bytes, *rest: object) -> bool:
        costs.append(argon2.extract_parameters(hashed.decode()))
        return verify(hashed, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr("argon2._password_hasher.verify_secret", Mock(side_effect=counted))
    return costs


@pytest.mark.parametrize("email", ["known@shop.test", "unknown@shop.test", "no-password@shop.test"])
async def test_a_wrong_log_in_computes_one_hash_whatever_is_known_of_the_address(
    users: Users, computed: list[argon2.Parameters], email: str
) -> None:
    passwords = Argon2Passwords(PARAMETERS.memory_cost, PARAMETERS.time_cost)
    accounts = Accounts(users.sessions, passwords, users.guesses, users.store.open)
    await accounts.create("", "known@shop.test", "", (SHOPPER,), PASSWORD)
    await accounts.create("", "no-password@shop.test", "", (SHOPPER,), "")
    with pytest.raises(Unauthenticated):
        await LogIn(users.sessions, passwords, users.guesses, users.store.open)(email, "wrong", "", ADDRESS)
    passwords.close()
    assert computed == [PARAMETERS]

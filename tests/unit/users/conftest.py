"""The use cases over fakes."""

from dataclasses import dataclass

import pytest

from services.users.use_cases.accounts import Accounts
from services.users.use_cases.guesses import Guesses, GuessLimits
from services.users.use_cases.sessions import Exchange, LogIn, Sessions
from tests.unit.users.fakes import FakeAttempts, FakeClients, FakePasswords, FakeSigner, FakeStore

PASSWORD = "a long password"
ADDRESS = "203.0.113.1"
LIMITS = GuessLimits(
    per_account_and_address=3,
    per_account=5,
    per_address=7,
    sign_ups_per_address=2,
    exchanges_per_client_and_address=4,
)
ACCESS_S, REFRESH_S = 900, 3600


@dataclass
class Users:
    """The use cases and what they stand on."""

    store: FakeStore
    passwords: FakePasswords
    attempts: FakeAttempts
    signer: FakeSigner
    guesses: Guesses
    sessions: Sessions
    accounts: Accounts
    log_in: LogIn
    exchange: Exchange


@pytest.fixture
def users() -> Users:
    store, passwords, attempts, signer = FakeStore(), FakePasswords(), FakeAttempts(), FakeSigner()
    guesses = Guesses(attempts, LIMITS)
    sessions = Sessions(ACCESS_S, REFRESH_S, signer, store.open)
    accounts = Accounts(sessions, passwords, guesses, store.open)
    log_in = LogIn(sessions, passwords, guesses, store.open)
    exchange = Exchange(sessions, FakeClients(), guesses)
    return Users(store, passwords, attempts, signer, guesses, sessions, accounts, log_in, exchange)

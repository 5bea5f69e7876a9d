"""Wires the users service."""

from contextlib import AsyncExitStack

import grpc
from aisle.users.v1.account_service_pb2_grpc import add_AccountServiceServicer_to_server
from aisle.users.v1.session_service_pb2_grpc import add_SessionServiceServicer_to_server

from services.kit import database
from services.kit.app import App
from services.kit.errors import AlreadyExists
from services.kit.notifications import Listener
from services.kit.tail import Tail
from services.kit.tokens import TokenVerifier
from services.users.adapters.attempts import PostgresAttempts
from services.users.adapters.clients import ClientsFile
from services.users.adapters.keys import KeyFolder
from services.users.adapters.passwords import Argon2Passwords
from services.users.adapters.store import CHANNEL, PostgresStores
from services.users.domain import ADMIN, MERCHANT
from services.users.servicer.accounts import AccountServicer
from services.users.servicer.sessions import SessionServicer
from services.users.settings import UsersSettings
from services.users.use_cases.accounts import Accounts
from services.users.use_cases.guesses import Guesses, GuessLimits
from services.users.use_cases.sessions import Exchange, LogIn, Sessions
from services.users.use_cases.sweeping import Sweep

SERVICES = ("aisle.users.v1.AccountService", "aisle.users.v1.SessionService")


async def build(settings: UsersSettings) -> App:
    """The service, its database migrated and the admin's account made."""
    resources = AsyncExitStack()
    engine = database.engine(settings.database_url)
    resources.push_async_callback(engine.dispose)
    await database.wait_until_up(engine)
    await database.migrate(settings.database_url, "services.users")

    keys = KeyFolder(settings.signing_keys_dir)
    passwords = Argon2Passwords()
    resources.callback(passwords.close)
    stores = PostgresStores(engine)
    attempts = PostgresAttempts(engine, settings.guess_window_s)
    guesses = Guesses(attempts, _limits(settings))
    sessions = Sessions(settings.access_token_s, settings.refresh_token_s, keys, stores)
    accounts = Accounts(sessions, passwords, guesses, stores)
    log_in = LogIn(sessions, passwords, guesses, stores)
    exchange = Exchange(sessions, ClientsFile(settings.clients_file), guesses)
    await _make_admin(settings, accounts)
    tail = Tail()

    def register(server: grpc.aio.Server) -> None:
        add_AccountServiceServicer_to_server(AccountServicer(accounts, stores, tail), server)
        add_SessionServiceServicer_to_server(SessionServicer(sessions, log_in, exchange, keys), server)

    return App(
        name="users",
        settings=settings,
        register=register,
        service_names=SERVICES,
        verifier=TokenVerifier(keys),
        dependencies={"postgres": lambda: database.probe(engine)},
        background=[Sweep(attempts, stores).forever, Listener(settings.database_url, {CHANNEL: tail.hint}).run],
        at_stop=[tail.end],
        resources=resources,
    )


def _limits(settings: UsersSettings) -> GuessLimits:
    return GuessLimits(
        settings.guesses_per_account_and_address,
        settings.guesses_per_account,
        settings.guesses_per_address,
        settings.sign_ups_per_address,
        settings.exchanges_per_client_and_address,
    )


async def _make_admin(settings: UsersSettings, accounts: Accounts) -> None:
    if not (settings.admin_email and settings.admin_password):
        return
    try:
        await accounts.create("admin", settings.admin_email, "Admin", (MERCHANT, ADMIN), settings.admin_password)
    except AlreadyExists:
        return

"""What the users service keeps, and what it answers when it cannot."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from aisle.users.v1 import account_service_pb2 as pb
from aisle.users.v1 import session_service_pb2 as spb
from aisle.users.v1.session_service_pb2_grpc import SessionServiceStub
from sqlalchemy import func, select, update
from sqlalchemy.engine import make_url

from services.kit import database
from services.kit.server import RunningServer, start
from services.users.adapters.attempts import PostgresAttempts
from services.users.adapters.store import PostgresStores
from services.users.adapters.tables import accounts as accounts_table
from services.users.adapters.tables import refresh_tokens
from services.users.adapters.tables import sessions as sessions_table
from services.users.app import build
from services.users.settings import UsersSettings
from services.users.use_cases.sessions import digest
from services.users.use_cases.sweeping import Sweep
from tests.integration.users.test_users import PASSWORD, bearer, changes, code_of, sign_up
from tests.support.postgres import NewDatabase
from tests.support.wire import wire_to


def engine_of(users: RunningServer) -> Any:
    settings = users.app.settings
    assert isinstance(settings, UsersSettings)
    return database.engine(settings.database_url)


async def test_passwords_and_refresh_tokens_are_kept_as_hashes(accounts: Any, users: RunningServer) -> None:
    _, session = await sign_up(accounts)
    engine = engine_of(users)
    async with engine.connect() as connection:
        hashes = (await connection.execute(select(accounts_table.c.password_hash))).scalars().all()
        digests = (await connection.execute(select(refresh_tokens.c.digest))).scalars().all()
    await engine.dispose()
    assert all(kept.startswith("$argon2id$") and PASSWORD not in kept for kept in hashes)
    assert digest(session.refresh_token) in digests


async def test_one_of_two_log_ins_takes_a_visitors_history(accounts: Any, sessions: Any) -> None:
    emails = [(await sign_up(accounts))[0] for _ in range(6)]
    visitor = await sessions.CreateVisitorSession(spb.CreateVisitorSessionRequest())
    token = visitor.refresh_token
    await asyncio.gather(
        *(
            sessions.LogIn(spb.LogInRequest(email=email, password=PASSWORD, visitor_refresh_token=token))
            for email in emails
        )
    )
    merges = [c for c in await changes(accounts, sessions) if c.HasField("visitor_merge")]
    assert len(merges) == 1


async def test_a_visitors_token_that_was_used_moves_no_history(accounts: Any, sessions: Any) -> None:
    email, _ = await sign_up(accounts)
    first = await sessions.CreateVisitorSession(spb.CreateVisitorSessionRequest())
    second = await sessions.RefreshSession(spb.RefreshSessionRequest(refresh_token=first.refresh_token))
    await sessions.LogIn(spb.LogInRequest(email=email, password=PASSWORD, visitor_refresh_token=first.refresh_token))
    assert not [c for c in await changes(accounts, sessions) if c.HasField("visitor_merge")]
    call = sessions.RefreshSession(spb.RefreshSessionRequest(refresh_token=second.refresh_token))
    assert await code_of(call) is grpc.StatusCode.UNAUTHENTICATED


async def test_a_try_is_taken_back_and_never_below_none(users: RunningServer) -> None:
    engine = engine_of(users)
    attempts = PostgresAttempts(engine, window_s=60)
    counts = [(await attempts.count("key"))[0] for _ in range(2)]
    for _ in range(3):
        await attempts.take_back("key")
    counts.append((await attempts.count("key"))[0])
    await engine.dispose()
    assert counts == [1, 2, 1]


@pytest.mark.parametrize("etag", ["9" * 64, "99999999999999999999", "-1", "0", "٣"])
async def test_an_etag_that_was_never_given_out_is_stale(accounts: Any, etag: str) -> None:
    _, session = await sign_up(accounts)
    change = pb.UpdateAccountRequest(account={"name": "users/me", "display_name": "Bo", "etag": etag})
    assert await code_of(accounts.UpdateAccount(change, metadata=bearer(session))) is grpc.StatusCode.ABORTED


async def test_what_has_expired_is_swept(accounts: Any, sessions: Any, users: RunningServer) -> None:
    _, old = await sign_up(accounts)
    _, new = await sign_up(accounts)
    engine = engine_of(users)
    past = datetime.now(UTC) - timedelta(seconds=1)
    expired = update(refresh_tokens).where(refresh_tokens.c.digest == digest(old.refresh_token))
    async with database.UnitOfWork(engine) as connection:
        await connection.execute(expired.values(expire_time=past))
    sweep = Sweep(PostgresAttempts(engine, window_s=0), PostgresStores(engine))
    swept, windows = await sweep()
    assert (swept, windows > 0) == (1, True)
    async with engine.connect() as connection:
        left = (await connection.execute(select(func.count()).select_from(sessions_table))).scalar_one()
    await engine.dispose()
    assert left == 1
    await sessions.RefreshSession(spb.RefreshSessionRequest(refresh_token=new.refresh_token))


async def test_a_lost_database_is_unavailable_and_its_return_is_noticed(
    new_database: NewDatabase, tmp_path: Path
) -> None:
    url = make_url(new_database("users"))
    assert url.port is not None
    async with wire_to(url.port) as wire:
        through = url.set(port=wire.port).render_as_string(hide_password=False)
        running = await start(await build(UsersSettings(database_url=through, signing_keys_dir=tmp_path / "keys")))
        async with grpc.aio.insecure_channel(f"127.0.0.1:{running.port}") as channel:
            stub, request = SessionServiceStub(channel), spb.CreateVisitorSessionRequest()
            await stub.CreateVisitorSession(request)
            wire.cut()
            codes = {await code_of(stub.CreateVisitorSession(request)) for _ in range(3)}
            assert codes == {grpc.StatusCode.UNAVAILABLE}
            wire.mend()
            assert (await stub.CreateVisitorSession(request)).subject.startswith("visitors/")
        await running.stop()


async def test_machines_are_known_by_their_secret_also_without_the_database(
    new_database: NewDatabase, tmp_path: Path
) -> None:
    clients = tmp_path / "clients.json"
    clients.write_text('{"worker": "s3cret"}')
    url = make_url(new_database("users"))
    assert url.port is not None
    async with wire_to(url.port) as wire:
        through = url.set(port=wire.port).render_as_string(hide_password=False)
        settings = UsersSettings(database_url=through, signing_keys_dir=tmp_path / "keys", clients_file=clients)
        running = await start(await build(settings))
        async with grpc.aio.insecure_channel(f"127.0.0.1:{running.port}") as channel:
            stub = SessionServiceStub(channel)
            right = spb.ExchangeClientCredentialsRequest(client_id="worker", client_secret="s3cret")
            wrong = spb.ExchangeClientCredentialsRequest(client_id="worker", client_secret="guess")
            wire.cut()
            assert (await stub.ExchangeClientCredentials(right)).subject == "services/worker"
            assert await code_of(stub.ExchangeClientCredentials(wrong)) is grpc.StatusCode.UNAUTHENTICATED
        await running.stop()

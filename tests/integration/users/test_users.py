"""Accounts and sessions, as clients see them."""

import asyncio
import statistics
import time
import uuid
from collections import defaultdict
from typing import Any

import grpc
import pytest
from aisle.users.v1 import account_service_pb2 as pb
from aisle.users.v1 import session_service_pb2 as spb
from google.rpc import error_details_pb2, status_pb2
from grpc_status.rpc_status import from_call

from services.kit.server import RunningServer
from services.kit.tokens import PublishedKeys, TokenVerifier
from services.users.adapters import keys
from services.users.settings import UsersSettings
from tests.integration.users.conftest import ADMIN

PASSWORD = "a long password"


def bearer(session: Any) -> tuple[tuple[str, str], ...]:
    return (("authorization", f"Bearer {session.access_token}"),)


async def code_of(call: Any) -> grpc.StatusCode:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value.code()  # type: ignore[no-any-return]


async def sign_up(accounts: Any, **fields: Any) -> Any:
    email = fields.pop("email", f"{uuid.uuid4().hex}@shop.test")
    return email, await accounts.SignUp(pb.SignUpRequest(email=email, password=PASSWORD, **fields))


async def test_sign_up_log_in_me(accounts: Any, sessions: Any, users: RunningServer) -> None:
    email, session = await sign_up(accounts, email="Ann@Shop.test", display_name="Ann")
    assert (session.roles, session.subject[:6]) == (["shopper"], "users/")
    again = await sessions.LogIn(spb.LogInRequest(email="ann@shop.TEST", password=PASSWORD))
    me = await accounts.GetAccount(pb.GetAccountRequest(name="users/me"), metadata=bearer(again))
    assert (me.email, me.display_name, me.name) == ("ann@shop.test", "Ann", session.subject)
    assert (
        await code_of(accounts.SignUp(pb.SignUpRequest(email=email, password=PASSWORD)))
        is grpc.StatusCode.ALREADY_EXISTS
    )
    async with grpc.aio.insecure_channel(f"127.0.0.1:{users.port}") as channel:
        principal = await TokenVerifier(PublishedKeys(channel)).verify(again.access_token)
    assert principal.subject == session.subject


async def test_an_erased_account_is_gone_and_told(accounts: Any, sessions: Any) -> None:
    email, session = await sign_up(accounts)
    chosen = pb.Preferences(name="users/me/preferences", categories=["categories/lamps"])
    await accounts.UpdatePreferences(pb.UpdatePreferencesRequest(preferences=chosen), metadata=bearer(session))
    wrong = pb.EraseAccountRequest(name="users/me", current_password="wrong")
    assert await code_of(accounts.EraseAccount(wrong, metadata=bearer(session))) is grpc.StatusCode.UNAUTHENTICATED
    erase = pb.EraseAccountRequest(name="users/me", current_password=PASSWORD)
    await accounts.EraseAccount(erase, metadata=bearer(session))
    for call in (
        accounts.GetAccount(pb.GetAccountRequest(name="users/me"), metadata=bearer(session)),
        accounts.GetPreferences(pb.GetPreferencesRequest(name="users/me/preferences"), metadata=bearer(session)),
        accounts.EraseAccount(erase, metadata=bearer(session)),
    ):
        assert await code_of(call) is grpc.StatusCode.NOT_FOUND
    for call in (
        sessions.LogIn(spb.LogInRequest(email=email, password=PASSWORD)),
        sessions.RefreshSession(spb.RefreshSessionRequest(refresh_token=session.refresh_token)),
    ):
        assert await code_of(call) is grpc.StatusCode.UNAUTHENTICATED
    admin = await sessions.LogIn(spb.LogInRequest(**ADMIN))
    feed = await accounts.ListAccountChanges(pb.ListAccountChangesRequest(), metadata=bearer(admin))
    assert feed.changes[-1].erased_user == session.subject


async def test_update_wants_the_current_etag(accounts: Any) -> None:
    _, session = await sign_up(accounts)
    me = await accounts.GetAccount(pb.GetAccountRequest(name="users/me"), metadata=bearer(session))
    change = pb.UpdateAccountRequest(account={"name": "users/me", "display_name": "Bo", "etag": me.etag})
    assert (await accounts.UpdateAccount(change, metadata=bearer(session))).display_name == "Bo"
    assert await code_of(accounts.UpdateAccount(change, metadata=bearer(session))) is grpc.StatusCode.ABORTED


async def test_an_update_writes_what_is_set_or_what_the_mask_names(accounts: Any) -> None:
    _, session = await sign_up(accounts)

    async def change(mask: list[str], **fields: str) -> Any:
        request = pb.UpdateAccountRequest(account={"name": "users/me"} | fields, update_mask={"paths": mask})
        return await accounts.UpdateAccount(request, metadata=bearer(session))

    async def prefer(mask: list[str], *categories: str) -> list[str]:
        preferences = {"name": "users/me/preferences", "categories": categories}
        request = pb.UpdatePreferencesRequest(preferences=preferences, update_mask={"paths": mask})
        return list((await accounts.UpdatePreferences(request, metadata=bearer(session))).categories)

    named = await change([], display_name="Bo")
    assert (await change([])).display_name == "Bo"
    assert (await change(["etag", "create_time"])).display_name == "Bo"
    assert (await change([], etag=named.etag)).etag == named.etag
    assert await code_of(change([], etag="9")) is grpc.StatusCode.ABORTED
    assert await code_of(change(["email"], email="other@example.org")) is grpc.StatusCode.INVALID_ARGUMENT
    assert await code_of(change([], email="other@example.org")) is grpc.StatusCode.INVALID_ARGUMENT
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await change([], display_name="Cy", email="other@example.org")
    assert refused.value.details().startswith("account.email: cannot be updated")  # type: ignore[union-attr]
    back = pb.UpdateAccountRequest(account=named)
    assert (await accounts.UpdateAccount(back, metadata=bearer(session))).display_name == "Bo"
    assert (await change([], display_name="Bo", email=named.email.upper())).email == named.email
    assert (await change(["displayName"], display_name="Cy")).display_name == "Cy"
    assert (await change(["display_name"])).display_name == ""
    assert await prefer([], "categories/bags") == ["categories/bags"]
    assert await prefer([]) == ["categories/bags"]
    assert await prefer(["categories"]) == []
    dated = {"name": "users/me/preferences", "update_time": {"seconds": 1}}
    only_read = pb.UpdatePreferencesRequest(preferences=dated)
    assert await code_of(accounts.UpdatePreferences(only_read, metadata=bearer(session))) is (
        grpc.StatusCode.INVALID_ARGUMENT
    )


async def test_who_takes_a_known_address_is_told_no_name(accounts: Any) -> None:
    email, _ = await sign_up(accounts)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await accounts.SignUp(pb.SignUpRequest(email=email, password=PASSWORD))
    assert refused.value.code() is grpc.StatusCode.ALREADY_EXISTS
    assert refused.value.details() == "An account of this e-mail address exists already."
    status = from_call(refused.value)
    resource = error_details_pb2.ResourceInfo()
    assert status is not None
    assert any(detail.Unpack(resource) for detail in status.details)
    assert (resource.resource_type, resource.resource_name) == ("users", "users/-")


async def test_a_refresh_token_works_once_and_its_reuse_ends_the_session(accounts: Any, sessions: Any) -> None:
    _, first = await sign_up(accounts)
    second = await sessions.RefreshSession(spb.RefreshSessionRequest(refresh_token=first.refresh_token))
    third = await sessions.RefreshSession(spb.RefreshSessionRequest(refresh_token=second.refresh_token))
    for token in (first.refresh_token, third.refresh_token):
        call = sessions.RefreshSession(spb.RefreshSessionRequest(refresh_token=token))
        assert await code_of(call) is grpc.StatusCode.UNAUTHENTICATED


async def test_of_many_that_refresh_at_once_one_wins_and_the_session_ends(accounts: Any, sessions: Any) -> None:
    _, session = await sign_up(accounts)
    request = spb.RefreshSessionRequest(refresh_token=session.refresh_token)
    results = await asyncio.gather(*(sessions.RefreshSession(request) for _ in range(8)), return_exceptions=True)
    winners = [r for r in results if not isinstance(r, BaseException)]
    assert len(winners) == 1
    after = sessions.RefreshSession(spb.RefreshSessionRequest(refresh_token=winners[0].refresh_token))
    assert await code_of(after) is grpc.StatusCode.UNAUTHENTICATED


async def test_log_out_ends_the_session_and_may_be_repeated(accounts: Any, sessions: Any) -> None:
    _, session = await sign_up(accounts)
    for _ in range(2):
        await sessions.LogOut(spb.LogOutRequest(refresh_token=session.refresh_token))
    call = sessions.RefreshSession(spb.RefreshSessionRequest(refresh_token=session.refresh_token))
    assert await code_of(call) is grpc.StatusCode.UNAUTHENTICATED


async def test_a_new_password_ends_the_other_sessions(accounts: Any, sessions: Any) -> None:
    email, old = await sign_up(accounts)
    request = pb.ChangePasswordRequest(name="users/me", current_password=PASSWORD, new_password="another one")
    new = await accounts.ChangePassword(request, metadata=bearer(old))
    call = sessions.RefreshSession(spb.RefreshSessionRequest(refresh_token=old.refresh_token))
    assert await code_of(call) is grpc.StatusCode.UNAUTHENTICATED
    await sessions.RefreshSession(spb.RefreshSessionRequest(refresh_token=new.refresh_token))
    assert (
        await code_of(sessions.LogIn(spb.LogInRequest(email=email, password=PASSWORD)))
        is grpc.StatusCode.UNAUTHENTICATED
    )


async def test_unknown_address_and_wrong_password_get_the_same_answer_in_the_same_time(
    accounts: Any, sessions: Any
) -> None:
    admin = await sessions.LogIn(spb.LogInRequest(email=ADMIN["email"], password=ADMIN["password"]))
    tries = [f"{kind}-{uuid.uuid4().hex}@shop.test" for _ in range(24) for kind in ("known", "unknown", "no-password")]
    for email in tries:
        if email.startswith("known"):
            await sign_up(accounts, email=email)
        elif email.startswith("no-password"):
            made = pb.CreateAccountRequest(account=pb.Account(email=email))
            await accounts.CreateAccount(made, metadata=bearer(admin))
    seconds: dict[str, list[float]] = defaultdict(list)
    answers = set()
    for email in tries:
        kind = email.rpartition("-")[0]
        began = time.perf_counter()
        answers.add(await answer_to(sessions, email))
        seconds[kind].append(time.perf_counter() - began)
    assert len(answers) == 1
    # A log-in that skipped the hashing would be five times as fast.
    assert ratio(seconds) < 1.5


async def test_a_locked_address_is_told_the_same_whether_it_has_an_account(accounts: Any, sessions: Any) -> None:
    known, unknown = (await sign_up(accounts))[0], f"{uuid.uuid4().hex}@shop.test"
    last = []
    for email in (known, unknown):
        for _ in range(5):
            code, details, packed = await answer_to(sessions, email)
        infos = [detail for detail in status_pb2.Status.FromString(packed).details if "ErrorInfo" in detail.type_url]
        last.append((code, details, [info.SerializeToString() for info in infos]))
    assert last[0] == last[1]
    assert last[0][0] is grpc.StatusCode.RESOURCE_EXHAUSTED


def ratio(values: dict[str, list[float]]) -> float:
    """Of the largest median to the smallest."""
    medians = [statistics.median(each) for each in values.values()]
    return max(medians) / min(medians)


async def answer_to(sessions: Any, email: str) -> tuple[grpc.StatusCode, str, bytes]:
    """Everything that somebody with a wrong password is told: code, message and details."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await sessions.LogIn(spb.LogInRequest(email=email, password="wrong"))
    packed = dict(caught.value.trailing_metadata() or ())["grpc-status-details-bin"]
    return caught.value.code(), caught.value.details() or "", bytes(packed)


async def test_guessing_is_limited_and_says_when_to_come_back(accounts: Any, sessions: Any) -> None:
    email, _ = await sign_up(accounts)
    for _ in range(4):
        wrong = sessions.LogIn(spb.LogInRequest(email=email, password="wrong"))
        assert await code_of(wrong) is grpc.StatusCode.UNAUTHENTICATED
    right = sessions.LogIn(spb.LogInRequest(email=email, password=PASSWORD))
    assert await code_of(right) is grpc.StatusCode.RESOURCE_EXHAUSTED
    elsewhere = (("x-envoy-external-address", "203.0.113.9"),)
    await sessions.LogIn(spb.LogInRequest(email=email, password=PASSWORD), metadata=elsewhere)


async def test_guessing_a_machines_secret_is_limited_and_says_when_to_come_back(sessions: Any) -> None:
    def exchange(secret: str, address: str) -> Any:
        request = spb.ExchangeClientCredentialsRequest(client_id="worker", client_secret=secret)
        return sessions.ExchangeClientCredentials(request, metadata=(("x-envoy-external-address", address),))

    for _ in range(4):
        assert await code_of(exchange("guess", "203.0.113.8")) is grpc.StatusCode.UNAUTHENTICATED
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await exchange("another guess", "203.0.113.8")
    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    status, retry = from_call(refused.value), error_details_pb2.RetryInfo()
    assert status is not None
    assert any(detail.Unpack(retry) for detail in status.details)
    assert retry.retry_delay.seconds > 0
    assert await code_of(exchange("guess", "203.0.113.9")) is grpc.StatusCode.UNAUTHENTICATED
    for address in ("203.0.113.8", "203.0.113.9"):
        assert (await exchange("s3cret", address)).subject == "services/worker"


async def changes(accounts: Any, sessions: Any) -> list[Any]:
    machine = await sessions.ExchangeClientCredentials(
        spb.ExchangeClientCredentialsRequest(client_id="worker", client_secret="s3cret")
    )
    answer = await accounts.ListAccountChanges(pb.ListAccountChangesRequest(), metadata=bearer(machine))
    return list(answer.changes)


async def test_a_visitor_becomes_a_user_once(accounts: Any, sessions: Any) -> None:
    visitor = await sessions.CreateVisitorSession(spb.CreateVisitorSessionRequest())
    assert visitor.subject.startswith("visitors/")
    email, user = await sign_up(accounts, visitor_refresh_token=visitor.refresh_token)
    await sessions.LogIn(spb.LogInRequest(email=email, password=PASSWORD, visitor_refresh_token=visitor.refresh_token))
    merges = [c.visitor_merge for c in await changes(accounts, sessions) if c.HasField("visitor_merge")]
    assert [(m.visitor, m.user) for m in merges] == [(visitor.subject, user.subject)]
    call = sessions.RefreshSession(spb.RefreshSessionRequest(refresh_token=visitor.refresh_token))
    assert await code_of(call) is grpc.StatusCode.UNAUTHENTICATED


async def test_preferences_reach_the_change_feed(accounts: Any, sessions: Any) -> None:
    _, session = await sign_up(accounts)
    chosen = ["categories/shoes", "categories/lamps"]
    request = pb.UpdatePreferencesRequest(preferences={"name": "users/me/preferences", "categories": chosen})
    await accounts.UpdatePreferences(request, metadata=bearer(session))
    read = await accounts.GetPreferences(
        pb.GetPreferencesRequest(name="users/me/preferences"), metadata=bearer(session)
    )
    assert list(read.categories) == chosen
    last = (await changes(accounts, sessions))[-1].preferences
    assert (last.name, list(last.categories)) == (f"{session.subject}/preferences", chosen)


async def test_who_waits_for_a_change_of_accounts_is_told_of_it(accounts: Any, sessions: Any) -> None:
    machine = await sessions.ExchangeClientCredentials(
        spb.ExchangeClientCredentialsRequest(client_id="worker", client_secret="s3cret")
    )
    _, session = await sign_up(accounts)
    request = pb.ListAccountChangesRequest()
    while (page := await accounts.ListAccountChanges(request, metadata=bearer(machine))).changes:
        request.cursor = page.next_cursor
    request.wait_seconds = 10
    waiting = accounts.ListAccountChanges(request, metadata=bearer(machine))
    await asyncio.sleep(0.5)
    assert not waiting.done()
    began = time.monotonic()
    likes = {"name": "users/me/preferences", "categories": ["categories/rugs"]}
    await accounts.UpdatePreferences(pb.UpdatePreferencesRequest(preferences=likes), metadata=bearer(session))
    assert [list(change.preferences.categories) for change in (await waiting).changes] == [["categories/rugs"]]
    assert time.monotonic() - began < 5


async def test_only_machines_read_the_feed_and_only_admins_make_accounts(accounts: Any, sessions: Any) -> None:
    _, session = await sign_up(accounts)
    feed = accounts.ListAccountChanges(pb.ListAccountChangesRequest(), metadata=bearer(session))
    assert await code_of(feed) is grpc.StatusCode.PERMISSION_DENIED
    wrong = spb.ExchangeClientCredentialsRequest(client_id="worker", client_secret="guess")
    assert await code_of(sessions.ExchangeClientCredentials(wrong)) is grpc.StatusCode.UNAUTHENTICATED
    request = pb.CreateAccountRequest(
        account={"email": "demo@shop.test", "roles": ["merchant"]}, account_id="demo", password=PASSWORD
    )
    assert await code_of(accounts.CreateAccount(request, metadata=bearer(session))) is grpc.StatusCode.PERMISSION_DENIED
    admin = await sessions.LogIn(spb.LogInRequest(**ADMIN))
    made = await accounts.CreateAccount(request, metadata=bearer(admin))
    assert (made.name, list(made.roles)) == ("users/demo", ["merchant"])
    assert await code_of(accounts.CreateAccount(request, metadata=bearer(admin))) is grpc.StatusCode.ALREADY_EXISTS


async def test_nobody_logs_in_to_an_account_without_a_password(accounts: Any, sessions: Any) -> None:
    admin = await sessions.LogIn(spb.LogInRequest(**ADMIN))
    request = pb.CreateAccountRequest(account={"email": "imported@shop.test"}, account_id="imported")
    await accounts.CreateAccount(request, metadata=bearer(admin))
    for password in ("", "nobody has this password"):
        attempt = spb.LogInRequest(email="imported@shop.test", password=password)
        assert await code_of(sessions.LogIn(attempt)) in {
            grpc.StatusCode.INVALID_ARGUMENT,
            grpc.StatusCode.UNAUTHENTICATED,
        }


async def test_a_new_key_is_published_before_it_signs(
    users: RunningServer, sessions: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = users.app.settings
    assert isinstance(settings, UsersSettings)
    monkeypatch.setattr(keys, "REREAD_S", 0.0)
    before = (await sessions.GetJsonWebKeySet(spb.GetJsonWebKeySetRequest())).keys
    added = keys.make_key(settings.signing_keys_dir)
    after = (await sessions.GetJsonWebKeySet(spb.GetJsonWebKeySetRequest())).keys
    assert [key.kid for key in after] == [before[0].kid, added]
    monkeypatch.setattr(keys, "PUBLISHED_AHEAD_S", -1)
    signing = (await sessions.GetJsonWebKeySet(spb.GetJsonWebKeySetRequest())).keys
    assert signing[0].kid == added
    session = await sessions.CreateVisitorSession(spb.CreateVisitorSessionRequest())
    principal = await users.app.verifier.verify(session.access_token)
    assert principal.subject == session.subject

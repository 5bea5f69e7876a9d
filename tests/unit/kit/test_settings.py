"""Settings that are missing or wrong, pages, and log lines."""

import json
import logging

import pymilvus.settings
import pytest
from aisle.recs.v1 import user_event_service_pb2 as events

from services.catalog.settings import CatalogSettings
from services.kit import context, paging, settings, telemetry
from services.kit.errors import InvalidArgument
from services.recs.settings import RecsSettings, WorkerSettings
from services.search.settings import SearchSettings
from services.users.settings import UsersSettings


def test_what_is_missing_is_said_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("AISLE_USERS_DATABASE_URL", "AISLE_USERS_SIGNING_KEYS_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AISLE_USERS_ACCESS_TOKEN_S", "soon")
    with pytest.raises(SystemExit) as caught:
        settings.load(UsersSettings)
    said = capsys.readouterr().err
    assert caught.value.code == 2
    assert "AISLE_USERS_DATABASE_URL is not set: set it." in said
    assert "AISLE_USERS_ACCESS_TOKEN_S is wrong" in said


@pytest.mark.parametrize("service", [UsersSettings, CatalogSettings, RecsSettings, WorkerSettings, SearchSettings])
def test_no_secret_has_a_default(service: type[settings.ServiceSettings]) -> None:
    words = ("password", "secret", "key")
    secrets = [n for n in service.model_fields if any(word in n for word in words) or n.endswith(("_token", "_url"))]
    assert "database_url" in secrets
    for name in secrets:
        field = service.model_fields[name]
        assert field.is_required() or not field.default, name


@pytest.mark.parametrize(("asked", "given"), [(0, 50), (1, 1), (1000, 1000), (1001, 1000), (2**31 - 1, 1000)])
def test_page_sizes_are_coerced(asked: int, given: int) -> None:
    assert paging.page_size(asked, 50, 1000) == given


def test_a_negative_page_size_is_refused() -> None:
    with pytest.raises(InvalidArgument):
        paging.page_size(-1, 50, 1000)


def test_a_page_token_belongs_to_its_request() -> None:
    request = events.ListUserEventsRequest(parent="users/ann", page_size=5)
    token = paging.encode({"n": 7}, request)
    request.page_size, request.page_token = 9, token  # these two may change
    assert paging.decode(token, request) == {"n": 7}
    request.parent = "users/bob"
    with pytest.raises(InvalidArgument, match="other arguments"):
        paging.decode(token, request)


@pytest.mark.parametrize(
    "token", ["x", "AAAA", "e30", "W10", "WzEsMl0", "bnVsbA", "é", "\x00", "[" * 900, "W1sx" * 200]
)
def test_page_tokens_of_others_are_refused(token: str) -> None:
    with pytest.raises(InvalidArgument):
        paging.decode(token, events.ListUserEventsRequest())


def test_logs_are_json_lines_with_the_request_id(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    context.enter(context.CallState("r-1"))
    try:
        pymilvus.settings.init_log("INFO")  # as when it is imported: handlers that write text
        telemetry.configure_logs("info")
        logging.getLogger("a.library").warning("two\nlines")
        telemetry.logger("aisle.test").info("happened", what="something")
        logging.getLogger("pymilvus.decorators").error("what was raised, too")
        logging.getLogger("pymilvus.milvus_client.any").warning("a warning")
    finally:
        root.handlers[:], root.level = handlers, level
        context.enter(context.CallState(""))
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["event"] for line in lines] == ["two\nlines", "happened", "a warning"]
    assert {line["request_id"] for line in lines} == {"r-1"}
    assert lines[1]["what"] == "something"

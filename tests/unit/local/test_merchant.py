"""A merchant who chose another password has a shop that still comes up."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest
from aisle.recs.v1.release_service_pb2 import ListReleasesResponse, Release
from aisle.recs.v1.release_service_pb2_grpc import ReleaseServiceServicer, add_ReleaseServiceServicer_to_server
from aisle.search.v1.search_release_service_pb2 import ListSearchReleasesResponse, SearchRelease
from aisle.search.v1.search_release_service_pb2_grpc import (
    SearchReleaseServiceServicer,
    add_SearchReleaseServiceServicer_to_server,
)
from aisle.users.v1.session_service_pb2 import Session
from aisle.users.v1.session_service_pb2_grpc import SessionServiceServicer, add_SessionServiceServicer_to_server

from local import data, encoders
from local.credentials import ensure
from local.errors import MeshError
from local.merchant import RENEW_S, Merchant
from local.ports import choose
from local.postgres import Postgres
from local.processes import Mesh
from local.settings import MeshSettings


class Users(SessionServiceServicer):
    """Answers every log-in with one error, or lets in with a token that lasts for so long."""

    code = grpc.StatusCode.UNAUTHENTICATED
    lasts_s = 0.0
    tries = 0

    def __init__(self) -> None:
        self.releases = Releases()

    def LogIn(self, request: Any, context: grpc.ServicerContext) -> Session:
        self.tries += 1
        if not self.lasts_s:
            context.abort(self.code, "The e-mail address or the password is wrong.")
        session = Session(access_token=f"token {self.tries}")
        session.access_expire_time.FromSeconds(int(time.time() + self.lasts_s))
        return session


class Releases(ReleaseServiceServicer, SearchReleaseServiceServicer):
    """Recs and search, each with a release that answers; `tokens` are what came with the calls."""

    newer = 0
    """Full pages of candidates before them."""

    def __init__(self) -> None:
        self.tokens: list[str] = []

    def ListReleases(self, request: Any, context: grpc.ServicerContext) -> ListReleasesResponse:
        self._note(context)
        if more := self._more(request):
            return ListReleasesResponse(releases=[Release()] * request.page_size, next_page_token=more)
        return ListReleasesResponse(releases=[Release(state=Release.STATE_PROMOTED)])

    def ListSearchReleases(self, request: Any, context: grpc.ServicerContext) -> ListSearchReleasesResponse:
        self._note(context)
        if more := self._more(request):
            found = [SearchRelease()] * request.page_size
            return ListSearchReleasesResponse(search_releases=found, next_page_token=more)
        return ListSearchReleasesResponse(search_releases=[SearchRelease(state=SearchRelease.STATE_PROMOTED)])

    def _more(self, request: Any) -> str:
        page = int(request.page_token or 0)
        return str(page + 1) if page < self.newer else ""

    def _note(self, context: grpc.ServicerContext) -> None:
        self.tokens += [str(value) for name, value in context.invocation_metadata() if name == "authorization"]


@pytest.fixture
def users() -> Iterator[tuple[Users, int]]:
    with ThreadPoolExecutor() as pool:
        server, servicer = grpc.server(pool), Users()
        add_SessionServiceServicer_to_server(servicer, server)
        add_ReleaseServiceServicer_to_server(servicer.releases, server)
        add_SearchReleaseServiceServicer_to_server(servicer.releases, server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        yield servicer, port
        server.stop(None).wait()


@pytest.fixture
def mesh(tmp_path: Path, users: tuple[Users, int]) -> Mesh:
    settings = MeshSettings(port=59433, data=tmp_path)
    for folder in (settings.run, settings.logs):
        folder.mkdir()
    ports = replace(choose(settings, None), users=[users[1]], recs=[users[1]], search=[users[1]])
    return Mesh(settings, ports, ensure(settings.secrets), Postgres(tmp_path / "postgres", ports.postgres, None))


async def _nothing(_: Mesh) -> None: ...


@pytest.fixture
def started(mesh: Mesh, monkeypatch: pytest.MonkeyPatch) -> Mesh:
    """Has data that was never imported, and something to learn from."""

    def run(*_: object) -> None:
        raise AssertionError("the merchant cannot log in")

    monkeypatch.setattr(data, "create_demo_shopper", _nothing)
    monkeypatch.setattr(data, "run_importer", run)
    monkeypatch.setattr(data, "run_module", run)
    (mesh.settings.run / data.TO_LEARN).touch()
    return replace(mesh, settings=replace(mesh.settings, dataset="https://shop.test/products.zip"))


def test_another_password_of_the_merchant_is_said_and_keeps_no_shop_from_starting(
    started: Mesh, users: tuple[Users, int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert not data.fill(started)
    shown = " ".join(capsys.readouterr().out.split())
    assert f"has another password than {started.credentials.admin_password_file} says" in shown
    assert users[0].tries == 1, "each wrong one brings the merchant nearer to being locked out"


def test_a_merchant_who_is_locked_out_keeps_no_shop_from_starting(
    started: Mesh, users: tuple[Users, int], capsys: pytest.CaptureFixture[str]
) -> None:
    users[0].code = grpc.StatusCode.RESOURCE_EXHAUSTED
    assert not data.fill(started)
    assert "The merchant cannot log in: RESOURCE_EXHAUSTED" in capsys.readouterr().out


def test_encoders_are_not_made_without_the_merchant(started: Mesh, capsys: pytest.CaptureFixture[str]) -> None:
    encoders.start(started, Merchant(started))
    assert "No encoders of search are made" in capsys.readouterr().out


def test_users_that_do_not_answer_are_a_sentence(started: Mesh, users: tuple[Users, int]) -> None:
    users[0].code = grpc.StatusCode.INTERNAL
    with pytest.raises(MeshError, match="The merchant cannot log in: INTERNAL"):
        data.fill(started)


@pytest.mark.parametrize(("lasts_s", "times"), [(900.0, 1), (RENEW_S / 2, 3)])
def test_one_start_logs_the_merchant_in_once_while_the_token_lasts(
    mesh: Mesh, users: tuple[Users, int], monkeypatch: pytest.MonkeyPatch, lasts_s: float, times: int
) -> None:
    monkeypatch.setattr(data, "create_demo_shopper", _nothing)
    monkeypatch.setattr(data, "import_data", lambda _: False)
    users[0].lasts_s = lasts_s
    merchant = data.fill(mesh)
    assert merchant
    encoders.start(mesh, merchant)
    assert users[0].tries == times
    assert users[0].releases.tokens == ([f"Bearer token {n}" for n in (2, 3)] if times == 3 else ["Bearer token 1"] * 2)


def test_what_answers_is_found_behind_any_number_of_newer_ones(
    mesh: Mesh, users: tuple[Users, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise each start would train anew, and promote that."""

    def run(*_: object, **__: object) -> None:
        raise AssertionError("something is trained")

    monkeypatch.setattr(data, "create_demo_shopper", _nothing)
    monkeypatch.setattr(data, "import_data", lambda _: False)
    monkeypatch.setattr(data, "run_module", run)
    monkeypatch.setattr(encoders.subprocess, "Popen", run)
    users[0].lasts_s, users[0].releases.newer = 900.0, 2
    merchant = data.fill(mesh)
    assert merchant
    encoders.start(mesh, merchant)
    assert len(users[0].releases.tokens) == 6

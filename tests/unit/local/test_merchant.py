"""A merchant who chose another password has a shop that still comes up."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest
from aisle.users.v1.session_service_pb2_grpc import SessionServiceServicer, add_SessionServiceServicer_to_server

from local import data, encoders
from local.credentials import ensure
from local.errors import MeshError
from local.ports import choose
from local.postgres import Postgres
from local.processes import Mesh
from local.settings import MeshSettings


class Users(SessionServiceServicer):
    """Answers every log-in with one error."""

    code = grpc.StatusCode.UNAUTHENTICATED

    def LogIn(self, request: Any, context: grpc.ServicerContext) -> None:
        context.abort(self.code, "The e-mail address or the password is wrong.")


@pytest.fixture
def users() -> Iterator[tuple[Users, int]]:
    with ThreadPoolExecutor() as pool:
        server, servicer = grpc.server(pool), Users()
        add_SessionServiceServicer_to_server(servicer, server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        yield servicer, port
        server.stop(None).wait()


@pytest.fixture
def mesh(tmp_path: Path, users: tuple[Users, int]) -> Mesh:
    settings = MeshSettings(port=59433, data=tmp_path)
    for folder in (settings.run, settings.logs):
        folder.mkdir()
    ports = replace(choose(settings, None), users=[users[1]])
    return Mesh(settings, ports, ensure(settings.secrets), Postgres(tmp_path / "postgres", ports.postgres, None))


def test_another_password_of_the_merchant_is_said_and_keeps_no_shop_from_starting(
    mesh: Mesh, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not data.needs_release(mesh)
    encoders.start(mesh)
    shown = capsys.readouterr().out
    assert shown.count(f"has another password than {mesh.credentials.admin_password_file} says") == 2


def test_users_that_do_not_answer_are_a_sentence(mesh: Mesh, users: tuple[Users, int]) -> None:
    users[0].code = grpc.StatusCode.RESOURCE_EXHAUSTED
    with pytest.raises(MeshError, match="The merchant cannot log in: RESOURCE_EXHAUSTED"):
        data.needs_release(mesh)

import shutil
from collections.abc import Iterator
from pathlib import Path

import onnx
import pytest
from tritonclient.grpc import InferenceServerClient

from local import bootstrap
from tests.integration.inference.servers import Server
from tests.support import models
from tests.support.installing import why_not

KINDS = ("embedded", "triton")


@pytest.fixture(scope="session")
def triton_installed() -> str:
    """Installs the real Triton as `make up INFERENCE=triton` does; returns why that is impossible here, or nothing."""
    why = why_not(bootstrap.set_up_triton)
    return why and f"the real Triton cannot be had here: {why}"


@pytest.fixture(scope="session", params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    if request.param == "triton" and (why := request.getfixturevalue("triton_installed")):
        pytest.skip(why)
    return str(request.param)


@pytest.fixture(scope="session")
def server(kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that began with an empty repository; each test adds models of its own."""
    folder = tmp_path_factory.mktemp(kind)
    repository = folder / "repository"
    repository.mkdir()
    with Server(kind, repository, folder / "log") as running:
        yield running


@pytest.fixture
def client(server: Server) -> Iterator[InferenceServerClient]:
    with InferenceServerClient(server.address) as made:
        yield made


@pytest.fixture(scope="session")
def towers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both towers and their golden rows."""
    from tests.support import towers  # torch takes seconds to import, and most of these tests need none

    return towers.write(tmp_path_factory.mktemp("towers"))


@pytest.fixture(scope="session")
def steady(server: Server) -> str:
    """A model that no test changes, with version 1, which doubles."""
    return load(server, "steady", models.SCALE, models.scale(2.0))


@pytest.fixture(scope="session")
def steady_words(server: Server) -> str:
    return load(server, "steady_words", models.WORDS, models.words())


@pytest.fixture
def scale(server: Server, client: InferenceServerClient, request: pytest.FixtureRequest) -> Iterator[str]:
    """A model of the test's own with version 1, which doubles."""
    name = load(server, request.node.originalname, models.SCALE, models.scale(2.0))
    yield name
    client.unload_model(name)
    shutil.rmtree(server.repository / name)


def load(server: Server, name: str, config: str, version: onnx.ModelProto) -> str:
    models.write(server.repository, name, config, {1: version})
    with InferenceServerClient(server.address) as client:
        client.load_model(name)
    return name

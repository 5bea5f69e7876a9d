"""The lives of models: what a program written for Triton sees of loading, unloading and broken versions."""

import json
import threading
from pathlib import Path

import pytest
from google.protobuf import json_format
from tritonclient.grpc import InferenceServerClient
from tritonclient.utils import InferenceServerException

from local.settings import ROOT
from tests.integration.inference.programs import factor, infer, refused, scale_inputs, states
from tests.integration.inference.servers import Server, alive
from tests.support import models
from tests.support.mesh import wait_until

BROKEN = b"not a model"


def test_several_versions_answer_at_once(server: Server, client: InferenceServerClient, scale: str) -> None:
    models.write(server.repository, scale, models.SCALE, {2: models.scale(3.0)})
    client.load_model(scale)
    assert (factor(client, scale, "1"), factor(client, scale, "2"), factor(client, scale)) == (2.0, 3.0, 3.0)
    assert set(client.get_model_metadata(scale).versions) == {"1", "2"}
    models.write(server.repository, scale, models.SCALE, {3: models.scale(4.0)})
    client.load_model(scale)
    assert (factor(client, scale, "2"), factor(client, scale)) == (3.0, 4.0)
    code, said = refused(lambda: factor(client, scale, "1"))
    assert (code, said) == ("UNAVAILABLE", f"Request for unknown model: '{scale}' version 1 is not at ready state")
    models.remove_version(server.repository / scale, 3)
    client.load_model(scale)
    assert factor(client, scale) == 3.0


@pytest.mark.parametrize("fault", ["broken file", "no file", "other inputs", "broken configuration", "misfit"])
def test_a_broken_new_version_leaves_the_old_one_serving(
    server: Server, client: InferenceServerClient, scale: str, fault: str
) -> None:
    config, version = {
        "broken file": (models.SCALE, BROKEN),
        "no file": (models.SCALE, None),
        "other inputs": (models.SCALE, models.words()),
        "broken configuration": (models.SCALE + "nonsense {", models.scale(9.0)),
        "misfit": (models.SCALE.replace('"y"', '"z"'), models.scale(9.0)),
    }[fault]
    folder = models.write(server.repository, scale, config, {2: version} if version else {})
    (folder / "2").mkdir(exist_ok=True)
    code, said = refused(lambda: client.load_model(scale))
    if fault == "broken configuration":
        assert code == "INTERNAL"
        assert said.startswith(f"failed to load '{scale}', failed to poll from model repository")
    else:
        assert code == "INVALID_ARGUMENT"
        assert said.startswith(f"load failed for model '{scale}': ")
        assert "version 2 is at UNAVAILABLE state" in said
    assert (factor(client, scale), factor(client, scale, "1")) == (2.0, 2.0)
    assert states(client, scale)["1"] == "READY"
    models.write(server.repository, scale, models.SCALE, {2: models.scale(5.0)})
    client.load_model(scale)
    assert (factor(client, scale), factor(client, scale, "1")) == (5.0, 2.0)
    models.remove_version(folder, 2)


def test_loading_and_unloading_under_load_fails_no_request(
    server: Server, client: InferenceServerClient, scale: str
) -> None:
    """Versions come and go beside a version that is asked all the time, from four callers."""
    over = threading.Event()
    answered: list[float] = []
    failed: list[Exception] = []

    def ask(version: str) -> None:
        with InferenceServerClient(server.address) as own:
            while not over.is_set():
                try:
                    answered.append(factor(own, scale, version))
                except InferenceServerException as error:
                    failed.append(error)

    callers = [threading.Thread(target=ask, args=("",)) for _ in range(4)]
    for caller in callers:
        caller.start()
    try:
        for number in range(2, 6):
            models.write(server.repository, scale, models.SCALE, {number: models.scale(float(number))})
            client.load_model(scale)
        models.write(server.repository, scale, models.SCALE, {6: BROKEN})
        with pytest.raises(InferenceServerException):
            client.load_model(scale)
        models.remove_version(server.repository / scale, 6)
        client.load_model(scale)
        wait_until(lambda: answered[-1] == 5.0, 20)
    finally:
        over.set()
        for caller in callers:
            caller.join()
    assert failed == []
    assert {2.0, 5.0} <= set(answered) <= {2.0, 3.0, 4.0, 5.0}


def test_unloading_another_model_under_load_fails_no_request(
    server: Server, client: InferenceServerClient, steady: str, scale: str
) -> None:
    over, failed, answered = threading.Event(), list[Exception](), list[float]()

    def ask() -> None:
        with InferenceServerClient(server.address) as own:
            while not over.is_set():
                try:
                    answered.append(factor(own, steady))
                except InferenceServerException as error:
                    failed.append(error)

    caller = threading.Thread(target=ask)
    caller.start()
    try:
        for _ in range(3):
            client.unload_model(scale)
            wait_until(lambda: not client.is_model_ready(scale), 20)
            client.load_model(scale)
            assert client.is_model_ready(scale)
    finally:
        over.set()
        caller.join()
    assert failed == []
    assert set(answered) == {2.0}


def test_an_unloaded_model_is_gone_until_it_is_loaded(client: InferenceServerClient, scale: str) -> None:
    assert states(client, scale) == {"1": "READY"}
    client.unload_model(scale)
    code, said = refused(lambda: factor(client, scale))
    assert (code, said) == ("NOT_FOUND", f"Request for unknown model: '{scale}' has no available versions")
    assert refused(lambda: factor(client, scale, "1"))[0] == "UNAVAILABLE"
    wait_until(lambda: states(client, scale) == {"1": "UNAVAILABLE"}, 20)
    client.unload_model(scale)
    client.load_model(scale)
    assert factor(client, scale) == 2.0


def test_what_is_not_in_the_repository_cannot_be_loaded(client: InferenceServerClient) -> None:
    for name in ("nope", "../nope", ""):
        code, said = refused(lambda name=name: client.load_model(name))  # type: ignore[misc]
        assert code == "INTERNAL"
        assert said.startswith(f"failed to load '{name}', failed to poll from model repository")
    client.unload_model("nope")


def test_a_load_can_carry_a_configuration(client: InferenceServerClient, scale: str) -> None:
    changed = json_format.MessageToDict(client.get_model_config(scale).config, preserving_proto_field_name=True)
    client.load_model(scale, config=json.dumps({**changed, "max_batch_size": 16}))
    assert client.get_model_config(scale).config.max_batch_size == 16
    assert infer(client, scale, scale_inputs(12)).as_numpy("y").shape == (12, 4)
    assert refused(lambda: infer(client, scale, scale_inputs(17)))[0] == "INVALID_ARGUMENT"
    code, said = refused(lambda: client.load_model(scale, config="{"))
    assert (code, said.startswith(f"failed to load '{scale}'")) == ("INTERNAL", True)
    assert factor(client, scale) == 2.0


def test_a_server_that_was_killed_comes_back_with_its_models(kind: str, tmp_path: Path) -> None:
    """And its end, orderly or not, is the end of every process that it started."""
    models.write(tmp_path / "repository", "m", models.SCALE, {1: models.scale(2.0), 2: models.scale(3.0)})
    with Server(kind, tmp_path / "repository", tmp_path / "log") as server:
        with InferenceServerClient(server.address) as client:
            assert (factor(client, "m"), factor(client, "m", "1")) == (3.0, 2.0)
        family = server.family()
        server.kill()
        wait_until(lambda: not any(map(alive, family)), 20, "every process to end")
        server.start()
        with InferenceServerClient(server.address) as client:
            assert (factor(client, "m"), factor(client, "m", "1")) == (3.0, 2.0)
        family = server.family()
        assert server.stop() == 0
        assert not any(map(alive, family))


def test_the_shipped_configurations_serve_towers(server: Server, client: InferenceServerClient, towers: Path) -> None:
    """Towers as they are trained, laid out and checked as they are for a release."""
    from trainers.release import inference, model_repository
    from trainers.two_tower import golden

    model_repository.install(towers, 1, server.repository, ROOT / "model_repository", "cpu")
    inference.load(server.address)
    differences = inference.check(server.address, 1, golden.load(towers / "golden.npz"))
    assert max(differences.values()) < 1e-5
    assert all(client.is_model_ready(model, "1") for model in model_repository.MODELS)

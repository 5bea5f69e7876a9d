import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import numpy as np
import onnx
import pytest

from services.inference import metrics
from services.inference.errors import InferenceError
from services.inference.repository import Repository
from services.inference.served import Entry, Loaded
from services.inference.tensors import Array
from tests.support import models

BROKEN = b"not a model"


async def factor(loaded: Loaded) -> float:
    """What a version of the model `scale` multiplies by."""
    inputs: dict[str, Array] = {"x": np.ones((1, 4), np.float32), "k": np.ones((1, 2), np.int64)}
    (y,) = await loaded.runner.infer(inputs, ("y",))
    return float(y[0, 0])


def rows(repository: Repository) -> list[Entry]:
    return list(repository.index())


async def test_an_unchanged_model_is_not_loaded_again(repository: Repository, tmp_path: Path) -> None:
    models.write(tmp_path, "m", models.SCALE, {1: models.scale(2.0)})
    await repository.load("m")
    before = repository.find("m")
    await repository.load("m")
    assert repository.find("m") is before


async def test_a_new_version_leaves_the_one_before_untouched(repository: Repository, tmp_path: Path) -> None:
    models.write(tmp_path, "m", models.SCALE, {1: models.scale(2.0)})
    await repository.load("m")
    before = repository.find("m")
    models.write(tmp_path, "m", models.SCALE, {2: models.scale(3.0)})
    await repository.load("m")
    assert repository.find("m", "1") is before
    assert await factor(repository.find("m")) == 3.0
    models.write(tmp_path, "m", models.SCALE, {3: models.scale(4.0)})
    await repository.load("m")
    assert [loaded.model.version for loaded in repository.serving("m")] == [2, 3], "the policy keeps the newest two"
    assert rows(repository)[0] == Entry("m", "1", "UNAVAILABLE", "unloaded")


async def test_a_file_or_configuration_that_changed_is_loaded_again(repository: Repository, tmp_path: Path) -> None:
    models.write(tmp_path, "m", models.SCALE, {1: models.scale(2.0)})
    await repository.load("m")
    models.write(tmp_path, "m", models.SCALE, {1: models.scale(20.0)})
    await repository.load("m")
    assert await factor(repository.find("m")) == 20.0
    models.write(tmp_path, "m", models.SCALE.replace("max_batch_size: 8", "max_batch_size: 4"), {})
    await repository.load("m")
    assert repository.find("m").model.config.max_batch_size == 4


@pytest.mark.parametrize(
    ("config", "version", "said"),
    [
        (models.SCALE, BROKEN, "version 2 is at UNAVAILABLE state: model.onnx of version 2 is not an ONNX model"),
        (models.SCALE, models.words(), r"the inputs of the file are \['words'\]"),
        (models.SCALE.replace('"y"', '"z"'), models.scale(1.0), "the file has no output z"),
        (models.SCALE.replace("dims: [ 2 ]", "dims: [ 3 ]"), models.scale(1.0), "cannot compute inputs"),
        (models.SCALE.replace("TYPE_INT64", "TYPE_FP32"), models.scale(1.0), "cannot compute inputs"),
        (models.SCALE + "nonsense", models.scale(1.0), "failed to poll from model repository: .*cannot be read"),
        (models.SCALE.replace("latest { num_versions: 2 }", "specific { versions: [7] }"), b"", "at least one version"),
        (models.SCALE.replace('backend: "onnxruntime"', 'backend: "vllm"'), b"", "needs the backend vllm"),
    ],
)
async def test_what_is_broken_changes_nothing(
    repository: Repository, tmp_path: Path, config: str, version: "onnx.ModelProto | bytes", said: str
) -> None:
    models.write(tmp_path, "m", models.SCALE, {1: models.scale(2.0)})
    await repository.load("m")
    before = repository.find("m")
    models.write(tmp_path, "m", config, {2: version})
    with pytest.raises(InferenceError, match=said):
        await repository.load("m")
    assert repository.find("m") is before
    models.write(tmp_path, "m", models.SCALE, {2: models.scale(3.0)})
    await repository.load("m")
    assert await factor(repository.find("m")) == 3.0


async def test_at_the_start_what_is_whole_is_served_beside_what_is_broken(
    repository: Repository, tmp_path: Path
) -> None:
    models.write(tmp_path, "half", models.SCALE, {1: models.scale(2.0), 2: BROKEN})
    models.write(tmp_path, "broken", models.SCALE, {1: BROKEN})
    models.write(tmp_path, "unreadable", "{", {1: models.scale(1.0)})
    models.write(tmp_path, "whole", models.WORDS, {1: models.words()})
    (tmp_path / "profiles").mkdir()
    await repository.load_all()
    assert await factor(repository.find("half")) == 2.0
    states = {(entry.name, entry.version): entry.state for entry in rows(repository)}
    assert states == {
        ("half", "1"): "READY",
        ("half", "2"): "UNAVAILABLE",
        ("broken", "1"): "UNAVAILABLE",
        ("unreadable", ""): "",
        ("whole", "1"): "READY",
    }


async def test_a_folder_that_is_not_there_serves_nothing(threads: ThreadPoolExecutor, tmp_path: Path) -> None:
    repository = Repository(tmp_path / "nowhere", threads, threads)
    await repository.load_all()
    assert rows(repository) == []


@pytest.mark.parametrize("name", ["", ".", "..", "../m", "m/1", "/etc", "nope", "m\0"])
async def test_a_name_leads_nowhere_but_into_the_repository(
    threads: ThreadPoolExecutor, tmp_path: Path, name: str
) -> None:
    models.write(tmp_path, "m", models.SCALE, {1: models.scale(2.0)})
    models.write(tmp_path / "inner", "n", models.SCALE, {1: models.scale(2.0)})
    repository = Repository(tmp_path / "inner", threads, threads)
    with pytest.raises(InferenceError, match="failed to poll from model repository") as refused:
        await repository.load(name)
    assert refused.value.code == grpc.StatusCode.INTERNAL
    assert str(tmp_path) not in refused.value.message


async def test_unloading_waits_for_what_is_being_computed(tmp_path: Path) -> None:
    models.write(tmp_path, "m", models.SCALE, {1: models.scale(2.0)})
    free = threading.Event()
    with ThreadPoolExecutor(1) as loading, ThreadPoolExecutor(1) as running:
        repository = Repository(tmp_path, loading, running)
        await repository.load("m")
        running.submit(free.wait)
        asked = [asyncio.create_task(factor(repository.find("m"))) for _ in range(20)]
        await asyncio.sleep(0)
        unloading = asyncio.create_task(repository.unload("m"))
        await asyncio.sleep(0.01)
        with pytest.raises(InferenceError, match="has no available versions") as refused:
            repository.find("m")
        assert refused.value.code == grpc.StatusCode.NOT_FOUND
        assert not unloading.done()
        free.set()
        assert await asyncio.gather(*asked) == [2.0] * 20
        await unloading


async def test_polling_follows_the_folder(repository: Repository, tmp_path: Path) -> None:
    folder = models.write(tmp_path, "comes", models.SCALE, {1: models.scale(2.0)})
    await repository.follow()
    assert await factor(repository.find("comes")) == 2.0
    folder.rename(tmp_path.parent / f"{tmp_path.name}-gone")
    models.write(tmp_path, "other", models.WORDS, {1: models.words()})
    await repository.follow()
    assert {entry.name for entry in rows(repository)} == {"other"}
    with pytest.raises(InferenceError):
        repository.find("comes")


async def test_metrics_survive_a_name_with_quotes(repository: Repository, tmp_path: Path) -> None:
    models.write(tmp_path, 'a"b\\c', models.SCALE, {1: models.scale(2.0)})
    await repository.load_all()
    await factor(repository.find('a"b\\c'))
    assert b'nv_inference_request_success{model="a\\"b\\\\c",version="1"} 1\n' in metrics.render(repository.serving())

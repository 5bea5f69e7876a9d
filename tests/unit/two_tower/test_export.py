from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
import torch

from tests.support.shops import small_shop
from trainers.two_tower import export, golden, spec
from trainers.two_tower.config import Config
from trainers.two_tower.errors import ParityError
from trainers.two_tower.golden import Golden
from trainers.two_tower.model import Towers
from trainers.two_tower.train import train

pytestmark = pytest.mark.slow

SHOP = small_shop(products=60, shoppers=60)


@pytest.fixture(scope="module")
def towers() -> Towers:
    return train(SHOP, Config(progress=False, device="cpu"), epochs=2).towers.on_cpu()


@pytest.fixture(scope="module")
def folder(towers: Towers, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("towers")
    export.write(towers, made)
    golden.make(towers).save(made / "golden.npz")
    return made


def test_files_compute_what_torch_computes(folder: Path) -> None:
    differences = golden.check_files(golden.load(folder / "golden.npz"), folder)
    assert max(differences.values()) < 1e-5


def test_inputs_and_outputs_are_those_of_the_model_repository(folder: Path) -> None:
    def described(model: str) -> dict[str, tuple[str, list[int]]]:
        session = ort.InferenceSession(folder / f"{model}.onnx")
        return {value.name: (value.type, value.shape[1:]) for value in [*session.get_inputs(), *session.get_outputs()]}

    assert described("user_tower") == {
        "history_vectors": ("tensor(float)", [50, 64]),
        "history_kinds": ("tensor(int64)", [50]),
        "history_ages_h": ("tensor(float)", [50]),
        "preferred_categories": ("tensor(string)", [8]),
        "user_vector": ("tensor(float)", [64]),
    }
    assert described("item_tower") == {
        "product_id": ("tensor(string)", [1]),
        "category_path": ("tensor(string)", [4]),
        "brand": ("tensor(string)", [1]),
        "price": ("tensor(float)", [1]),
        "title_tokens": ("tensor(string)", [32]),
        "attributes": ("tensor(string)", [16]),
        "item_vector": ("tensor(float)", [64]),
    }


def test_golden_rows_cover_what_is_out_of_the_ordinary(folder: Path) -> None:
    rows = golden.load(folder / "golden.npz")
    price = rows.inputs["item_tower"]["price"]
    assert all(found.any() for found in (np.isnan(price), np.isinf(price), price < 0))
    lengths = (rows.inputs["user_tower"]["history_kinds"] != 0).sum(1)
    assert {0, 1, 2, 50} <= set(lengths.tolist())
    for vectors in rows.outputs.values():
        assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(len(vectors)), abs=1e-5)


def test_a_file_that_computes_something_else_is_refused(towers: Towers, folder: Path) -> None:
    with torch.no_grad():
        towers.user.out.bias += 0.05
    try:
        rows = golden.make(towers)
    finally:
        with torch.no_grad():
            towers.user.out.bias -= 0.05
    with pytest.raises(ParityError, match="user_tower"):
        golden.check_files(rows, folder)


def test_vectors_that_are_no_numbers_are_refused() -> None:
    rows = Golden({}, {"user_tower": np.zeros((1, 2), np.float32)})
    with pytest.raises(ParityError):
        golden.check(rows, "user_tower", np.array([[np.nan, 0]], np.float32), "A server")


def test_preferences_alone_change_the_vector_of_a_newcomer(folder: Path) -> None:
    session = ort.InferenceSession(folder / "user_tower.onnx")
    preferred = np.full((2, 8), "", dtype=object)
    preferred[1, 0] = "c1"
    feeds = {
        "history_vectors": np.zeros((2, 50, 64), np.float32),
        "history_kinds": np.zeros((2, 50), np.int64),
        "history_ages_h": np.zeros((2, 50), np.float32),
        "preferred_categories": preferred,
    }
    vectors = session.run(["user_vector"], feeds)[0]
    assert np.isfinite(vectors).all()
    assert np.abs(vectors[0] - vectors[1]).max() > 1e-3


def test_files_load_on_servers_that_are_not_the_newest(folder: Path) -> None:
    model = onnx.load(folder / "item_tower.onnx")
    assert model.ir_version <= 10
    assert {entry.domain: entry.version for entry in model.opset_import} == {"": 18, "ai.onnx.ml": 2}


def test_the_specification_is_read_as_it_was_written(towers: Towers) -> None:
    assert spec.parse(towers.spec.to_json()) == towers.spec

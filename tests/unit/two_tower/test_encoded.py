"""Vectors of encoders in the item tower: what they change, and what is not changed without them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest
import torch

from tests.support.shops import CLUSTERS, small_shop
from trainers.datasets import DataError, Encoder, Products, Shop
from trainers.evaluation.cold_start.newcomers import without
from trainers.two_tower import export, golden, model, settings, spec
from trainers.two_tower.config import Config
from trainers.two_tower.encoded import Encoded
from trainers.two_tower.model import Towers
from trainers.two_tower.train import train

TEXTS, LOOKS = Encoder("sentence", "3", 12), Encoder("clip_image", "3", 8)
CONFIG = Config(progress=False, device="cpu", encoders=("sentence", "clip_image"))
PLAIN = small_shop(products=60, shoppers=60)


def seen(products: Products) -> Products:
    """The catalogue with vectors: those of a cluster are near each other, and every seventh product has no picture."""
    random = np.random.default_rng(5)
    middles = random.normal(size=(CLUSTERS, LOOKS.dimension))
    cluster = np.arange(len(products)) % CLUSTERS
    looks = (middles[cluster] + random.normal(size=(len(products), LOOKS.dimension)) * 0.1).astype(np.float32)
    looks[::7] = 0
    texts = random.normal(size=(len(products), TEXTS.dimension)).astype(np.float32)
    return replace(products, vectors={TEXTS: texts, LOOKS: looks})


SHOP = replace(PLAIN, products=seen(PLAIN.products))


@pytest.fixture(scope="module")
def towers() -> Towers:
    return train(SHOP, CONFIG, epochs=3).towers.on_cpu()


@pytest.mark.slow
def test_exported_towers_compute_what_torch_computes(towers: Towers, tmp_path: Path) -> None:
    export.write(towers, tmp_path)
    rows = golden.make(towers)
    rows.save(tmp_path / "golden.npz")
    found = golden.load(tmp_path / "golden.npz")
    assert max(golden.check_files(found, tmp_path).values()) < 1e-5
    inputs = {value.name: value.shape[1:] for value in ort.InferenceSession(tmp_path / "item_tower.onnx").get_inputs()}
    assert inputs.keys() == {*export.ITEM_INPUTS, export.ENCODER_VECTORS}
    assert inputs[export.ENCODER_VECTORS] == [TEXTS.dimension + LOOKS.dimension]
    given = found.inputs["item_tower"][export.ENCODER_VECTORS]
    assert (given == 0).all(1).any(), "among the golden rows are products without any vector"
    assert given.any(1).any()


def test_the_specification_names_the_versions_of_its_encoders(towers: Towers) -> None:
    assert towers.spec.encoders == (TEXTS, LOOKS)
    assert spec.parse(towers.spec.to_json()) == towers.spec


def test_vectors_of_another_version_are_none(towers: Towers) -> None:
    """They lie in another space: a product is rather placed without."""
    texts, looks = SHOP.products.vectors.values()
    other = replace(SHOP.products, vectors={TEXTS: texts, replace(LOOKS, version="4"): looks})
    found = towers.spec.items(other).encoder_vectors
    assert found is not None
    assert np.array_equal(found[:, : TEXTS.dimension], texts)
    assert not found[:, TEXTS.dimension :].any()


def test_a_picture_moves_a_product_and_none_leaves_it_where_its_facts_put_it(towers: Towers) -> None:
    nobody = Products([f"new{i}" for i in range(2)], ["", ""], [(), ()], ["", ""], np.zeros(2), [{}, {}])
    looks = SHOP.products.vectors[LOOKS][[1, 2]]
    shown = replace(nobody, vectors={TEXTS: np.zeros((2, TEXTS.dimension), np.float32), LOOKS: looks})

    def placed(products: Products) -> torch.Tensor:
        items = model.encode(towers.spec.items(products), towers.vocabularies)
        with torch.inference_mode():
            return towers.item.eval()(*items.tuple())

    bare, pictured = placed(nobody), placed(shown)
    assert torch.allclose(bare[0], bare[1]), "nothing is known of either"
    assert (pictured[0] - pictured[1]).norm() > 0.1
    assert (pictured - bare).norm(dim=1).min() > 0.1


def test_pictures_bring_new_products_near_those_that_are_like_them() -> None:
    """Nothing else is known of the new ones."""
    shop = small_shop()
    nothing = [""] * 240
    bare = replace(shop.products, titles=nothing, categories=[()] * 240, brands=nothing, attributes=[{}] * 240)
    whole = replace(shop, products=replace(seen(bare), vectors={LOOKS: seen(bare).vectors[LOOKS]}))
    new = np.arange(0, 240, 11)
    learned = train(without(whole, new), replace(CONFIG, encoders=("clip_image",)), epochs=8).towers
    items = model.encode(learned.spec.items(whole.products), learned.vocabularies)
    with torch.inference_mode():
        vectors = learned.item.eval()(*items.tuple())
    pictured = np.array([i for i in new if i % 7])
    old = np.setdiff1d(np.arange(240), new)
    nearest = old[(vectors[pictured] @ vectors[old].T).numpy().argmax(1)]
    assert np.mean(nearest % CLUSTERS == pictured % CLUSTERS) > 2 / CLUSTERS


def test_an_encoder_that_was_told_nothing_contributes_nothing() -> None:
    random = torch.Generator().manual_seed(1)
    catalogue = torch.randn(40, 16, generator=random) + 3
    part = Encoded(8, catalogue).eval()
    vectors = torch.stack([torch.zeros(16), catalogue[0]])
    found = part(vectors)
    assert not found[0].any()
    assert found[1].any()
    white = (catalogue - part.mean) @ part.components
    assert torch.allclose(white.mean(0), torch.zeros(white.shape[1]), atol=1e-5)
    assert torch.allclose(white.T @ white / 40, torch.eye(white.shape[1]) / white.shape[1], atol=1e-5)


@pytest.mark.parametrize("known", [0, 1, 2])
def test_so_few_pictures_that_they_tell_nothing_apart_do_no_harm(known: int) -> None:
    catalogue = torch.zeros(5, 16)
    catalogue[:known] = torch.randn(known, 16)
    assert torch.isfinite(Encoded(8, catalogue).eval()(catalogue)).all()


def test_a_share_of_the_products_does_without_in_training_alone() -> None:
    catalogue = torch.randn(1000, 16)
    part = Encoded(8, catalogue)
    assert 0.1 < (part.train()(catalogue) == 0).all(1).float().mean() < 0.3
    assert not (part.eval()(catalogue) == 0).all(1).any()


def test_the_same_seed_makes_the_same_towers(towers: Towers) -> None:
    again = train(SHOP, CONFIG, epochs=3).towers
    assert torch.equal(again.item_vectors(), towers.item_vectors())


def test_towers_without_encoders_do_not_look_at_vectors() -> None:
    """Nor at chance for them: their weights and inputs are those of a shop that has no encoders."""
    plain = replace(CONFIG, encoders=())
    first, second = (model.create(PLAIN, plain) for _ in range(2))
    assert first.inputs.feeds().keys() == set(export.ITEM_INPUTS)
    assert "encoders" not in first.spec.to_json()
    assert not any(name.startswith("encoded") for name in first.item.state_dict())
    assert torch.equal(first.item_vectors(), second.item_vectors())


@pytest.mark.parametrize(
    ("shop", "encoders"),
    [(PLAIN, ("sentence",)), (SHOP, ()), (SHOP, ("sentence",)), (SHOP, ("clip_image", "sentence"))],
)
def test_settings_and_vectors_must_fit(shop: Shop, encoders: tuple[str, ...]) -> None:
    with pytest.raises(DataError, match=r"trainers\.release train --encoders"):
        model.create(shop, replace(CONFIG, encoders=encoders))


def test_other_vectors_are_other_data() -> None:
    moved = {encoder: vectors + 1 for encoder, vectors in SHOP.products.vectors.items()}
    other = replace(SHOP, products=replace(SHOP.products, vectors=moved))
    assert len({PLAIN.fingerprint, SHOP.fingerprint, other.fingerprint}) == 3


def test_settings_in_a_file_name_encoders(tmp_path: Path) -> None:
    settings.write(CONFIG, tmp_path / "settings.json")
    assert settings.load(tmp_path / "settings.json") == CONFIG

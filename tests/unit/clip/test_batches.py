"""Which products an epoch has."""

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

from trainers.clip import ready
from trainers.clip.batches import Batches, chances
from trainers.clip.config import Config
from trainers.clip.data import Product
from trainers.clip.features import Cache
from trainers.encoders.spec import TextSpec
from trainers.encoders.texts import Tokens

CPU = torch.device("cpu")
COLOURS = ("Black", "Blue", "Red")


def letters(texts: list[str]) -> tuple[np.ndarray, None]:
    """Tokens that can be looked at."""
    ids = np.zeros((len(texts), max(map(len, texts))), np.int64)
    for row, text in enumerate(texts):
        ids[row, : len(text)] = [ord(letter) for letter in text]
    return ids, None


def pixels(count: int) -> Cache:
    """Pictures whose left half is as bright as their number says."""
    made = np.zeros((count, 2, 4, 3), np.uint8)
    made[:, :, :2] = np.arange(count)[:, None, None, None]
    return Cache(made, np.arange(count), 0)


def drawn(count: int) -> Batches:
    products = [
        Product(str(n), f"Shirt {n}", ("Shirts",), "", {"colour": COLOURS[n % 3]}, (Path("x.jpg"),))
        for n in range(count)
    ]
    return Batches(products, np.arange(count), pixels(count), Config())


def test_products_with_rare_facts_are_drawn_more_often() -> None:
    common, rare = frozenset({("colour", "Black")}), frozenset({("colour", "Teal")})
    found = chances([common] * 99 + [rare])
    assert np.isclose(found.sum(), 1)
    assert found[-1] > 5 * found[0]
    assert np.allclose(found[:99], found[0])


def test_a_product_of_which_nothing_is_known_is_drawn_too() -> None:
    found = chances([frozenset(), frozenset({("colour", "Black")})])
    assert (found > 0).all()
    assert found[1] > found[0]


@pytest.mark.parametrize("size", [8, 9])
def test_left_over_products_wait_for_another_epoch(size: int) -> None:
    batches = drawn(203)
    plans = [batches.plan(size, epoch) for epoch in range(1, 6)]
    assert {len(step.products) for plan in plans for step in plan} <= {size, size // 2 * 2}
    assert min(sum(len(step.products) for step in plan) for plan in plans) > 203 - 2 * size - 1
    assert {int(place) for plan in plans for step in plan for place in step.products} == set(range(203))


def test_a_few_products_are_learned_from_whatever_the_size() -> None:
    seen = np.concatenate([step.products for step in drawn(20).plan(8, 1)])
    assert sorted(seen.tolist()) == list(range(20))


def test_an_epoch_is_the_same_whenever_it_is_planned_and_another_is_not() -> None:
    one, again, other = (
        np.concatenate([step.products for step in drawn(80).plan(8, epoch)]).tolist() for epoch in (3, 3, 4)
    )
    assert one == again
    assert one != other


def test_tokens_reach_other_processes_as_they_are() -> None:
    words = {"model": {"type": "WordLevel", "vocab": {"red": 1, "shirt": 2, "[UNK]": 3}, "unk_token": "[UNK]"}}
    spec = TextSpec("small", "clip", 8, 2, 0, {"version": "1.0", "pre_tokenizer": {"type": "Whitespace"}, **words})
    tokens = Tokens(spec)
    ids, mask = pickle.loads(pickle.dumps(tokens))(["red shirt long", "x"])
    assert ids.tolist() == [[1, 2], [3, 0]]
    assert mask.tolist() == [[1, 1], [1, 0]]


def test_a_step_has_the_pictures_and_titles_of_its_products() -> None:
    batches = drawn(80)
    step = next(ready.Steps(batches, pixels(80), 8, letters, CPU).epoch(1))  # type: ignore[arg-type]
    ids = torch.cat([torch.nn.functional.pad(part, (0, 8 - part.shape[1])) for part in step.titles.ids])
    titles = ["".join(map(chr, row)).strip("\0") for row in ids[step.titles.order].tolist()]
    brightest = ((step.features.amax((1, 2, 3)) / 2 + 0.5) * 255).round().int().tolist()
    named = step.named.int().argmax(dim=1).tolist()
    assert [f"shirt {n}" for n in brightest] == [titles[column] for column in named]


def test_pixels_are_mirrored_when_they_are_taken() -> None:
    plain, mirrored = pixels(10).take(np.array([9, 9]), np.array([0, 1]), CPU)
    assert plain[0, 0, 0] > plain[0, 0, 3]
    torch.testing.assert_close(plain.flip(-1), mirrored)

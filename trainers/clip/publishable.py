"""From trained towers to a candidate: both precisions, parity, held-out quality, speed."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console

from trainers.clip.build import Encoders
from trainers.clip.data import Product, TooFewPictures
from trainers.clip.split import Split
from trainers.encoders import answering, candidate, export, golden, pictures, quantise, runtime, speed, variants
from trainers.encoders.texts import Tokens
from trainers.encoders.variants import Variant
from trainers.evaluation.search import corpora, measure, rankers, tasks
from trainers.sentence.documents import called

PICTURES, TEXTS = "clip_image", "clip_text"
SPEED_BATCH = 8
QUALITY = "recall@10"
GATE, CHANCE = "mrr", 1.5
"""Held-out titles must find their pictures so much better than chance."""


class Refused(Exception):
    """The towers are not good enough. The sentence says by how much."""


def refuse_too_few(products: Split) -> None:
    """Refuses what could not be measured, before anything is trained.

    Raises:
        TooFewPictures: chance alone would find what is held out.
    """
    if not products.test or CHANCE * by_chance(len(products.test)) > 1:
        known = len(products.train) + len(products.validation) + len(products.test)
        raise TooFewPictures(
            f"CLIP cannot be trained: {known} products with a picture are too few to hold some out and measure it. "
            "It takes some 30 different titles."
        )


def write(towers: Encoders, products: Split, folder: Path, console: Console) -> None:
    """Exports, measures and adds both encoders to the candidate in the folder.

    Raises:
        Refused: held-out titles find their pictures hardly more often than by chance. The report is written even then,
            and the encoders are not in the candidate.
        ParityError: the exported files compute something else than torch.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as made:
        work = Path(made)
        _export(towers, products, work)
        parity = _parity(towers, work)
        console.print(f"ONNX Runtime computes what torch does: {max(parity.values()):.1g} at most")
        chosen = _choose(towers, products, work, folder)
    # Golden rows are those of the published file, whichever precision it has.
    texts = golden.of_texts(towers.text, runtime.Texts(folder / f"{TEXTS}.onnx", towers.text).ids)
    looks = golden.of_pictures(towers.picture, runtime.Pictures(folder / f"{PICTURES}.onnx", towers.picture).pixels)
    answers = _answers(folder, towers, products.validation)
    text = replace(towers.text, answers_above=answers["answers_above"])
    chosen[TEXTS] |= answers
    candidate.add(folder, text, texts, chosen[TEXTS] | {"parity": parity[TEXTS]})
    candidate.add(folder, towers.picture, looks, chosen[PICTURES] | {"parity": parity[PICTURES]})
    quality = _quality(products.test, folder)
    candidate.add_report(folder, {"clip": {**towers.report, "quality": quality}})
    if problem := _no_better_than_chance(quality, len(products.test)):
        for name in (TEXTS, PICTURES):
            candidate.remove(folder, name)
        raise Refused(problem)


def _export(towers: Encoders, products: Split, work: Path) -> None:
    export.text(towers.texts, work / f"{TEXTS}.fp32.onnx")
    export.picture(towers.pictures, work / f"{PICTURES}.fp32.onnx", towers.picture.height, towers.picture.width)
    quantise.text(work / f"{TEXTS}.fp32.onnx", work / f"{TEXTS}.int8.onnx")
    shown = [pictures.pixels(product.pictures[0], towers.picture) for product in products.train[: quantise.CALIBRATED]]
    quantise.picture(work / f"{PICTURES}.fp32.onnx", work / f"{PICTURES}.int8.onnx", shown)


def _parity(towers: Encoders, work: Path) -> dict[str, float]:
    """torch against ONNX Runtime, fp32, on the golden inputs."""
    texts = golden.of_texts(towers.text, lambda ids, mask: _torch(towers.texts, ids, mask))
    looks = golden.of_pictures(towers.picture, lambda pixels: _torch(towers.pictures, pixels))
    return {
        TEXTS: golden.check_texts(texts, runtime.Texts(work / f"{TEXTS}.fp32.onnx", towers.text), "ONNX Runtime"),
        PICTURES: golden.check_pictures(
            looks, runtime.Pictures(work / f"{PICTURES}.fp32.onnx", towers.picture), "ONNX Runtime"
        ),
    }


def _choose(towers: Encoders, products: Split, work: Path, folder: Path) -> dict[str, dict[str, Any]]:
    """Each tower in int8 beside the other in fp32, on validation products: they choose, the test does not."""
    asked = products.validation
    texts = {kind: runtime.Texts(work / f"{TEXTS}.{kind}.onnx", towers.text) for kind in ("fp32", "int8")}
    looks = {kind: runtime.Pictures(work / f"{PICTURES}.{kind}.onnx", towers.picture) for kind in ("fp32", "int8")}
    seen = {kind: look([product.pictures[0] for product in asked]) for kind, look in looks.items()}
    ids, mask = Tokens(towers.text)([asked[0].title])
    shown = np.stack([pictures.pixels(product.pictures[0], towers.picture) for product in asked[:SPEED_BATCH]])
    times = {
        TEXTS: speed.compare(
            {"eager": lambda: _torch(towers.texts, ids, mask)}
            | {kind: _call(encoder.ids, ids, mask) for kind, encoder in texts.items()},
            1,
        ),
        PICTURES: speed.compare(
            {"eager": lambda: _torch(towers.pictures, shown)}
            | {kind: _call(look.pixels, shown) for kind, look in looks.items()},
            len(shown),
        ),
    }
    recalls = {
        TEXTS: {kind: _recall(asked, encoder, seen["fp32"]) for kind, encoder in texts.items()},
        PICTURES: {kind: _recall(asked, texts["fp32"], found) for kind, found in seen.items()},
    }
    # Pictures' ranges are fixed when they are quantised, and depend on no batch.
    drift = {TEXTS: {kind: golden.drift_of_texts(encoder) for kind, encoder in texts.items()}, PICTURES: {}}
    made = {}
    for name in (TEXTS, PICTURES):
        both = {
            kind: Variant(work / f"{name}.{kind}.onnx", recalls[name][kind], times[name][kind], drift[name].get(kind))
            for kind in ("fp32", "int8")
        }
        kind = variants.choose(both["fp32"], both["int8"])
        made[name] = variants.install(both, kind, folder / f"{name}.onnx")
        made[name] |= {
            "quality_is": f"{QUALITY} of validation titles",
            "eager_milliseconds": times[name]["eager"],
            "speedup": round(times[name]["eager"] / times[name][kind], 2),
        }
    return made


def _recall(asked: Sequence[Product], encode: runtime.Texts, seen: runtime.Vectors) -> float:
    task = next(task for task in tasks.of_products(asked) if task.pictures_alone)
    places = {product.id: place for place, product in enumerate(asked)}
    found = measure.ask(task, places, lambda questions: encode(questions) @ seen.T)
    return found[QUALITY]["value"]


def _answers(folder: Path, towers: Encoders, asked: Sequence[Product]) -> dict[str, float]:
    """How near a product must be to be an answer, and how many titles find one that is."""
    encode = runtime.Texts(folder / f"{TEXTS}.onnx", towers.text)
    look = runtime.Pictures(folder / f"{PICTURES}.onnx", towers.picture)
    titles = encode([product.title for product in asked])
    seen = rankers.documents(look([product.pictures[0] for product in asked]), titles, candidate.DOCUMENT)
    above = answering.above(encode, seen, [called(product) for product in asked])
    return {
        "answers_above": above,
        "titles_answered": round(float(((titles @ seen.T).max(axis=1) >= above).mean()), 3),
    }


def _quality(test: Sequence[Product], folder: Path) -> Mapping[str, Any]:
    corpus = corpora.of_products(test)
    return measure.measure(
        tasks.of_products(test), corpus, rankers.rankers(corpus, folder, rankers.see(corpus, folder))
    )


def _no_better_than_chance(quality: Mapping[str, Any], documents: int) -> str:
    """Says so; an empty text where held-out titles find their pictures."""
    value = quality["text-to-image"]["rankers"][measure.PICTURES][GATE]["value"]
    chance = by_chance(documents)
    if value >= CHANCE * chance:
        return ""
    return (
        f"CLIP finds held-out products hardly more often than chance: {GATE} {value:.3f}, chance {chance:.3f}. "
        "More products with pictures and telling titles may help."
    )


def by_chance(documents: int) -> float:
    """The mean reciprocal rank, of ten, where a right answer stands at each place with the same probability."""
    return sum(1 / place for place in range(1, min(10, documents) + 1)) / documents


def _torch(module: torch.nn.Module, *inputs: np.ndarray[Any, Any]) -> runtime.Vectors:
    with torch.inference_mode():
        vectors: runtime.Vectors = module(*(torch.from_numpy(value.copy()) for value in inputs)).numpy()
    return vectors


def _call(function: Callable[..., Any], *inputs: Any) -> Callable[[], Any]:
    return lambda: function(*inputs)

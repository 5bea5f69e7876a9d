"""The whole way from a folder of products to encoders, on a drawn shop: train, kill, go on, export, compare."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from trainers.clip import __main__ as command
from trainers.clip import build, checkpoint, data
from trainers.clip.config import Config
from trainers.clip.split import split
from trainers.encoders import candidate, golden, variants
from trainers.evaluation.search import __main__ as evaluation

COLOURS = {"red": (200, 30, 30), "blue": (30, 30, 200), "green": (30, 160, 60), "black": (20, 20, 20)}
SHAPES = ("Ball", "Box", "Bar")
MAKERS = ("Acme", "Birk", "Cora", "Delta", "Elva", "Fjord", "Gala", "Hugo", "Iris", "Jona")
SMALL = ("--width", "48", "--height", "64", "--threads", "1", "--frozen-epochs", "8", "--tuned-epochs", "1")
FROZEN = Config(width=48, height=64, frozen_epochs=2, tuned_epochs=0, progress=False)
PIXELS = replace(
    FROZEN,
    width=24,
    height=32,
    frozen_epochs=0,
    tuned_epochs=2,
    tuned_from=0,
    erase_share=0.3,
    light=0.1,
    average_decay=0.9,
)


def draw(shape: str, colour: tuple[int, int, int], size: int) -> Image.Image:
    image = Image.new("RGB", (60, 80), (255, 255, 255))
    pen = ImageDraw.Draw(image)
    left, top = 30 - size, 40 - size
    if shape == "Ball":
        pen.ellipse((left, top, 30 + size, 40 + size), fill=colour)
    elif shape == "Box":
        pen.rectangle((left, top, 30 + size, 40 + size), fill=colour)
    else:
        pen.rectangle((left, 36, 30 + size, 44), fill=colour)
    return image


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    (folder / "images").mkdir()
    rows = []
    for number, maker in enumerate(MAKERS):
        for shape in SHAPES:
            for name, colour in COLOURS.items():
                file = f"images/{maker}-{shape}-{name}.png"
                draw(shape, colour, 14 + number).save(folder / file)
                rows.append(
                    {
                        "id": f"{maker}-{shape}-{name}", "title": f"{maker} {name} {shape}", "brand": maker,
                        "category": f"Toys > {shape}", "attributes": {"colour": name}, "images": [file],
                    }
                )  # fmt: skip
    (folder / "products.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


@pytest.fixture(scope="module")
def trained(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("trained") / "candidate"
    work = out.with_name("work")
    assert command.main(["train", "--products", str(shop), "--out", str(out), "--work", str(work), *SMALL]) == 0
    return out


def test_both_encoders_are_there_with_their_specification(trained: Path) -> None:
    spec = candidate.read(trained)
    assert set(spec["encoders"]) == {"clip_text", "clip_image"}
    assert spec["encoders"]["clip_image"] | {"width": 48, "height": 64} == spec["encoders"]["clip_image"]
    report = json.loads((trained / "report.json").read_text())
    assert report["clip"]["credits"][0]["license"] == "Apache-2.0"
    assert report["clip"]["quality"]["text-to-image"]["documents"] == 12
    assert report["products"] == 120


def test_they_compute_the_golden_rows(trained: Path) -> None:
    texts, looks = candidate.texts(trained, "clip_text"), candidate.pictures_of(trained, "clip_image")
    assert texts is not None
    assert looks is not None
    rows = candidate.read(trained)["golden"]
    # int8 takes its ranges from the whole batch, as far as it may be published.
    quantised = candidate.report(trained)["clip_text"]["published"] == "int8"
    most = variants.DRIFTS if quantised else golden.TOLERANCE
    golden.check_texts(rows["clip_text"], texts, "here", most)
    golden.check_pictures(rows["clip_image"], looks, "here", golden.TOLERANCE)
    rows["clip_text"][0]["vector"][0] += 0.1
    with pytest.raises(golden.ParityError, match="other vectors"):
        golden.check_texts(rows["clip_text"], texts, "here", most)
    rows["clip_image"][0]["pixels_sha256"] = "0" * 64
    with pytest.raises(golden.ParityError, match="other pixels"):
        golden.check_pictures(rows["clip_image"], looks, "here")


def test_held_out_pictures_are_near_their_titles(trained: Path, shop: Path) -> None:
    held_out = split(data.read([shop]), Config()).test
    texts, looks = candidate.texts(trained, "clip_text"), candidate.pictures_of(trained, "clip_image")
    assert texts is not None
    assert looks is not None
    scores = texts([product.title for product in held_out]) @ looks([product.pictures[0] for product in held_out]).T
    mine, others = np.diag(scores).mean(), scores[~np.eye(len(scores), dtype=bool)].mean()
    assert mine > others + 0.03


@pytest.mark.parametrize("config", [FROZEN, PIXELS], ids=["frozen", "pixels"])
def test_a_training_that_was_killed_goes_on_and_ends_where_it_would_have(
    config: Config, shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint, "WRITTEN_EVERY_S", 0.0)
    products = split(data.read([shop]), config)
    whole = _weights(products, config, tmp_path / "whole")

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build.train, "_stop", _after(1, killed, build.train._stop))
        with pytest.raises(KeyboardInterrupt):
            _weights(products, config, tmp_path / "part")
    went_on = _weights(products, config, tmp_path / "part")
    assert whole.keys() == went_on.keys()
    for name, value in whole.items():
        torch.testing.assert_close(went_on[name], value, msg=name)


def test_the_command_measures_a_corpus_with_its_ground_truth(trained: Path, shop: Path, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    shutil.copy(shop / "images" / "Acme-Ball-red.png", corpus / "1.png")
    shutil.copy(shop / "images" / "Acme-Bar-blue.png", corpus / "2.png")
    truth, out = tmp_path / "truth.json", tmp_path / "out.json"
    truth.write_text(json.dumps({"red Ball": {"1": 1}, "blue Bar": {"2": 1}}))
    options = ["--corpus", corpus, "--ground-truth", truth, "--encoders", trained, "--json", out, "--quiet"]
    assert evaluation.main([str(option) for option in options]) == 0
    found = json.loads(out.read_text())["tasks"]["truth (clip pictures)"]
    assert (found["questions"], found["documents"]) == (2, 2)
    assert found["rankers"]["clip pictures"]["recall@10"]["value"] == 1
    assert evaluation.main(["--corpus", str(tmp_path / "none"), "--ground-truth", str(truth)]) == 2


def test_products_without_pictures_are_said(tmp_path: Path) -> None:
    (tmp_path / "products.csv").write_text("id,title\n1,Shirt\n")
    assert command.main(["train", "--products", str(tmp_path), "--out", str(tmp_path / "out")]) == command.BAD_DATA


def _weights(products: object, config: Config, work: Path) -> dict[str, torch.Tensor]:
    from rich.console import Console

    made = build.learn(products, config, work, Console(quiet=True))  # type: ignore[arg-type]
    return {**made.texts.state_dict(), **made.pictures.state_dict()}


def _after(count: int, then: object, before: object) -> object:
    """Calls `before` some times, then `then`."""
    calls = iter(range(1000))

    def either(*arguments: object) -> object:
        return (before if next(calls) < count else then)(*arguments)  # type: ignore[operator]

    return either

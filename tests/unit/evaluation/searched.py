"""A small shop of products with pictures, and encoders whose answers one can foresee, as training leaves them."""

import json
from pathlib import Path
from typing import Any

import onnx
from PIL import Image

from tests.integration.search import encoders
from tests.integration.search.encoders import COLOURS
from trainers.clip import data
from trainers.clip.fingerprint import fingerprint

MAKERS = ("Acme", "Birk", "Cora", "Delta", "Elva", "Fjord", "Gala", "Hugo")
KINDS = {"Trainer": "Running Shoes", "Oxford": "Shirts"}
"""What titles say, and the category."""
CONFIG = {"seed": 7, "test_titles": 2000, "largest_share": 0.25}


def shop(folder: Path) -> Path:
    """64 products of 64 titles, which say neither the colour nor the category."""
    (folder / "images").mkdir(parents=True)
    rows = []
    for maker in MAKERS:
        for kind, category in KINDS.items():
            for colour, value in COLOURS.items():
                item = f"{maker}-{kind}-{colour}"
                Image.new("RGB", (30, 40), value).save(folder / "images" / f"{item}.png")
                rows.append(
                    {
                        "id": item, "title": f"{maker} {kind} {len(rows)}", "category": f"Apparel > {category}",
                        "attributes": {"colour": colour}, "images": [f"images/{item}.png"],
                    }
                )  # fmt: skip
    write(folder, rows)
    return folder


def write(folder: Path, rows: list[dict[str, Any]]) -> None:
    """Writes the products."""
    (folder / "products.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def read(folder: Path) -> list[dict[str, Any]]:
    """The products as they were written."""
    return [json.loads(line) for line in (folder / "products.jsonl").read_text().splitlines()]


def candidate(folder: Path, trained_on: Path, *names: str) -> Path:
    """Encoders that were trained on a shop's products; all four, or those of these names."""
    folder.mkdir(parents=True)
    spec = encoders.spec()
    chosen = {name: entry for name, entry in spec["encoders"].items() if not names or name in names}
    for name, entry in chosen.items():
        del entry["version"]
        onnx.save(
            encoders.text_model() if entry["kind"] == "text" else encoders.picture_model(), folder / f"{name}.onnx"
        )
    (folder / "encoder_spec.json").write_text(json.dumps(spec | {"encoders": chosen, "golden": {}, "tolerance": {}}))
    report = {
        "clip": {"config": CONFIG, "training": {}},
        "data_fingerprint": fingerprint(data.read([trained_on])),
    }
    (folder / "report.json").write_text(json.dumps(report))
    return folder

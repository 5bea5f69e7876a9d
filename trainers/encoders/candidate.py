"""A candidate: a folder with encoders as ONNX files, the encoder specification, golden rows and a report.

encoder_spec.json   how texts and pictures go in, and golden rows; versions come when it is published
report.json         what was measured
<model>.onnx        one file an encoder
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trainers.encoders import runtime
from trainers.encoders.golden import INT8_TOLERANCE, TOLERANCE
from trainers.encoders.spec import PictureSpec, Spec, TextSpec, of_json

SPEC, REPORT = "encoder_spec.json", "report.json"
DOCUMENT = {"picture_weight": 0.9, "text_weight": 0.1}
"""Of the vectors that make a product's: those of the KAGL protocol."""


def add(folder: Path, spec: Spec, golden: list[dict[str, Any]], measured: Mapping[str, Any]) -> None:
    """Adds an encoder whose file lies in the folder already, or replaces what was there of it."""
    found = read(folder)
    found["encoders"][spec.model] = spec.to_json()
    found["golden"][spec.model] = golden
    found["tolerance"][spec.model] = INT8_TOLERANCE if measured["published"] == "int8" else TOLERANCE
    _write(folder / SPEC, found)
    add_report(folder, {spec.model: measured})


def remove(folder: Path, name: str) -> None:
    """Takes an encoder out with what was measured of it, if it is there."""
    found, measured = read(folder), report(folder)
    if found["encoders"].pop(name, None):
        del found["golden"][name], found["tolerance"][name]
        _write(folder / SPEC, found)
    if measured.pop(name, None):
        _write(folder / REPORT, measured)
    (folder / f"{name}.onnx").unlink(missing_ok=True)


def clear(folder: Path) -> None:
    """Takes all encoders out, and the report: what is made from here on is another candidate."""
    for name in read(folder)["encoders"]:
        remove(folder, name)
    (folder / REPORT).unlink(missing_ok=True)


def add_report(folder: Path, parts: Mapping[str, Any]) -> None:
    """Merges parts into the report."""
    _write(folder / REPORT, {**report(folder), **parts})


def report(folder: Path) -> dict[str, Any]:
    """What was measured; nothing if there is no report yet."""
    file = folder / REPORT
    found: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    return found


def read(folder: Path) -> dict[str, Any]:
    """The encoder specification; an empty one if there is none yet."""
    file = folder / SPEC
    if not file.exists():
        return {"encoders": {}, "document": DOCUMENT, "golden": {}, "tolerance": {}}
    found: dict[str, Any] = json.loads(file.read_text())
    return found


def specs(folder: Path) -> dict[str, Spec]:
    """The encoders by name."""
    return {name: of_json(entry) for name, entry in read(folder)["encoders"].items()}


def texts(folder: Path, name: str) -> runtime.Texts | None:
    """The text encoder of that name, if the candidate has it."""
    spec = specs(folder).get(name)
    return runtime.Texts(folder / f"{name}.onnx", spec) if isinstance(spec, TextSpec) else None


def pictures_of(folder: Path, name: str) -> runtime.Pictures | None:
    """The picture encoder of that name, if the candidate has it."""
    spec = specs(folder).get(name)
    return runtime.Pictures(folder / f"{name}.onnx", spec) if isinstance(spec, PictureSpec) else None


def _write(file: Path, content: Mapping[str, Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(".new")
    draft.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    draft.replace(file)

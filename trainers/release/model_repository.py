"""Lays towers into the folder that the inference server reads: <model>/<version>/model.onnx beside config.pbtxt.

The server serves what lies there (version policy `all`), so that what nobody is answered with any more is removed: all
but the releases that answer, which are two while there is a canary, and the new one.
"""

import json
import shutil
from collections.abc import Collection, Sequence
from pathlib import Path

from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2

from trainers.release.errors import ReleaseError
from trainers.two_tower.files import ENCODED_ITEM_TOWER, SPEC

MODELS = ("user_tower", "item_tower")
RANKER = "ranker"
"""Of releases that have one."""
ALL = (*MODELS, ENCODED_ITEM_TOWER, RANKER)
FILES = {ENCODED_ITEM_TOWER: "item_tower"}
"""What a model's file is called in a release, if otherwise than the model."""


def models_of(release: Path) -> tuple[str, ...]:
    """Those that a release has, as they are called on the inference server."""
    encoded = "encoders" in json.loads((release / SPEC).read_text())
    towers = ("user_tower", ENCODED_ITEM_TOWER if encoded else "item_tower")
    return (*towers, RANKER) if (release / f"{RANKER}.onnx").exists() else towers


def install(
    release: Path, number: int, repository: Path, templates: Path, profile: str, models: Sequence[str] = MODELS
) -> None:
    """Copies a release's models into the repository. A server that looks in between sees a version whole or not.

    Raises:
        ReleaseError: the checked-in configuration is missing.
    """
    for model in models:
        folder = repository / model
        folder.mkdir(parents=True, exist_ok=True)
        _configure(templates, model, profile, folder / "config.pbtxt")
        version, draft = folder / str(number), folder / f".new-{number}"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir()
        shutil.copyfile(release / f"{FILES.get(model, model)}.onnx", draft / "model.onnx")
        if version.exists():
            shutil.rmtree(version)
        draft.rename(version)


def served(templates: Path) -> tuple[int, int]:
    """How many events of a history and how long vectors the checked-in configurations serve.

    Raises:
        ReleaseError: the configuration is missing.
    """
    file = templates / "user_tower" / "config.pbtxt"
    try:
        found = text_format.Parse(file.read_text(), model_config_pb2.ModelConfig())
    except OSError as error:
        raise ReleaseError(f"The configuration of user_tower cannot be read: {error}.") from error
    length, dimension = next(each.dims for each in found.input if each.name == "history_vectors")
    return int(length), int(dimension)


def keep(repository: Path, versions: Collection[int], models: Sequence[str] = ALL) -> None:
    """Removes all other versions."""
    for model in models:
        for number in numbers(repository / model) - set(versions):
            shutil.rmtree(repository / model / str(number))


def present(repository: Path, models: Sequence[str] = ALL) -> set[int]:
    """Versions of which at least one model is there."""
    return set().union(*(numbers(repository / model) for model in models))


def numbers(folder: Path) -> set[int]:
    """Subfolders that are numbers."""
    if not folder.is_dir():
        return set()
    return {int(path.name) for path in folder.iterdir() if path.is_dir() and path.name.isdecimal()}


def _configure(templates: Path, model: str, profile: str, target: Path) -> None:
    try:
        parts = [
            (templates / model / "config.pbtxt").read_text(),
            (templates / "profiles" / f"{profile}.pbtxt").read_text(),
        ]
    except OSError as error:
        raise ReleaseError(f"The configuration of {model} cannot be read: {error}.") from error
    text = "".join(parts)
    if not target.exists() or target.read_text() != text:
        draft = target.with_suffix(".new")
        draft.write_text(text)
        draft.replace(target)

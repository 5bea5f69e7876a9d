"""Holds what a release is to learn from to the shop's feature views."""

import os
import subprocess
import sys
from pathlib import Path

from rich.console import Console

from trainers.datasets import Shop
from trainers.features import training
from trainers.features.errors import FeatureError
from trainers.features.training import Held
from trainers.features.views import Views
from trainers.release.errors import ReleaseError
from trainers.release.places import ROOT, Places

COMMAND = ("local", "features", "build")
"""Writes what was known at every moment until now, where the shop runs on this machine."""


def held(shop: Shop, where: Places, length: int, console: Console) -> tuple[Shop, Held]:
    """What of the shop may be learned from, and what was checked.

    Args:
        shop: as it was extracted.
        where: its parts.
        length: events of a history.
        console: is told.

    Raises:
        LeakError: a view tells of what happened after its rows, or histories are not those of the log.
        ReleaseError: the views cannot be written or read.
    """
    try:
        views = Views(_written(where, console))
        kept, checked = training.hold(shop, where.offline / "events.parquet", length, views)
    except FeatureError as error:
        raise ReleaseError(str(error)) from error
    console.print(f"features: {checked}", soft_wrap=True)
    return kept, checked


def _written(where: Places, console: Console) -> Path:
    """The folder of the views, whose files hold all that was extracted: the shop writes them once an hour."""
    if where.features is None:
        raise ReleaseError(
            "A training is held to the feature views of the shop that the gateway leads to, which is not the one on "
            "this machine. Name their folder, or a copy of it, with --features-dir."
        )
    if where.shop is None:
        if not (where.features / "feature_store.yaml").exists():
            raise ReleaseError(
                f"A training is held to the shop's feature views, and {where.features} has no feature_store.yaml. "
                "Away from the shop's machine, name their folder, or a copy of it, with --features-dir."
            )
        console.print(f"features: as the shop wrote them last to {where.features}", soft_wrap=True)
        return where.features
    if code := _run(where.shop):
        raise ReleaseError(f"The features were not written (exit code {code}): python -m {' '.join(COMMAND)} says why.")
    return where.features


def _run(shop: Path) -> int:
    command = (sys.executable, "-m", *COMMAND)
    return subprocess.run(command, cwd=ROOT, env=os.environ | {"AISLE_DATA": str(shop)}, check=False).returncode  # noqa: S603

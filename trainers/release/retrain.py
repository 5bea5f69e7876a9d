"""Goes on learning: a new release from what shoppers did since the one that answers."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from trainers.datasets import Encoder, Events, Shop
from trainers.ranker.exported import ExportedRelease
from trainers.release import extract
from trainers.release.publish import MANIFEST
from trainers.two_tower import no_worse, spec
from trainers.two_tower.build import Incumbent
from trainers.two_tower.exported import Exported
from trainers.two_tower.files import REPORT, SPEC


@dataclass(frozen=True)
class News:
    """What happened since a release learned."""

    release: int
    until: float
    """Time of the newest event that it learned from, in seconds since 1970."""
    choices: int
    """How many products were chosen since, each shopper's first choice of a product."""
    middle: float
    """Half of them were made before: the new towers learn from these, and both are asked about the others."""


def news(events: Events, number: int, folder: Path) -> News:
    """What the shop's events hold beyond those of the release in the folder."""
    until = extract.load(folder).newest_event
    if until is None:  # made by an earlier version of this program
        until = _created(folder)
    times = np.sort(events.time[events.chosen & events.first & (events.time > until)])
    middle = float(times[len(times) // 2]) if len(times) else until
    return News(number, until, len(times), middle)


def encoders(folder: Path) -> tuple[Encoder, ...]:
    """Those whose vectors the towers of the release in the folder take."""
    return spec.parse((folder / SPEC).read_text()).encoders


def incumbent(shop: Shop, found: News, folder: Path) -> Incumbent:
    """The release in the folder, as what the new towers are measured beside."""
    name = f"release {found.release}"
    report = json.loads((folder / REPORT).read_text())
    return Incumbent(
        Exported(folder, name, shop),
        found.middle,
        ExportedRelease(folder, name, shop),
        no_worse.carried(report.get("gates", {})),
        no_worse.carried(report.get("ranker", {})),
    )


def _created(folder: Path) -> float:
    return datetime.fromisoformat(json.loads((folder / MANIFEST).read_text())["created"]).timestamp()

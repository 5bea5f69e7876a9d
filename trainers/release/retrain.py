"""Goes on learning: a new release from what shoppers did since the one that answers."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from trainers.datasets import Encoder, Events, Shop
from trainers.ranker.exported import ExportedRelease
from trainers.release import extract, registry
from trainers.release.errors import Overtaken
from trainers.release.publish import MANIFEST
from trainers.release.services import Services
from trainers.two_tower import no_worse, spec
from trainers.two_tower.build import REPORT, SPEC, Incumbent
from trainers.two_tower.exported import Exported

LEAST_CHOICES = 200
"""New choices that a training is worth: fewer change nothing that could be measured."""


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


def begin(services: Services) -> int | None:
    """The number of the release that is promoted, beside which the new one will be measured; None before the first.

    Raises:
        Overtaken: a canary answers.
    """
    refuse_beside_canary(services)
    return registry.promoted(registry.releases(services))


def refuse_changed(services: Services, before: int | None) -> None:
    """What somebody promoted, took back or tries since the training began is not undone by a program.

    Args:
        services: of the shop.
        before: the release that was promoted then.

    Raises:
        Overtaken: another one is now, or a canary answers.
    """
    refuse_beside_canary(services)
    now = registry.promoted(registry.releases(services))
    if now != before:
        compared = "with none" if before is None else f"with release {before}"
        raise Overtaken(
            f"Release {now} is promoted now; what was trained was compared {compared}, and does not answer. Retrain."
        )


def refuse_beside_canary(services: Services) -> None:
    """What somebody tries on a share of the shoppers is not ended by a program.

    Raises:
        Overtaken: a canary answers.
    """
    tried = registry.canary(registry.releases(services))
    if tried is not None:
        raise Overtaken(
            f"Release {tried} answers a share of the shoppers, and a new release would end that. First promote it, or"
            f" end it: python -m trainers.release canary --release {tried} --percent 0"
        )


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
    from datetime import datetime

    return datetime.fromisoformat(json.loads((folder / MANIFEST).read_text())["created"]).timestamp()

"""Publishes what was built: folder, model repository, index, registry. All of it, or nothing."""

import json
import shutil
import subprocess
from collections.abc import Collection
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aisle.recs.v1.release_service_pb2 import Release
from rich.console import Console

from trainers.ranker import golden as ranker_golden
from trainers.ranker.build import GOLDEN as RANKER_GOLDEN
from trainers.ranker.golden import Golden as RankerGolden
from trainers.release import cleared, extract, inference, model_repository, registry
from trainers.release.errors import ReleaseError
from trainers.release.index import Index
from trainers.release.model_repository import RANKER
from trainers.release.places import ROOT, Places
from trainers.release.registering import register, settle
from trainers.release.services import Services
from trainers.two_tower import golden
from trainers.two_tower.files import GOLDEN, HELD, REPORT, SPEC, VECTORS

MANIFEST = "manifest.json"
METRIC = "IP"


def publish(services: Services, places: Places, console: Console) -> int:
    """Gives the candidate a number, lays it out and registers it; returns the number.

    Raises:
        ReleaseError: a part does not take it. What was laid out already is removed again, unless recs may have it.
        ParityError: the inference server computes something else than torch.
    """
    if not (places.candidate / GOLDEN).exists():
        raise ReleaseError(f"There is no candidate in {places.candidate}. Train one: python -m trainers.release train")
    if not json.loads((places.candidate / REPORT).read_text()).get(HELD):
        raise ReleaseError(
            f"The report of {places.candidate} does not say that what it learned from was held to the feature views. "
            "Train it again: python -m trainers.release train"
        )
    known = registry.releases(services)
    answering = registry.answering(known)
    taken = {registry.number(release) for release in known}
    taken |= model_repository.numbers(places.releases) | model_repository.present(places.models)
    number = max(taken, default=0) + 1
    with ExitStack() as undo:
        folder = _folder(places, number, undo)
        manifest = _manifest(places, number)
        _install(places, number, answering, folder, undo)
        differences = inference.check(places.inference, number, golden.load(folder / GOLDEN), _ranker_rows(folder))
        manifest["gates"]["parity"]["torch_to_server"] = differences
        models = "towers and ranker" if manifest["ranker_version"] else "towers"
        console.print(f"{models} of release {number} on the inference server: {_largest(differences)} from torch")

        cleared.forget(places)
        index = Index(places.milvus, places.milvus_token)
        undo.callback(index.drop_quietly, manifest["collection"])
        count = index.fill(manifest["collection"], folder / VECTORS, folder / "products.parquet")
        console.print(f"{count:,} item vectors in the collection {manifest['collection']}")

        _write_json(folder / MANIFEST, manifest)
        release = registry.described(manifest, (folder / SPEC).read_text(), (folder / REPORT).read_text())
        register(
            lambda: registry.create(services, release, number),
            lambda: registry.is_known(services, release, number),
            undo,
            f"release {number}",
            console,
        )
    return number


def promote(services: Services, places: Places, number: int | None, console: Console) -> int:
    """Makes a release answer, the newest if none is named; lays its towers out again if they are gone.

    Ends a canary.

    Raises:
        ReleaseError: there is no such release, or it is not fit to answer. The one before goes on.
    """
    known = registry.releases(services)
    if number is None and not known:
        raise ReleaseError("There is no release yet.")
    wanted = number if number is not None else max(map(registry.number, known))
    _lay_out(places, wanted, known)
    registry.promote(services, wanted)
    ended = registry.canary(known)
    if ended not in (None, wanted):
        console.print(f"release {ended}, which answered a share of the shoppers, does not any more")
    console.print(f"[green]release {wanted} answers[/]")
    return wanted


def canary(services: Services, places: Places, number: int, percent: int, console: Console) -> None:
    """Lets a release answer a share of the shoppers, in percent, beside the promoted one; 0 ends that.

    Raises:
        ReleaseError: there is no such release, it is the promoted one, or it is not fit to answer.
    """
    if percent:
        _lay_out(places, number, registry.releases(services))
    registry.split(services, number, percent)
    share = f"answers {percent} % of the shoppers" if percent else "answers no share of the shoppers any more"
    console.print(f"[green]release {number} {share}[/]")


def roll_back(services: Services, places: Places, console: Console) -> int:
    """Takes the promoted release back; returns the one before it, which answers again.

    Raises:
        ReleaseError: nothing is promoted, or nothing fit to answer was before.
    """
    known = registry.releases(services)
    promoted, before = registry.promoted(known), registry.before(known)
    if promoted is None:
        raise ReleaseError("No release is promoted.")
    if before is not None:
        _lay_out(places, before, known)
    answering = settle(
        lambda: registry.roll_back(services, promoted),
        lambda: before if registry.promoted(registry.releases(services)) == before else None,
        console,
    )
    console.print(f"[green]release {promoted} is taken back, release {answering} answers[/]")
    return answering


def _folder(places: Places, number: int, undo: ExitStack) -> Path:
    folder = places.releases / str(number)
    draft = places.releases / f".new-{number}"
    shutil.rmtree(draft, ignore_errors=True)
    shutil.copytree(places.candidate, draft)
    draft.rename(folder)
    undo.callback(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _lay_out(places: Places, wanted: int, known: Collection[Release]) -> None:
    """Puts the towers of a release that is to answer back where they are gone."""
    numbers = set(map(registry.number, known))
    if wanted > max(numbers, default=0):
        raise ReleaseError(f"There is no release {wanted}.")
    if wanted in numbers & model_repository.present(places.models):
        return
    folder = places.releases / str(wanted)
    if wanted not in numbers or not folder.is_dir():
        raise ReleaseError(
            f"Release {wanted} cannot answer any more: it was dropped, as old ones are, and {folder} does not exist. "
            "Name a newer one (promote --release N), or make one: python -m trainers.release all"
        )
    refuse_other(folder, next(release for release in known if registry.number(release) == wanted))
    with ExitStack() as undo:
        _install(places, wanted, registry.answering(known), folder, undo)
        undo.pop_all()


def refuse_other(folder: Path, release: Release) -> None:
    """Lets no towers of another release of that number answer over its vectors, or stand for it: numbers come again
    elsewhere.

    Raises:
        ReleaseError: the folder is of another one.
    """
    file = folder / MANIFEST
    if file.exists() and json.loads(file.read_text())["data_fingerprint"] != release.data_fingerprint:
        raise ReleaseError(
            f"{folder} is of another release {registry.number(release)} than the one that recs knows: it learned from "
            "other data. Name the folder of that one (--releases-dir), or a newer release (promote --release N)."
        )


def _install(places: Places, number: int, kept: Collection[int], folder: Path, undo: ExitStack) -> None:
    """Lays models out beside those of the releases to keep, and loads them."""
    models = model_repository.models_of(folder)

    def remove() -> None:
        model_repository.keep(places.models, kept)
        inference.reload_quietly(places.inference, models)

    undo.callback(remove)
    model_repository.install(folder, number, places.models, places.templates, places.profile, models)
    model_repository.keep(places.models, {number, *kept})
    inference.load(places.inference, models)


def _ranker_rows(folder: Path) -> RankerGolden | None:
    return ranker_golden.load(folder / RANKER_GOLDEN) if RANKER in model_repository.models_of(folder) else None


def _manifest(places: Places, number: int) -> dict[str, Any]:
    report = json.loads((places.candidate / REPORT).read_text())
    spec = json.loads((places.candidate / SPEC).read_text())
    return {
        "release": number,
        "collection": registry.collection(number),
        "dimension": spec["dimension"],
        "metric": METRIC,
        "user_tower_version": str(number),
        "item_tower_version": str(number),
        "ranker_version": str(number) if RANKER in model_repository.models_of(places.candidate) else "",
        "catalog_cursor": extract.load(places.candidate).catalog_cursor,
        "data_fingerprint": report["data_fingerprint"],
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "revision": _revision(),
        "gates": report["gates"],
    }


def _revision() -> str | None:
    """The commit of this code, where it is known."""
    try:
        done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S607
    except OSError:
        return None
    return done.stdout.strip() or None


def _write_json(file: Path, content: dict[str, Any]) -> None:
    file.write_text(json.dumps(content, indent=2) + "\n")


def _largest(differences: dict[str, float]) -> str:
    return f"at most {max(differences.values()):.1g}"

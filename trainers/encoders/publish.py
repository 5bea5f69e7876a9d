"""Publishes a candidate: folder, model repository, golden rows, registration with search. All of it, or nothing."""

import json
import shutil
from collections.abc import Collection, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from aisle.search.v1 import search_release_service_pb2 as pb
from rich.console import Console

from trainers.encoders import candidate, repository, server
from trainers.encoders.places import Places
from trainers.encoders.repository import MODELS
from trainers.encoders.shop import Shop
from trainers.encoders.spec import of_json
from trainers.release import inference, model_repository, registry
from trainers.release.errors import ReleaseError
from trainers.release.registering import register
from trainers.release.services import TIMEOUT_S

WHAT = "encoders"
MOST_BYTES = 4 * 1024 * 1024
"""Of a specification, as the contract says."""


def publish(shop: Shop, places: Places, folder: Path, console: Console) -> int:
    """Gives the candidate in the folder a number, lays it out and registers it; returns the number.

    Raises:
        ReleaseError: a part does not take it. What was laid out already is removed again, unless search may have it.
        ParityError: the inference server computes something else than what was measured.
    """
    found = candidate.read(folder)
    if not found["encoders"]:
        raise ReleaseError(f"There is no encoder in {folder}. Train some: python -m trainers.clip train")
    known = releases(shop)
    needed = _needed(shop, places, known, console)
    models = places.running.models
    taken = {number(release) for release in known}
    taken |= model_repository.numbers(places.releases) | model_repository.present(models, MODELS)
    new = max(taken, default=0) + 1
    with ExitStack() as undo:
        kept = _folder(places, folder, new, undo)
        _install(places, found["encoders"], new, needed, kept, undo)
        differences = server.check(places.running.inference, found, new)
        for model, difference in differences.items():
            console.print(f"{model} {new} on the inference server: {difference:.1g} at most from what was measured")
        candidate.add_report(kept, {"server_parity": differences})
        release = _described(new, found, json.loads((kept / candidate.REPORT).read_text()))
        register(
            lambda: _create(shop, release, new),
            lambda: _is_known(shop, release, new),
            undo,
            f"search release {new}",
            console,
        )
    return new


def promote(shop: Shop, places: Places, wanted: int | None, console: Console) -> int:
    """Makes a release answer, the newest if none is named; lays its encoders out again if they are gone.

    Raises:
        ReleaseError: there is no such release, or it is not fit to answer. The one before goes on.
    """
    known = releases(shop)
    chosen = wanted if wanted is not None else max(map(number, known), default=None)
    if chosen is None or chosen not in map(number, known):
        raise ReleaseError(f"There is no search release {chosen if chosen is not None else 'yet'}.")
    folder = places.releases / str(chosen)
    entries = candidate.read(folder)["encoders"]
    laid = [model for model in entries if chosen in model_repository.numbers(places.running.models / model)]
    if not entries or len(laid) < len(entries):
        if not entries:
            raise ReleaseError(f"The encoders of search release {chosen} are gone: {folder} does not have them.")
        with ExitStack() as undo:
            _install(places, entries, chosen, _needed(shop, places, known, console), folder, undo)
            undo.pop_all()
    request = pb.PromoteSearchReleaseRequest(name=f"searchReleases/{chosen}")
    with shop.calling(f"Promoting search release {chosen}", "search"):
        shop.search_releases.PromoteSearchRelease(request, timeout=TIMEOUT_S, metadata=shop.metadata())
    console.print(f"[green]search release {chosen} is promoted; search embeds the catalogue with it[/]")
    return chosen


def releases(shop: Shop) -> list[pb.SearchRelease]:
    """All of them, newest first.

    Raises:
        ReleaseError: search does not answer.
    """
    found: list[pb.SearchRelease] = []
    token = ""
    while True:
        # Each holds its tokenizers: a page of many would not fit into a message.
        request = pb.ListSearchReleasesRequest(page_size=8, page_token=token)
        with shop.calling("Listing search releases", "search"):
            page = shop.search_releases.ListSearchReleases(request, timeout=TIMEOUT_S, metadata=shop.metadata())
        found += page.search_releases
        token = page.next_page_token
        if not token:
            return found


def number(release: pb.SearchRelease) -> int:
    """`searchReleases/7` -> 7."""
    return int(release.name.removeprefix("searchReleases/"))


def promoted(shop: Shop) -> set[str]:
    """Names of the encoders of the release that is promoted; none where there is no such release.

    Raises:
        ReleaseError: search does not answer.
    """
    of = [release for release in releases(shop) if release.state == pb.SearchRelease.STATE_PROMOTED]
    return {name for release in of for name in json.loads(release.encoder_spec)["encoders"]}


def answering(found: Collection[pb.SearchRelease]) -> set[int]:
    """Those that queries or products are embedded with now: the promoted one, and what answers until it is ready.

    Of those promoted before, the newest that was ready since its promotion answered then; one between that and now may
    answer if it was ready once, since only the first time is known.
    """
    once = [release for release in found if release.HasField("promote_time")]
    needed = set[int]()
    for release in sorted(once, key=lambda release: release.promote_time.ToNanoseconds(), reverse=True):
        ready = release.HasField("ready_time")
        if ready or release.state == pb.SearchRelease.STATE_PROMOTED:
            needed.add(number(release))
        if ready and release.ready_time.ToNanoseconds() >= release.promote_time.ToNanoseconds():
            return needed
    return needed


def taken_by_towers(shop: Shop) -> set[int]:
    """Those whose vectors the towers take that answer now: new products are encoded with them.

    Raises:
        ReleaseError: recs does not answer.
    """
    found = registry.releases(shop)
    specs = [json.loads(each.feature_spec) for each in found if registry.number(each) in registry.answering(found)]
    return {int(encoder["version"]) for spec in specs for encoder in spec.get("encoders", ())}


def _needed(shop: Shop, places: Places, known: Collection[pb.SearchRelease], console: Console) -> set[int]:
    """Numbers of encoders that stay on the inference server; all that are there while recs does not answer."""
    try:
        return answering(known) | taken_by_towers(shop)
    except ReleaseError as error:
        console.print(f"{error} Until then no encoder is taken off the inference server.", style="yellow")
        return model_repository.present(places.running.models, MODELS)


def _folder(places: Places, source: Path, new: int, undo: ExitStack) -> Path:
    folder, draft = places.releases / str(new), places.releases / f".new-{new}"
    shutil.rmtree(draft, ignore_errors=True)
    shutil.copytree(source, draft)
    draft.rename(folder)
    undo.callback(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _install(
    places: Places, entries: Mapping[str, Any], new: int, kept: Collection[int], folder: Path, undo: ExitStack
) -> None:
    shop = places.running
    models = list(entries)

    def remove() -> None:
        model_repository.keep(shop.models, kept, models)
        inference.reload_quietly(shop.inference, models)

    undo.callback(remove)
    model_repository.install(folder, new, shop.models, shop.templates, shop.profile, models)
    for entry in entries.values():
        repository.sizes(shop.models, of_json(entry))
    model_repository.keep(shop.models, {new, *kept}, models)
    inference.load(shop.inference, models, WHAT)


def _described(new: int, found: Mapping[str, Any], report: Mapping[str, Any]) -> pb.SearchRelease:
    """A release as search is told of it."""
    entries = {name: entry | {"version": str(new)} for name, entry in found["encoders"].items()}
    spec = json.dumps({**found, "encoders": entries}, separators=(",", ":"))
    if len(spec) > MOST_BYTES:
        raise ReleaseError(f"The encoder specification has {len(spec):,} bytes; search takes {MOST_BYTES:,}.")
    return pb.SearchRelease(
        encoder_spec=spec, report=json.dumps(report), data_fingerprint=report.get("data_fingerprint", "")
    )


def _create(shop: Shop, release: pb.SearchRelease, new: int) -> None:
    request = pb.CreateSearchReleaseRequest(search_release=release, search_release_id=str(new))
    with shop.calling("Registering the search release", "search"):
        shop.search_releases.CreateSearchRelease(request, timeout=TIMEOUT_S, metadata=shop.metadata())


def _is_known(shop: Shop, release: pb.SearchRelease, new: int) -> bool:
    """Whether search has this very release under the number, and not another one."""
    return any(
        number(found) == new and (found.encoder_spec, found.report) == (release.encoder_spec, release.report)
        for found in releases(shop)
    )

"""Drops what nobody goes back to: item vectors, towers and files of old releases.

A shop that retrains every day would fill the vector server and the disk without it. recs forgets them last: until then
the next prune finds what a kill left of them. Of what recs was told to forget otherwise it finds the number alone.
"""

import shutil
import time
from collections.abc import Collection

from aisle.recs.v1.release_service_pb2 import Release
from rich.console import Console

from trainers.release import cleared, model_repository, registry
from trainers.release.places import Places
from trainers.release.services import Services

PUBLISHING_S = 3_600.0
"""What is being published ends within this: loading models and filling a collection take minutes. Two that publish from
two folders of releases (--releases-dir) do not wait for each other, and only recs knows of both."""
NEWEST = 6
"""Kept beside those that answer and the way back: recs goes on with pages of the five releases before."""
DROPPED = ".dropped-"
"""Before the number of a folder whose files are about to go."""


def prune(services: Services, places: Places, newest: int, console: Console) -> list[int]:
    """Drops old releases, of which none answers, is the way back or is among the newest; returns their numbers.

    The folder goes out of the way first, so that nobody lays towers out of it while its vectors go. What a kill leaves
    behind is dropped the next time.

    Args:
        services: of the shop.
        places: of its parts.
        newest: how many of the newest releases are kept in any case.
        console: for people.

    Raises:
        ReleaseError: a part does not answer, or does not drop what it is told to.
    """
    known = registry.releases(services)
    if registry.promoted(known) is None:
        console.print("nothing is dropped while no release is promoted")
        return []
    kept = keep(known, newest)
    old = {registry.number(release): release.collection for release in known if registry.number(release) not in kept}
    needed = {release.collection for release in known if registry.number(release) in kept}
    lost = {number: registry.collection(number) for number in _unknown(known)}
    left = (model_repository.numbers(places.releases) | model_repository.present(places.models)) & set(lost)
    gone = lost | old
    for number in gone:
        _put_aside(places, number)
    _unload(places, gone)
    names = {*gone.values()} - needed - {""}
    dropped: set[str] = set()
    if names & {*old.values(), *map(registry.collection, left)} or names - cleared.known(places):
        dropped = _drop(places, names)
        cleared.remember(places, names)
    left |= {number for number, name in lost.items() if name in dropped}
    for folder in places.releases.glob(f"{DROPPED}*"):
        shutil.rmtree(folder)
    for number in old:
        registry.delete(services, number)
    if left:
        console.print(f"dropped, as recs knows nothing of them: what was left of {_said(left)}", soft_wrap=True)
    console.print(
        f"dropped, as nobody goes back to them: the releases {_said(old)}"
        if old
        else f"nothing to drop: what there is answers, is the way back, or is among the newest {newest}",
        soft_wrap=True,
    )
    return sorted(old)


def keep(known: Collection[Release], newest: int) -> set[int]:
    """The releases that answer, the one that answers again after a rollback, and the newest."""
    numbers = sorted(map(registry.number, known), reverse=True)
    before = registry.before(known)
    return {*numbers[:newest], *registry.answering(known), *([before] if before is not None else [])}


def _unknown(known: Collection[Release]) -> set[int]:
    """Numbers that recs was told to forget.

    What is being published took a number above all that were registered then: where a higher one was registered long
    ago, that has ended.
    """
    numbers = set(map(registry.number, known))
    long_ago = time.time() - PUBLISHING_S
    below = max((registry.number(found) for found in known if found.create_time.seconds < long_ago), default=0)
    return set(range(1, below)) - numbers


def _said(numbers: Collection[int]) -> str:
    return ", ".join(map(str, sorted(numbers)))


def _put_aside(places: Places, number: int) -> None:
    folder, aside = places.releases / str(number), places.releases / f"{DROPPED}{number}"
    if folder.is_dir():
        shutil.rmtree(aside, ignore_errors=True)
        folder.rename(aside)


def _drop(places: Places, collections: Collection[str]) -> set[str]:
    """Drops those of the collections that there are; returns them."""
    # pymilvus takes seconds to import: who has nothing to ask for does without.
    from trainers.release.index import Index

    return set(Index(places.milvus, places.milvus_token).drop(collections))


def _unload(places: Places, old: Collection[int]) -> None:
    """Takes their models from the inference server, where publishing has left some."""
    for model in model_repository.ALL:
        there = model_repository.numbers(places.models / model)
        if there & set(old):
            from trainers.release import inference

            model_repository.keep(places.models, there - set(old), [model])
            inference.reload_quietly(places.inference, [model])

"""Drops what nobody goes back to: item vectors, towers and files of old releases.

A shop that retrains every day would fill the vector server and the disk without it. recs goes on knowing that there
were such releases; none of them can answer again.
"""

import shutil
from collections.abc import Collection

from aisle.recs.v1.release_service_pb2 import Release
from rich.console import Console

from trainers.release import inference, model_repository, registry
from trainers.release.index import Index
from trainers.release.places import Places
from trainers.release.services import Services

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
        return []
    kept = keep(known, newest)
    old = {registry.number(release): release.collection for release in known if registry.number(release) not in kept}
    needed = {release.collection for release in known if registry.number(release) in kept}
    gone = {number for number in old if _put_aside(places, number)}
    gone |= _unload(places, old)
    collections = [collection for collection in old.values() if collection and collection not in needed]
    dropped = set(Index(places.milvus, places.milvus_token).drop(collections)) if collections else set()
    gone |= {number for number, collection in old.items() if collection in dropped}
    for folder in places.releases.glob(f"{DROPPED}*"):
        shutil.rmtree(folder)
    if gone:
        numbers = ", ".join(map(str, sorted(gone)))
        console.print(f"dropped, as nobody goes back to them: the releases {numbers}", soft_wrap=True)
    return sorted(gone)


def keep(known: Collection[Release], newest: int) -> set[int]:
    """The releases that answer, the one that answers again after a rollback, and the newest."""
    numbers = sorted(map(registry.number, known), reverse=True)
    before = registry.before(known)
    return {*numbers[:newest], *registry.answering(known), *([before] if before is not None else [])}


def _put_aside(places: Places, number: int) -> bool:
    folder, aside = places.releases / str(number), places.releases / f"{DROPPED}{number}"
    if not folder.is_dir():
        return False
    shutil.rmtree(aside, ignore_errors=True)
    folder.rename(aside)
    return True


def _unload(places: Places, old: Collection[int]) -> set[int]:
    """Takes their models from the inference server, where publishing has left some."""
    left = {model: model_repository.numbers(places.models / model) & set(old) for model in model_repository.ALL}
    for model, numbers in left.items():
        if numbers:
            model_repository.keep(places.models, model_repository.numbers(places.models / model) - numbers, [model])
            inference.reload_quietly(places.inference, [model])
    return set().union(*left.values())

"""Registers and promotes releases at recs."""

from collections.abc import Collection, Mapping
from typing import Any

from aisle.recs.v1 import release_service_pb2 as pb

from trainers.release.services import TIMEOUT_S, Services

PROMOTED, CANARY, RETIRED = pb.Release.STATE_PROMOTED, pb.Release.STATE_CANARY, pb.Release.STATE_RETIRED


def releases(services: Services) -> list[pb.Release]:
    """All of them, newest first.

    Raises:
        ReleaseError: recs does not answer.
    """
    found: list[pb.Release] = []
    token = ""
    while True:
        request = pb.ListReleasesRequest(page_size=1000, page_token=token)
        with services.calling("Listing releases", "recs"):
            page = services.releases.ListReleases(request, timeout=TIMEOUT_S, metadata=services.metadata())
        found += page.releases
        token = page.next_page_token
        if not token:
            return found


def collection(release: int) -> str:
    """The name of a release's item vectors on the vector server."""
    return f"items_r{release}"


def number(release: pb.Release) -> int:
    """`releases/7` -> 7."""
    return int(release.name.removeprefix("releases/"))


def promoted(found: Collection[pb.Release]) -> int | None:
    """The one that answers."""
    return next((number(release) for release in found if release.state == PROMOTED), None)


def canary(found: Collection[pb.Release]) -> int | None:
    """The one that answers a share of the shoppers beside it."""
    return next((number(release) for release in found if release.state == CANARY), None)


def answering(found: Collection[pb.Release]) -> set[int]:
    """Both: somebody is answered with them now."""
    return {number(release) for release in found if release.state in {PROMOTED, CANARY}}


def before(found: Collection[pb.Release]) -> int | None:
    """The one that answers again when the promoted one is rolled back: as recs has it, promoted last before that one.

    One that was a canary when another was taken back is retired, and was promoted later than what answers.
    """
    since = next((_promoted_at(release) for release in found if release.state == PROMOTED), 0)
    earlier = [release for release in found if release.state == RETIRED and _promoted_at(release) < since]
    newest = max(earlier, key=_promoted_at, default=None)
    return number(newest) if newest is not None else None


def _promoted_at(release: pb.Release) -> int:
    """Nanoseconds since 1970."""
    return release.promote_time.ToNanoseconds()


def described(manifest: Mapping[str, Any], feature_spec: str, report: str) -> pb.Release:
    """A release as recs is told of it."""
    return pb.Release(
        collection=manifest["collection"],
        dimension=manifest["dimension"],
        user_tower_version=manifest["user_tower_version"],
        item_tower_version=manifest["item_tower_version"],
        ranker_version=manifest["ranker_version"],
        feature_spec=feature_spec,
        report=report,
        data_fingerprint=manifest["data_fingerprint"],
        catalog_cursor=manifest["catalog_cursor"],
    )


def create(services: Services, release: pb.Release, number: int) -> None:
    """Registers a candidate.

    Raises:
        ReleaseError: recs does not take it, or its reply is lost.
    """
    request = pb.CreateReleaseRequest(release=release, release_id=str(number))
    with services.calling("Registering the release", "recs"):
        services.releases.CreateRelease(request, timeout=TIMEOUT_S, metadata=services.metadata())


def is_known(services: Services, release: pb.Release, wanted: int) -> bool:
    """Whether recs has this very release under the number, and not another one.

    Raises:
        ReleaseError: recs does not answer.
    """
    same = ("collection", "report", "data_fingerprint", "catalog_cursor")
    return any(
        number(found) == wanted and all(getattr(found, name) == getattr(release, name) for name in same)
        for found in releases(services)
    )


def delete(services: Services, release: int) -> None:
    """Makes recs forget a release.

    Raises:
        ReleaseError: somebody is answered with it, it is the way back, or recs does not answer.
    """
    request = pb.DeleteReleaseRequest(name=f"releases/{release}")
    with services.calling(f"Dropping release {release}", "recs"):
        services.releases.DeleteRelease(request, timeout=TIMEOUT_S, metadata=services.metadata())


def promote(services: Services, release: int) -> None:
    """Makes a release answer.

    Raises:
        ReleaseError: recs finds it unfit, or does not answer.
    """
    request = pb.PromoteReleaseRequest(name=f"releases/{release}")
    with services.calling(f"Promoting release {release}", "recs"):
        services.releases.PromoteRelease(request, timeout=TIMEOUT_S, metadata=services.metadata())


def split(services: Services, release: int, percent: int) -> None:
    """Lets a release answer a share of the shoppers, in percent; 0 ends that.

    Raises:
        ReleaseError: recs finds it unfit, or does not answer.
    """
    request = pb.CanaryReleaseRequest(name=f"releases/{release}", traffic_percent=percent)
    with services.calling(f"Letting release {release} answer {percent} % of the shoppers", "recs"):
        services.releases.CanaryRelease(request, timeout=TIMEOUT_S, metadata=services.metadata())


def roll_back(services: Services, release: int) -> int:
    """Takes the promoted release back; returns the one that answers again.

    Raises:
        ReleaseError: nothing fit to answer was promoted before it, or recs does not answer.
    """
    request = pb.RollBackReleaseRequest(name=f"releases/{release}")
    with services.calling(f"Taking release {release} back", "recs"):
        return number(services.releases.RollBackRelease(request, timeout=TIMEOUT_S, metadata=services.metadata()))

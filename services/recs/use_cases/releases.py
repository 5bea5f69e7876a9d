"""Registers releases and promotes them."""

from services.kit import telemetry
from services.kit.errors import AlreadyExists, FailedPrecondition, NotFound, Unavailable
from services.recs.domain.releases import Release, State
from services.recs.ports import Releases, Towers, VectorIndex
from services.recs.use_cases import fitness
from services.recs.use_cases.active_release import ActiveRelease

NEEDED = {State.PROMOTED: "it answers", State.CANARY: "it answers a share of the shoppers"}
log = telemetry.logger("aisle.recs.release")


class ManageReleases:
    """A release is one unit: it answers whole or not at all."""

    def __init__(self, releases: Releases, towers: Towers, index: VectorIndex, active: ActiveRelease) -> None:
        self._releases = releases
        self._towers = towers
        self._index = index
        self._active = active

    async def get(self, number: int) -> Release:
        """The release.

        Raises:
            NotFound: there is none of that number.
        """
        found = await self._releases.get(number)
        if found is None:
            raise NotFound(f"releases/{number}")
        return found

    async def page(self, below: int | None, limit: int) -> list[Release]:
        """Newest first."""
        return await self._releases.page(below, limit)

    async def create(self, release: Release) -> Release:
        """Registers a candidate.

        Raises:
            AlreadyExists: the number is taken.
        """
        added = await self._releases.add(release)
        if added is None:
            raise AlreadyExists(release.name)
        return added

    async def delete(self, number: int) -> None:
        """Forgets a release that nobody is answered with.

        Raises:
            NotFound: there is none of that number.
            FailedPrecondition: it answers, or answers again when the promoted one is taken back.
        """
        if await self._releases.delete(number):
            log.info("release deleted", release=number)
            return
        release = await self.get(number)
        why = NEEDED.get(release.state, "it answers again when the promoted release is taken back")
        raise FailedPrecondition(f"{release.name} stays: {why}.", reason="RELEASE_NEEDED", name=release.name)

    async def promote(self, number: int) -> Release:
        """Makes the release answer, here at once and everywhere within a second.

        Raises:
            NotFound: there is none of that number.
            FailedPrecondition: its models or vectors are not ready or do not fit; the one before stays.
            Unavailable: the inference server or the index cannot be asked.
        """
        release = await self._fit(number)
        promoted = await self._releases.promote(number)
        await self._answers(release)
        return promoted

    async def canary(self, number: int, percent: int) -> Release:
        """Lets the release answer a share of the shoppers beside the promoted one; 0 ends that.

        Raises:
            NotFound: there is none of that number.
            FailedPrecondition: it is not fit, it is promoted, or nothing is.
            Unavailable: the inference server or the index cannot be asked.
        """
        release = await self._fit(number) if percent else await self.get(number)
        if percent and await self._releases.promoted() is None:
            raise _refused(release, "nothing is promoted that it could answer beside")
        split = await self._releases.split(number, percent)
        if split is None:
            raise _refused(release, "it is promoted, and answers everybody")
        await self._active.refresh()
        return split

    async def roll_back(self, number: int) -> Release:
        """Takes the promoted release back; the one before it answers again.

        Raises:
            NotFound: there is none of that number.
            FailedPrecondition: it is not promoted, or the one before it is not fit to answer.
            Unavailable: the inference server or the index cannot be asked.
        """
        release = await self.get(number)
        if release.state is not State.PROMOTED:
            raise _refused(release, "it is not promoted")
        before = await self._releases.before(number)
        if before is None:
            raise _refused(release, "nothing was promoted before it")
        # What is wrong now is worse than placing new products without an encoder that is gone.
        await self._fit(before.number, encoded=False)
        answering = await self._releases.roll_back(number, before.number)
        if answering is None:
            raise _refused(release, "it is not promoted")
        await self._answers(answering)
        return answering

    async def _answers(self, release: Release) -> None:
        await self._active.refresh()
        try:
            await self._index.point_alias(release.collection)
        except Exception as error:
            log.warning("alias not moved", collection=release.collection, why=type(error).__name__)

    async def _fit(self, number: int, encoded: bool = True) -> Release:
        release = await self.get(number)
        try:
            problem = await fitness.problem(release, self._towers, self._index)
            if encoded and not problem:
                problem = await fitness.unencoded(release, self._towers)
        except Exception as error:
            log.warning("release not checked", release=number, why=f"{type(error).__name__}: {error}"[:300])
            raise Unavailable("The models or the index cannot be asked at the moment.", retry_after=2.0) from None
        if problem:
            raise _refused(release, f"it is not fit to answer: {problem}")
        return release


def _refused(release: Release, why: str) -> FailedPrecondition:
    return FailedPrecondition(f"{release.name} stays as it is: {why}.", reason="RELEASE_NOT_READY", name=release.name)

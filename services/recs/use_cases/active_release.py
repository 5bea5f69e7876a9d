"""The release that answers, swapped in one step."""

import asyncio

from services.kit import telemetry
from services.kit.waking import woken
from services.recs.domain.releases import Release
from services.recs.ports import Releases

REMEMBERED = 4
"""Releases before the current one whose pages can still be turned."""
log = telemetry.logger("aisle.recs.release")


class ActiveRelease:
    """Knows the promoted release, the canary beside it, and the ones shortly before."""

    def __init__(self, releases: Releases, poll_s: float) -> None:
        self._releases = releases
        self._poll_s = poll_s
        self._current: Release | None = None
        self._canary: Release | None = None
        self._recent: dict[int, Release] = {}
        self._wake = asyncio.Event()

    @property
    def current(self) -> Release | None:
        """The promoted release; None before the first."""
        return self._current

    @property
    def canary(self) -> Release | None:
        """The release that answers a share of the shoppers; None mostly."""
        return self._canary

    def of(self, shopper: str) -> Release | None:
        """The release that answers a shopper: the same for as long as the releases and their shares are."""
        canary = self._canary
        return canary if canary is not None and shopper and canary.answers(shopper) else self._current

    def recent(self, number: int) -> Release | None:
        """A release that answered here not long ago."""
        return self._recent.get(number)

    def hint(self, _: str = "") -> None:
        """Look again now: something was promoted, or may have been."""
        self._wake.set()

    async def refresh(self) -> None:
        """Takes what is promoted now, and what is beside it."""
        canary = await self._releases.canary()
        if _share(canary) != _share(self._canary):
            self._canary = canary
            if canary is not None:
                self._remember(canary)
                log.info("canary answers", release=canary.number, percent=canary.traffic_percent)
        found = await self._releases.promoted()
        if found is None or (self._current is not None and found.number == self._current.number):
            return
        # One assignment: a request has read either the old release or the new one, and keeps it to its end.
        self._current = found
        self._remember(found)
        log.info("release answers", release=found.number, collection=found.collection)

    def _remember(self, found: Release) -> None:
        self._recent.pop(found.number, None)
        self._recent[found.number] = found
        while len(self._recent) > REMEMBERED + 1:
            self._recent.pop(next(iter(self._recent)))

    async def watch(self) -> None:
        """Follows promotions for as long as the process runs."""
        while True:
            self._wake.clear()
            try:
                await self.refresh()
            except Exception as error:
                log.warning("release not read", why=type(error).__name__)
            await woken(self._wake, self._poll_s)


def _share(canary: Release | None) -> tuple[int, int] | None:
    return (canary.number, canary.traffic_percent) if canary else None

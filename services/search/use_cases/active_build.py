"""The build that answers, swapped in one step."""

import asyncio
from collections.abc import Awaitable, Callable

from services.kit import telemetry
from services.kit.waking import woken
from services.search.domain.encoders import EncoderSpec
from services.search.domain.releases import Build
from services.search.ports import Releases

log = telemetry.logger("aisle.search.build")


async def nothing(_: EncoderSpec) -> None:
    """There is nothing to prepare."""


class ActiveBuild:
    """Knows the build that answers. One request uses one build from its start to its end."""

    def __init__(
        self, releases: Releases, poll_s: float, prepare: Callable[[EncoderSpec], Awaitable[None]] = nothing
    ) -> None:
        """
        Args:
            releases: where it is registered.
            poll_s: between two looks.
            prepare: what is done with the encoders of a build before it answers.
        """
        self._releases = releases
        self._prepare = prepare
        self._poll_s = poll_s
        self._current: Build | None = None
        self._wake = asyncio.Event()

    @property
    def current(self) -> Build | None:
        """The build; None before the first."""
        return self._current

    def hint(self, _: str = "") -> None:
        """Look again now: another build answers, or may."""
        self._wake.set()

    async def refresh(self) -> None:
        """Takes what answers now."""
        found = await self._releases.serving()
        if found is None or (self._current is not None and found.number == self._current.number):
            return
        await self._prepare(found.release.spec)
        self._current = found
        log.info("build answers", build=found.number, release=found.release.number)

    async def watch(self) -> None:
        """Follows builds for as long as the process runs."""
        while True:
            self._wake.clear()
            try:
                await self.refresh()
            except Exception as error:
                log.warning("build not read", why=type(error).__name__)
            await woken(self._wake, self._poll_s)

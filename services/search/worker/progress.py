"""Says how far a build is filled, for those who wait for it."""

import time
from collections.abc import Callable

from services.kit import telemetry

SAID_EVERY_S = 5.0
WIDTH = 20
"""Characters of the bar."""
LONG_S = 120.0
"""From here on it is said in minutes."""
log = telemetry.logger("aisle.search.indexer")


class Filling:
    """Counts the products of one build, and writes a line of the log every few seconds."""

    def __init__(self, build: int, start: int, total: int, clock: Callable[[], float] = time.monotonic) -> None:
        """`start` products were there already: a worker that was killed goes on where it was."""
        self._build, self._start, self._total, self._clock = build, start, total, clock
        self._began = self._said = clock()
        self._done = 0

    def add(self, products: int) -> None:
        """These were embedded and written, too."""
        self._done += products
        now = self._clock()
        if now - self._said >= SAID_EVERY_S:
            self._said = now
            progress = line(self._start, self._done, self._total, now - self._began)
            log.info("build is filled", build=self._build, progress=progress)

    def full(self) -> None:
        """The build holds the whole catalogue."""
        seconds = self._clock() - self._began
        log.info("build is full", build=self._build, products=self._start + self._done, s=round(seconds))


def line(start: int, done: int, total: int, seconds: float) -> str:
    """A bar, how many products of how many, how many a second, and how long the others will take.

    >>> line(0, 500, 40_000, 10)
    '[--------------------] 500 of 40,000 products, 50 a second, 13 min left'
    >>> line(20_000, 10_000, 40_000, 100)
    '[###############-----] 30,000 of 40,000 products, 100 a second, 100 s left'
    """
    # Products that change while the build is filled are counted twice.
    ready, total = start + done, max(total, start + done)
    rate = done / max(seconds, 1e-3)
    marks = WIDTH * ready // max(total, 1)
    left = (total - ready) / max(rate, 1e-3)
    text = f"{left:.0f} s" if left < LONG_S else f"{left / 60:.0f} min"
    bar = "#" * marks + "-" * (WIDTH - marks)
    return f"[{bar}] {ready:,} of {total:,} products, {rate:.0f} a second, {text} left"

"""Time budgets and circuit breakers: no part that is slow or gone takes the page with it."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from enum import Enum
from typing import TypeVar

from services.kit import context, telemetry
from services.kit.errors import AisleError
from services.search.use_cases.measures import FAILURES

T = TypeVar("T")
SHARE = 0.4
"""Of the caller's remaining time, at most this much goes to one part: enough is left for the next best."""
log = telemetry.logger("aisle.search.guards")


class Degradation(Enum):
    """What did not work in a reply; the names are those of the contract."""

    TEXT_ENCODER = "text_encoder"
    IMAGE_ENCODER = "image_encoder"
    INDEX = "index"
    CATALOG = "catalog"
    PERSONALIZATION = "personalization"


class Down(Exception):
    """A part did not answer within its budget, or is left alone because it did not before."""

    def __init__(self, what: Degradation) -> None:
        super().__init__(what.value)
        self.what = what


class Guard:
    """Calls one part within its budget, and leaves it alone for a while after it failed several times in a row.

    Whatever the part raises, but an error for the caller, counts as a failure: the reply is a worse page, never an
    error of ours. After the pause one call tries again; the others wait for it to succeed.
    """

    def __init__(self, what: Degradation, budget_s: float, pause_s: float, tolerated: int) -> None:
        self._what = what
        self.budget_s = budget_s
        self._pause_s = pause_s
        self._tolerated = tolerated
        self._failures = 0
        self._open_until = 0.0

    async def __call__(self, work: Callable[[], Awaitable[T]]) -> T:
        """What the part answers.

        Raises:
            Down: it did not, or is being left alone.
        """
        now = time.monotonic()
        if self._failures >= self._tolerated:
            if now < self._open_until:
                raise Down(self._what)
            self._open_until = now + self._pause_s
        limit = min(self.budget_s, max(context.time_remaining() * SHARE, 0.001))
        try:
            async with asyncio.timeout(limit):
                answer = await work()
        except AisleError:
            raise  # an answer, and the caller's to act on
        except Exception as error:
            # A caller with little time must not switch the part off for everybody.
            if not (isinstance(error, TimeoutError) and limit < self.budget_s):
                self._failed(error)
            raise Down(self._what) from error
        if self._failures:
            self._failures = 0
            log.info("part answers again", part=self._what.value)
        return answer

    def _failed(self, error: Exception) -> None:
        self._failures += 1
        self._open_until = time.monotonic() + self._pause_s
        FAILURES.labels(self._what.value).inc()
        if self._failures <= self._tolerated:
            log.warning("part failed", part=self._what.value, why=f"{type(error).__name__}: {error}"[:300])

"""What was scored ahead: the shopper's best products by the towers, for when these or the index do not answer."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence, Set
from dataclasses import dataclass, field

from services.recs.domain.candidates import Candidate
from services.recs.domain.releases import Release
from services.recs.ports import Scored
from services.recs.use_cases.guards import Degradation
from services.recs.use_cases.measures import stage
from services.recs.use_cases.position import SCORED, Position
from services.recs.use_cases.retrievers import NothingToGoBy

TOWERS = frozenset({Degradation.INFERENCE, Degradation.INDEX})


@dataclass
class ScoredAhead:
    """Takes part where the towers were wanted and did not answer; a page in good times never reads it."""

    read: Callable[[], Awaitable[Scored]]
    release: Release
    degraded: Set[Degradation]
    """What did not answer so far."""
    name: str = SCORED
    complete: bool = False
    _found: Scored | None = field(default=None, init=False)

    async def candidates(self, after: Position | None) -> AsyncIterator[list[Candidate]]:
        """The whole list. What was shown of it is left out by its id. Pages that began with it go on with it.

        Raises:
            NothingToGoBy: the towers answer, or the shopper was not scored by this release.
            Down: the feature store does not answer.
        """
        if after is None and not TOWERS & self.degraded:
            raise NothingToGoBy
        if self._found is None:
            with stage("scored"):
                self._found = await self.read()
        # A list of another release would be claimed for this one.
        if self._found.release != self.release.number:
            raise NothingToGoBy
        rows = zip(self._found.ids, self._found.scores, strict=True)
        yield [Candidate(item, self.name, rank, score) for rank, (item, score) in enumerate(rows, start=1)]

    async def covers(self, ids: Sequence[str]) -> set[str]:
        """Those in the list."""
        return set(ids).intersection(self._found.ids) if self._found else set()

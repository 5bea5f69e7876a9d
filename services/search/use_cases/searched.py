"""What was searched for: remembered for the shopper's own completions, and counted for everybody's."""

import asyncio
import time
from collections import OrderedDict

from services.kit import telemetry
from services.search.domain.words import MOST_WORDS, OPTIONAL, normalized, words
from services.search.ports import Queries, Vocabulary

WRITE_EVERY_S = 1.0
MOST_WAITING = 20_000
"""Searches that wait to be written; more are forgotten: they are worth less than the memory."""
SHORTEST = 3
OWN = 50
"""Own searches that completions are looked for in."""
KEPT_S = 30.0
"""How long a replica keeps a shopper's searches; those made through it are there at once."""
KEPT = 10_000
LONGEST = 100
"""Characters of a query that is remembered: longer ones are pasted, and nobody types them again."""
log = telemetry.logger("aisle.search.searched")


class Searched:
    """Writes behind: a search never waits for the database, and is answered without it."""

    def __init__(self, queries: Queries, vocabulary: Vocabulary, popular_poll_s: float) -> None:
        self._queries = queries
        self._vocabulary = vocabulary
        self._popular_poll_s = popular_poll_s
        self._waiting: dict[tuple[str, str], str] = {}
        self._own: OrderedDict[str, tuple[float, list[str]]] = OrderedDict()
        self.popular: tuple[str, ...] = ()
        """What many search for in the shop's own words, the most frequent first."""

    def note(self, shopper: str, typed: str) -> None:
        """A search of a known shopper whose words found something."""
        query = normalized(typed)
        if not shopper or not SHORTEST <= len(query) <= LONGEST or query.count(" ") >= MOST_WORDS - 1:
            return
        # What a database cannot hold is nothing that one would want to see again.
        shown = " ".join("".join(c if c.isprintable() else " " for c in typed).split())
        self._waiting.pop((shopper, query), None)  # so that the newest stands last
        if len(self._waiting) < MOST_WAITING:
            self._waiting[shopper, query] = shown
        if (known := self._own.get(shopper)) is not None:
            kept = [other for other in known[1] if normalized(other) != query]
            self._own[shopper] = known[0], [shown, *kept][:OWN]

    async def own(self, shopper: str) -> list[str]:
        """The shopper's searches, newest first; none when the database does not answer."""
        if not shopper:
            return []
        now = time.monotonic()
        known = self._own.get(shopper)
        if known is not None and known[0] > now:
            return known[1]
        try:
            found = await self._queries.own(shopper, OWN)
        except Exception as error:
            log.warning("own searches not read", why=type(error).__name__)
            return known[1] if known else []
        # What was searched for a moment ago may not be in the database yet.
        recent = [typed for (who, _), typed in reversed(self._waiting.items()) if who == shopper]
        distinct = {normalized(typed): typed for typed in reversed([*recent, *found])}
        self._own[shopper] = now + KEPT_S, list(reversed(distinct.values()))[:OWN]
        self._own.move_to_end(shopper)
        if len(self._own) > KEPT:
            self._own.popitem(last=False)
        return self._own[shopper][1]

    async def write(self) -> None:
        """Writes what waits, for as long as the process runs."""
        while True:
            await asyncio.sleep(WRITE_EVERY_S)
            await self.flush()

    async def flush(self) -> None:
        """Writes what waits now; it waits on when the database does not answer."""
        waiting, self._waiting = self._waiting, {}
        if not waiting:
            return
        try:
            await self._queries.remember([(shopper, query, typed) for (shopper, query), typed in waiting.items()])
        except Exception as error:
            log.warning("searches not written", why=type(error).__name__)
            self._waiting = waiting | self._waiting

    async def watch(self) -> None:
        """Follows what is popular for as long as the process runs."""
        while True:
            try:
                await self.refresh()
            except Exception as error:
                log.warning("popular searches not read", why=type(error).__name__)
            await asyncio.sleep(self._popular_poll_s)

    async def refresh(self) -> None:
        """Reads what is popular."""
        # Sessions cost nothing: who opens some may not have others shown a sentence that the shop does not say.
        found = tuple(query for query in await self._queries.popular() if self._is_said_here(query))
        if found != self.popular:  # so that what was computed of it is good for as long as it is the same
            self.popular = found

    def _is_said_here(self, query: str) -> bool:
        return all(word in self._vocabulary or word in OPTIONAL for word in words(query))

"""Counts what is popular: events weighed by kind, halved with every half-life that has passed."""

import asyncio
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.kit import telemetry
from services.kit.database import UnitOfWork
from services.kit.waking import woken

RETRY_S = 5.0
KEPT = 3
"""Versions in the table: a replica may be reading the one before."""
MOST = 10_000
log = telemetry.logger("aisle.recs.popularity")

# The age counts from the newest event, not from now: the order is the same, and a shop whose events are years old
# has one too. A purchase says about as much as five views; a dislike takes away what a like gives.
COMPUTE = text("""
    WITH newest AS (SELECT max(event_time) AS time FROM user_events),
    weighed AS (
        SELECT product_id,
               (CASE kind WHEN 1 THEN 1 WHEN 2 THEN 3 WHEN 3 THEN 5 WHEN 4 THEN 3 WHEN 5 THEN -3 ELSE rating - 3 END)
               * power(0.5, least(300, extract(epoch FROM newest.time - event_time) / CAST(:half_life_s AS float8)))
               AS weight
        FROM user_events, newest
        WHERE kind <= 6 AND event_time > newest.time - CAST(:span AS interval)
    ),
    scored AS (SELECT product_id, sum(weight) AS score FROM weighed GROUP BY product_id HAVING sum(weight) > 0),
    ranked AS (SELECT row_number() OVER (ORDER BY score DESC, product_id) AS rank, product_id, score FROM scored)
    INSERT INTO popularity (version, rank, product_id, score)
    SELECT :version, rank, product_id, score FROM ranked WHERE rank <= :most
""")
NEWEST_EVENT = text("SELECT coalesce(max(sequence), 0) FROM user_events")
NEXT_VERSION = text("SELECT coalesce(max(version), 0) + 1 FROM popularity")
FORGET = text("DELETE FROM popularity WHERE version <= :version")


class PopularityCounter:
    """Writes a new version whenever there were new events."""

    def __init__(self, engine: AsyncEngine, every_s: float, half_life_days: float, window_days: int) -> None:
        self._engine = engine
        self._every_s = every_s
        self._half_life_s = half_life_days * 86_400
        self._window = timedelta(days=window_days)
        self._seen = -1
        self._wake = asyncio.Event()

    def hint(self, shopper: str) -> None:
        """Many events came at once when it is empty: an import should not wait for its turn."""
        if not shopper:
            self._wake.set()

    async def run(self) -> None:
        """Counts for as long as the process runs."""
        while True:
            self._wake.clear()
            try:
                await self.count()
            except Exception as error:
                log.warning("popularity waits", why=f"{type(error).__name__}: {error}"[:300])
                await asyncio.sleep(RETRY_S)
                continue
            await asyncio.sleep(min(RETRY_S, self._every_s))  # a counting is not repeated sooner than this
            await woken(self._wake, self._every_s)

    async def count(self) -> None:
        """Counts once, if there is anything new."""
        async with UnitOfWork(self._engine) as connection:
            newest = int((await connection.execute(NEWEST_EVENT)).scalar_one())
            if newest == self._seen:
                return
            version = int((await connection.execute(NEXT_VERSION)).scalar_one())
            values = {"version": version, "half_life_s": self._half_life_s, "span": self._window, "most": MOST}
            await connection.execute(COMPUTE, values)
            await connection.execute(FORGET, {"version": version - KEPT})
        self._seen = newest

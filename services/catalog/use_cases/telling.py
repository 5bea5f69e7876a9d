"""Tells the recommender of purchases and ratings: what is in the outbox is sent until it is taken."""

import asyncio

from services.catalog.ports import Database, Recommender
from services.catalog.use_cases.measures import TOLD
from services.kit import telemetry

AT_ONCE = 500
RETRY_S = 1.0
log = telemetry.logger("aisle.catalog.telling")


class Teller:
    """Empties the outbox. Replicas may send the same events: by their ids they count once."""

    def __init__(self, database: Database, recommender: Recommender, poll_s: float) -> None:
        self._database = database
        self._recommender = recommender
        self._poll_s = poll_s
        self._wake = asyncio.Event()

    def hint(self) -> None:
        """Something is in the outbox."""
        self._wake.set()

    async def run(self) -> None:
        """Tells for as long as the process runs."""
        while True:
            self._wake.clear()
            try:
                more = await self.step()
            except Exception as error:
                log.warning("events wait", why=f"{type(error).__name__}: {error}"[:300])
                await asyncio.sleep(RETRY_S)
                continue
            if not more:
                try:
                    async with asyncio.timeout(self._poll_s):
                        await self._wake.wait()
                except TimeoutError:
                    pass

    async def step(self) -> bool:
        """Sends the oldest events; whether more may be waiting.

        No transaction is open while they are sent: it would hold the change feeds back.
        """
        async with self._database.begin() as transaction:
            waiting = await transaction.outbox.waiting(AT_ONCE)
        if not waiting:
            return False
        refused = await self._recommender.tell([event for _, event in waiting])
        for index, why in refused:
            log.error("event refused", event_id=waiting[index][1].id, why=why)
        async with self._database.begin() as transaction:
            await transaction.outbox.remove([number for number, _ in waiting])
        TOLD.labels("taken").inc(len(waiting) - len(refused))
        TOLD.labels("refused").inc(len(refused))
        return len(waiting) == AT_ONCE

"""A payment provider for trying things out: no money moves, everything else is as with a real one.

It stands for another company: it remembers charges by their key in a transaction of its own, which is committed before
it answers, whatever becomes of the caller. What happens is chosen by the payment token:

- `test-approved`: the charge goes through.
- `test-declined`, and every token that is not in this list: it is declined.
- `test-lost-answer`: it goes through, and its answer is lost; asking again with the key tells.
- `test-lost-answer-declined`: it is declined, and the answer is lost.
"""

import asyncio

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from services.catalog.adapters.commerce_tables import test_payments
from services.catalog.domain.payment import Charge, Outcome, OutcomeUnknown
from services.kit.database import UnitOfWork

APPROVED, LOST = "test-approved", "test-lost-answer"
DECLINED = Outcome(approved=False, decline_reason="The card was declined.")
UNKNOWN_TOKEN = Outcome(approved=False, decline_reason="The means of payment is not known.")
OUTCOMES = {
    APPROVED: Outcome(approved=True),
    LOST: Outcome(approved=True),
    "test-declined": DECLINED,
    "test-lost-answer-declined": DECLINED,
}
FOR_EVER_S = 3600.0


class TrialPayments:
    """services.catalog.ports.PaymentProvider."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def charge(self, charge: Charge) -> Outcome:
        """Takes the money once; the same key gets the first outcome again."""
        outcome = OUTCOMES.get(charge.token, UNKNOWN_TOKEN)
        row = {
            "key": charge.key,
            "currency": charge.amount.currency,
            "amount": charge.amount.amount,
            "approved": outcome.approved,
            "decline_reason": outcome.decline_reason,
        }
        first = insert(test_payments).values(row).on_conflict_do_nothing().returning(test_payments.c.key)
        known = select(test_payments).where(test_payments.c.key == charge.key)
        async with UnitOfWork(self._engine) as connection:
            new = (await connection.execute(first)).first() is not None
            kept = (await connection.execute(known)).one()
        if new and charge.token.startswith(LOST):
            await asyncio.sleep(FOR_EVER_S)
            raise OutcomeUnknown
        return Outcome(kept.approved, kept.decline_reason)

    async def refund(self, key: str) -> None:
        """Gives back once what the charge with this key took."""
        async with UnitOfWork(self._engine) as connection:
            await connection.execute(update(test_payments).where(test_payments.c.key == key).values(refunded=True))

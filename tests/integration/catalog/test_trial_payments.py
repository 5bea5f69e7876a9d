"""The test provider keeps the promises that a real one makes."""

import asyncio
from decimal import Decimal

import pytest

from services.catalog.adapters.trial_payments import TrialPayments
from services.catalog.app import build
from services.catalog.domain.money import Money
from services.catalog.domain.payment import Charge
from services.catalog.settings import CatalogSettings
from services.kit import database
from tests.integration.catalog.test_checkout import charges
from tests.support.tokens import Issuer


def charge(token: str, key: str = "order") -> Charge:
    return Charge(key, token, Money("EUR", Decimal(20)))


async def test_a_key_charges_once_whatever_comes_after(settings: CatalogSettings, issuer: Issuer) -> None:
    app = await build(settings, issuer.verifier())  # makes the tables
    engine = database.engine(settings.database_url)
    provider = TrialPayments(engine)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(provider.charge(charge("test-lost-answer")), 0.5)
    outcomes = await asyncio.gather(*(provider.charge(charge("test-lost-answer")) for _ in range(5)))
    assert [outcome.approved for outcome in outcomes] == [True] * 5
    # The first outcome stands, also for another token.
    assert (await provider.charge(charge("test-declined"))).approved
    assert await charges(settings) == [(True, False, 20)]
    declined = await provider.charge(charge("test-declined", "other"))
    assert (declined.approved, declined.decline_reason) == (False, "The card was declined.")
    for _ in range(2):
        await provider.refund("order")
    assert await charges(settings) == [(True, True, 20), (False, False, 20)]
    await engine.dispose()
    await app.resources.aclose()

"""What may become of a payment."""

from dataclasses import dataclass

from services.catalog.domain.money import Money


@dataclass(frozen=True, slots=True)
class Charge:
    """Money to take."""

    key: str
    """The same key never charges twice, however often it is sent: the order's id."""
    token: str
    """Stands for the buyer's means of payment, at the provider."""
    amount: Money


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the provider says of a charge, for good."""

    approved: bool
    decline_reason: str = ""
    """For people."""


class OutcomeUnknown(Exception):
    """The provider did not answer: the money may have moved or not. Ask again with the same key."""

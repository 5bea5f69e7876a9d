"""Exact money. A price is never a float."""

import re
from dataclasses import dataclass
from decimal import Decimal

NANO = Decimal("0.000000001")
NANOS_A_UNIT = 1_000_000_000
_CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of a currency (ISO 4217), exact to 10^-9."""

    currency: str
    amount: Decimal

    @classmethod
    def of(cls, currency: str, units: int, nanos: int) -> "Money":
        """From google.type.Money's parts, which `wrong` has found nothing wrong with.

        >>> Money.of("EUR", 12, 500_000_000)
        Money(currency='EUR', amount=Decimal('12.500000000'))
        """
        return cls(currency, Decimal(units) + Decimal(nanos) * NANO)

    @property
    def units(self) -> int:
        """Whole units."""
        return int(self.amount)

    @property
    def nanos(self) -> int:
        """What is over the whole units, in 10^-9."""
        return int((self.amount - self.units) * NANOS_A_UNIT)

    @property
    def nano(self) -> int:
        """The whole amount in 10^-9, the same number however the decimal is written."""
        return int(self.amount * NANOS_A_UNIT)

    def times(self, quantity: int) -> "Money":
        """So many of it.

        >>> Money("EUR", Decimal("1.50")).times(3)
        Money(currency='EUR', amount=Decimal('4.50'))
        """
        return Money(self.currency, self.amount * quantity)


NOTHING = Money("", Decimal(0))
"""Stands for a price that is found out later."""


def wrong(currency: str, units: int, nanos: int) -> str | None:
    """Says what is wrong with an amount as a client gave it; None when nothing is.

    >>> wrong("eur", 1, 0)
    "currency_code must be three capital letters, such as EUR; it is 'eur'"
    >>> wrong("EUR", 1, 0)
    """
    if not _CURRENCY.fullmatch(currency):
        return f"currency_code must be three capital letters, such as EUR; it is {currency[:20]!r}"
    if not 0 <= nanos < NANOS_A_UNIT:
        return "nanos must be from 0 to 999,999,999"
    return "must not be negative" if units < 0 else None

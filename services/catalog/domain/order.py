"""A purchase, frozen at the checkout."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from services.catalog.domain.money import Money


class State(IntEnum):
    """How far an order is; the numbers are those of the contract."""

    PAYMENT_PENDING = 1
    PAID = 2
    SHIPPED = 3
    DELIVERED = 4
    CANCELLED = 5
    PAYMENT_DECLINED = 6


BOUGHT = (State.PAID, State.SHIPPED, State.DELIVERED)
"""States of an order whose products belong to the buyer."""
ERASED = "visitors/erased-"
"""Begins the owner of an order whose buyer was erased. Visitors' ids have no hyphen, so that nobody can be one."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where an order goes to."""

    recipient: str
    lines: tuple[str, ...]
    postal_code: str
    city: str
    region_code: str


@dataclass(frozen=True, slots=True)
class OrderLine:
    """A product that was bought, as it was."""

    product_id: str
    title: str
    picture_id: str
    """Of its first picture; empty for none."""
    quantity: int
    price: Money
    """What one cost."""
    attribution_token: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """A purchase."""

    id: str
    owner: str
    """`users/ID` or `visitors/ID`."""
    state: State
    lines: tuple[OrderLine, ...]
    total: Money
    address: Address | None
    """None once the buyer was erased."""
    decline_reason: str
    refund_due: bool
    """Whether money has to go back that has not gone yet."""
    create_time: datetime
    update_time: datetime

    @property
    def name(self) -> str:
        """`users/ID/orders/ID`."""
        return f"{self.owner}/orders/{self.id}"

    @property
    def erased(self) -> bool:
        """Whether its buyer was erased."""
        return self.owner.startswith(ERASED)

    @property
    def refunded(self) -> bool:
        """Whether the money of a cancelled order is back."""
        return self.state is State.CANCELLED and not self.refund_due

    @property
    def units(self) -> dict[str, int]:
        """Units by product."""
        return {line.product_id: line.quantity for line in self.lines}

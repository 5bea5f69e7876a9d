"""Who buys what, who takes the money, and who is told."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.catalog.domain.cart import CartItem
from services.catalog.domain.order import Order, State
from services.catalog.domain.payment import Charge, Outcome
from services.catalog.domain.shopper_event import ShopperEvent
from services.catalog.ports.shop import Position


class Carts(Protocol):
    """Carts within a transaction."""

    async def items(self, owner: str) -> list[CartItem]:
        """In the order in which they were put in."""
        ...

    async def hold(self, owner: str) -> str | None:
        """Holds the cart against other writers until the transaction ends; whose it has become, if it is closed."""
        ...

    async def put(self, owner: str, item: CartItem) -> None:
        """Writes an item, over the one of the same product."""
        ...

    async def restore(self, owner: str, items: Sequence[CartItem]) -> None:
        """Puts items back whose products are not in the cart again already."""
        ...

    async def remove(self, owner: str, product_id: str) -> None: ...

    async def clear(self, owner: str) -> None: ...

    async def merge(self, visitor: str, user: str) -> None:
        """Moves the items to the user's cart, and closes the visitor's; both are held."""
        ...

    async def close(self, owner: str) -> None:
        """Empties the cart for good."""
        ...

    async def forget(self, before: datetime) -> None:
        """Forgets the carts of visitors who did not touch them since."""
        ...


@dataclass(frozen=True, slots=True)
class CheckoutKey:
    """Which call made an order."""

    buyer: str
    request_id: str
    fingerprint: bytes
    """Of the whole request."""


@dataclass(frozen=True, slots=True)
class CheckoutRecord:
    """What became of a checkout."""

    order_id: str
    fingerprint: bytes
    state: State
    decline_reason: str
    answer: bytes | None
    """None until it is known that the payment was approved."""


class Orders(Protocol):
    """Orders within a transaction."""

    async def made_by(self, key: CheckoutKey) -> CheckoutRecord | None:
        """The order that the same call made before."""
        ...

    async def insert(self, order: Order, key: CheckoutKey, payment_token: str, due_in_s: float) -> None:
        """Writes a new order; its payment is looked into after that time."""
        ...

    async def get(self, order_id: str) -> Order | None: ...

    async def lock(self, order_id: str) -> Order | None:
        """The order, held against other writers until the transaction ends."""
        ...

    async def charge(self, order_id: str) -> Charge | None:
        """The money to take; None when it is known what became of the payment."""
        ...

    async def move_on(self, order_id: str, state: State, decline_reason: str = "") -> Order:
        """Writes a new state of an order that is locked, and returns it; what is due of the old one is due no more."""
        ...

    async def keep_answer(self, order_id: str, answer: bytes) -> None: ...

    async def owe_refund(self, order_id: str) -> None: ...

    async def refund_done(self, order_id: str) -> None: ...

    async def claim_due(self, limit: int, patience_s: float, longest_s: float) -> list[str]:
        """Orders whose payment or refund has to be looked into; nobody else gets them for a while, longer each time."""
        ...

    async def page(
        self, owner: str | None, state: State | None, after: Position | None, limit: int
    ) -> tuple[list[Order], Position | None]:
        """Newest first, and where the next page begins; None at the end. An owner's without those declined."""
        ...

    async def has_bought(self, owner: str, product_id: str) -> bool: ...

    async def move(self, visitor: str, user: str) -> None:
        """Makes the visitor's orders the user's."""
        ...

    async def of_owner(self, owner: str) -> list[str]: ...

    async def forget_owner(self, owner: str) -> None:
        """Takes names and addresses out of the orders; what was sold for how much stays."""
        ...


class Outbox(Protocol):
    """Events that the recommender has not taken yet, within a transaction."""

    async def add(self, events: Sequence[ShopperEvent]) -> None: ...

    async def waiting(self, limit: int) -> list[tuple[int, ShopperEvent]]:
        """The oldest, with their numbers."""
        ...

    async def remove(self, numbers: Collection[int]) -> None: ...

    async def forget(self, shopper: str) -> None: ...


class Watermarks(Protocol):
    """How far feeds of other services were followed, within a transaction."""

    async def hold(self, name: str) -> str:
        """The cursor, held against other followers until the transaction ends; empty at the beginning."""
        ...

    async def set(self, name: str, cursor: str) -> None: ...


class PaymentProvider(Protocol):
    """Takes money and gives it back. Every call may be repeated: the provider knows it by its key."""

    async def charge(self, charge: Charge) -> Outcome:
        """Takes the money once; the same key gets the first outcome again.

        Raises:
            OutcomeUnknown: there was no answer.
        """
        ...

    async def refund(self, key: str) -> None:
        """Gives back once what the charge with this key took.

        Raises:
            OutcomeUnknown: there was no answer.
        """
        ...


class Recommender(Protocol):
    """Who is told of purchases and ratings."""

    async def tell(self, events: Sequence[ShopperEvent]) -> list[tuple[int, str]]:
        """Stores the events, those it has already once; returns index and reason of those that it never takes."""
        ...


@dataclass(frozen=True, slots=True)
class AccountChange:
    """What happened to an account, as far as commerce minds; neither is set for anything else."""

    merge: tuple[str, str] | None = None
    """A visitor, and the user that they logged in as."""
    erased: str = ""
    """A user who is gone."""


class AccountFeed(Protocol):
    """Changes of accounts."""

    async def changes(self, cursor: str, wait_s: int = 0) -> tuple[list[AccountChange], str, bool]:
        """Changes after the cursor, the next cursor, and whether more are waiting. Waits for one if there is none."""
        ...

"""Why a cart or a checkout is refused, in a form that a page can show beside each product."""

from collections.abc import Sequence

from google.protobuf.message import Message
from google.rpc import error_details_pb2

from services.catalog.domain.cart import Cart, Notice
from services.kit.errors import FailedPrecondition, shortened

MOST_VIOLATIONS = 10
"""A Status has room for so many: each takes up to 200 bytes."""
SENTENCES = {
    Notice.PRICE_CHANGED: "Its price has changed since it was put into the cart.",
    Notice.INSUFFICIENT_STOCK: "Fewer are in stock than the cart holds.",
    Notice.OUT_OF_STOCK: "None is in stock.",
    Notice.UNAVAILABLE: "It is not sold any more.",
}


class CartChanged(FailedPrecondition):
    """The cart cannot be bought as the buyer saw it; names each product at fault."""

    def __init__(self, found: Sequence[tuple[str, Notice]]) -> None:
        sentence = "The cart is not as you saw it: look at it again, and check out with its etag."
        super().__init__(sentence, reason="CART_CHANGED")
        self.violations = [(product_id, notice.name, SENTENCES[notice]) for product_id, notice in found]

    def details(self) -> list[Message]:
        """A violation for each product; none for a cart that is in order, and another than the buyer saw."""
        return [precondition_failure(self.violations)] if self.violations else []


class NotSoldThere(FailedPrecondition):
    """Products in the cart are not sold where the order shall go."""

    def __init__(self, product_ids: Sequence[str], region: str) -> None:
        super().__init__(f"Some products are not sold in {region}: take them out.", reason="NOT_SOLD_IN_REGION")
        self.violations = [(one, "REGION", f"It is not sold in {region}.") for one in product_ids]

    def details(self) -> list[Message]:
        """A violation for each product."""
        return [precondition_failure(self.violations)]


class PaymentDeclined(FailedPrecondition):
    """The provider declined the charge."""

    def __init__(self, order_name: str, why: str) -> None:
        sentence = f"The payment was declined: {why} Choose another means of payment; the cart is as it was."
        super().__init__(sentence, reason="PAYMENT_DECLINED", name=order_name)


def refuse_changed(cart: Cart, etag: str) -> None:
    """Refuses a cart that is not what the buyer saw: who saw less would be charged more.

    Raises:
        CartChanged: the etag is another cart's, or an item cannot be bought as it is.
    """
    found = cart.refusals(etag)
    if found or not cart.seen_as(etag):
        raise CartChanged(found)


def precondition_failure(violations: Sequence[tuple[str, str, str]]) -> error_details_pb2.PreconditionFailure:
    """(product id, type, sentence) as google.rpc has it."""
    failure = error_details_pb2.PreconditionFailure()
    for product_id, kind, sentence in violations[:MOST_VIOLATIONS]:
        failure.violations.add(type=kind, subject=shortened(f"products/{product_id}"), description=sentence)
    return failure


def out_of_stock(product_id: str, available: int) -> FailedPrecondition:
    """More is wanted of a product than there is."""
    name = f"products/{product_id}"
    said = f"{name} has {available} in stock" if available else f"{name} is out of stock"
    return FailedPrecondition(f"{said}.", reason="INSUFFICIENT_STOCK", name=name, available_quantity=str(available))


def closed_cart(owner: str) -> FailedPrecondition:
    """A visitor's cart after they logged in, or a cart of somebody who was erased."""
    sentence = f"{owner} has no cart any more: go on with the account that was logged in to."
    return FailedPrecondition(sentence, reason="CART_CLOSED", name=f"{owner}/cart")

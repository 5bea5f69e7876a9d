"""Carts and orders to messages."""

from aisle.catalog.v1.cart_pb2 import Cart as CartMessage
from aisle.catalog.v1.cart_pb2 import CartItem as ItemMessage
from aisle.catalog.v1.order_pb2 import Order as OrderMessage
from aisle.catalog.v1.order_pb2 import OrderLine as LineMessage
from aisle.catalog.v1.order_pb2 import ShippingAddress

from services.catalog.domain.cart import Cart, CartLine
from services.catalog.domain.order import Address, Order, OrderLine
from services.catalog.servicer.messages import money, product, time


def render_order(value: Order) -> bytes:
    """An order as it is answered, kept and replayed."""
    return order(value).SerializeToString()


def cart(value: Cart) -> CartMessage:
    """A cart as its owner sees it."""
    return CartMessage(
        name=f"{value.owner}/cart",
        items=map(_item, value.lines),
        total=money(value.total),
        total_quantity=value.total_quantity,
        purchasable=value.purchasable,
        etag=value.etag,
    )


def order(value: Order) -> OrderMessage:
    """An order as its buyer sees it."""
    return OrderMessage(
        name=value.name,
        state=OrderMessage.State.ValueType(int(value.state)),
        lines=map(_line, value.lines),
        total=money(value.total),
        total_quantity=sum(value.units.values()),
        shipping_address=_address(value.address) if value.address else None,
        decline_reason=value.decline_reason,
        refunded=value.refunded,
        create_time=time(value.create_time),
        update_time=time(value.update_time),
    )


def _item(line: CartLine) -> ItemMessage:
    return ItemMessage(
        product=f"products/{line.item.product_id}",
        quantity=line.item.quantity,
        unit_price=money(line.price),
        added_price=money(line.item.added_price),
        line_total=money(line.total),
        available_quantity=line.available,
        notices=[ItemMessage.Notice.ValueType(int(notice)) for notice in line.notices],
        details=product(line.product) if line.product else None,
        add_time=time(line.item.add_time),
    )


def _line(line: OrderLine) -> LineMessage:
    picture = f"/v1/products/{line.product_id}/pictures/{line.picture_id}:render" if line.picture_id else ""
    return LineMessage(
        product=f"products/{line.product_id}",
        title=line.title,
        picture_uri=picture,
        quantity=line.quantity,
        unit_price=money(line.price),
        line_total=money(line.price.times(line.quantity)),
    )


def _address(value: Address) -> ShippingAddress:
    return ShippingAddress(
        recipient=value.recipient,
        address_lines=value.lines,
        postal_code=value.postal_code,
        city=value.city,
        region_code=value.region_code,
    )

"""Rows to messages of the contracts."""

from datetime import datetime

from aisle.catalog.v1 import product_service_pb2 as catalog
from aisle.catalog.v1.product_pb2 import Product as ProductMessage
from aisle.catalog.v1.review_service_pb2 import Review as ReviewMessage
from aisle.recs.v1.user_event_pb2 import UserEvent
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.money_pb2 import Money

from services.importer.domain import Event, Price, Product, Review

NANOS = 1_000_000_000
NEW_STOCK = 100
"""Units of a new product of which the source does not say how many there are."""


def product_row(product: Product) -> catalog.ImportProductsRequest.Row:
    """A row of ImportProducts."""
    message = ProductMessage(
        name=f"products/{product.id}",
        title=product.title,
        description=product.description,
        brand=product.brand,
        price=_money(product.price),
        list_price=_money(product.list_price),
        stock_quantity=NEW_STOCK if product.stock is None else product.stock,
        attributes=product.attributes,
        age_limit=product.age_limit,
        regions=product.regions,
    )
    return catalog.ImportProductsRequest.Row(
        product=message,
        category_path=product.category_path,
        create_time=_time(product.create_time),
        keep_stock=product.stock is None,
    )


def review(value: Review) -> ReviewMessage:
    """A review of ImportReviews."""
    return ReviewMessage(
        name=f"products/{value.product_id}/reviews/{value.id}",
        author=value.author,
        author_display_name=value.author_name,
        rating=value.rating,
        title=value.title,
        text=value.text,
        create_time=_time(value.create_time),
    )


def event(value: Event) -> UserEvent:
    """An event of ImportUserEvents."""
    return UserEvent(
        kind=UserEvent.Kind.Value(f"KIND_{value.kind.upper()}"),
        event_id=value.event_id,
        product=f"products/{value.product_id}" if value.product_id else "",
        event_time=_time(value.time),
        rating=value.rating,
        query=value.query,
        position=value.position,
        quantity=value.quantity,
        order_id=value.order_id,
        shopper=value.shopper,
    )


def _money(price: Price | None) -> Money | None:
    if price is None:
        return None
    units = int(price.amount)
    return Money(currency_code=price.currency, units=units, nanos=int((price.amount - units) * NANOS))


def _time(value: datetime | None) -> Timestamp | None:
    if value is None:
        return None
    stamp = Timestamp()
    stamp.FromDatetime(value)
    return stamp

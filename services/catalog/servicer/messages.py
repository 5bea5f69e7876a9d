"""The domain to messages."""

from collections.abc import Iterable
from datetime import datetime

from aisle.catalog.v1 import product_service_pb2 as products_pb
from aisle.catalog.v1.category_service_pb2 import Category as CategoryMessage
from aisle.catalog.v1.product_pb2 import Picture as PictureMessage
from aisle.catalog.v1.product_pb2 import Product as ProductMessage
from aisle.catalog.v1.review_service_pb2 import Review as ReviewMessage
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.money_pb2 import Money as MoneyMessage

from services.catalog.domain.category import Category
from services.catalog.domain.money import Money
from services.catalog.domain.picture import Picture
from services.catalog.domain.product import Product
from services.catalog.domain.review import Review
from services.catalog.ports import Change


def render_product(value: Product) -> bytes:
    """A product as it is answered, kept and replayed."""
    return product(value).SerializeToString()


def render_category(value: Category) -> bytes:
    """A category as it is answered and replayed."""
    return category(value).SerializeToString()


def render_review(value: Review) -> bytes:
    """A review as it is answered and replayed."""
    return review(value).SerializeToString()


def product(value: Product) -> ProductMessage:
    """A product as callers see it."""
    given = value.details
    return ProductMessage(
        name=f"products/{value.id}",
        title=given.title,
        description=given.description,
        category=f"categories/{given.category}" if given.category else "",
        category_ids=value.category_ids,
        category_path=value.category_path,
        brand=given.brand,
        price=money(given.price),
        list_price=money(given.list_price),
        stock_quantity=value.stock_quantity,
        in_stock=value.stock_quantity > 0,
        attributes=given.attributes,
        pictures=[picture(value.id, shown) for shown in value.pictures],
        rating=value.rating,
        rating_count=value.rating_count,
        age_limit=given.age_limit,
        regions=given.regions,
        create_time=time(value.create_time),
        update_time=time(value.update_time),
        etag=value.etag,
    )


def picture(product_id: str, value: Picture) -> PictureMessage:
    """A picture as callers see it."""
    name = f"products/{product_id}/pictures/{value.id}"
    return PictureMessage(
        name=name,
        uri=f"/v1/{name}:render",
        width=value.width,
        height=value.height,
        content_type=value.content_type,
    )


def category(value: Category) -> CategoryMessage:
    """A category as callers see it."""
    return CategoryMessage(
        name=f"categories/{value.id}",
        display_name=value.display_name,
        parent_category=f"categories/{value.parent_id}" if value.parent_id else "",
        depth=value.depth,
        product_count=value.product_count,
        create_time=time(value.create_time),
        etag=value.etag,
    )


def review(value: Review) -> ReviewMessage:
    """A review as callers see it."""
    return ReviewMessage(
        name=f"products/{value.product_id}/reviews/{value.id}",
        author=value.author,
        author_display_name=value.author_display_name,
        rating=value.rating,
        title=value.title,
        text=value.text,
        create_time=time(value.create_time),
    )


def changes(found: Iterable[tuple[Change, bytes | None]]) -> Iterable[products_pb.ListProductChangesResponse.Change]:
    """Lines of the change feed."""
    for change, rendered in found:
        message = products_pb.ListProductChangesResponse.Change(
            name=f"products/{change.product_id}", change_time=time(change.change_time)
        )
        if rendered is not None:
            message.product.ParseFromString(rendered)
        yield message


def money(value: Money | None) -> MoneyMessage | None:
    """An amount as callers see it."""
    return None if value is None else MoneyMessage(currency_code=value.currency, units=value.units, nanos=value.nanos)


def time(value: datetime | None) -> Timestamp | None:
    """A moment as callers see it."""
    if value is None:
        return None
    stamp = Timestamp()
    stamp.FromDatetime(value)
    return stamp

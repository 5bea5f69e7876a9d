"""Products of the catalogue as filters, eligibility and towers see them."""

from collections.abc import Mapping
from typing import Any

from aisle.catalog.v1.product_pb2 import Product
from google.protobuf.timestamp_pb2 import Timestamp

from services.kit.filters import FieldType, Indexed
from services.recs.domain.feature_spec import ItemFacts

SCHEMA: Mapping[str, FieldType] = {
    "id": FieldType.TEXT,
    "title": FieldType.TEXT,
    "category": FieldType.PATH,
    "brand": FieldType.TEXT,
    "price": FieldType.NUMBER,
    "currency": FieldType.TEXT,
    "in_stock": FieldType.BOOLEAN,
    "rating": FieldType.NUMBER,
    "create_time": FieldType.TIME,
    "update_time": FieldType.TIME,
    "attributes.*": FieldType.TEXT,
}
"""Fields of Recommend's filter: those of ListProducts."""
INDEXED = Indexed(
    {"category", "brand", "price", "currency", "in_stock", "rating", "create_time"}, {"price", "currency"}
)
"""What a release's collection knows of them."""


def product_id(name: str) -> str:
    """`products/x` -> `x`."""
    return name.removeprefix("products/")


def record(product: Product) -> dict[str, Any]:
    """The product's values by filter field; what is absent is None."""
    priced = product.HasField("price")
    return {
        "id": product_id(product.name),
        "title": product.title,
        "category": product.category_ids,
        "brand": product.brand,
        "price": price(product) if priced else None,
        "currency": product.price.currency_code if priced else None,
        "in_stock": product.in_stock,
        "rating": product.rating,
        "create_time": _seconds(product.create_time),
        "update_time": _seconds(product.update_time),
        **{f"attributes.{key}": value for key, value in product.attributes.items()},
    }


def _seconds(moment: Timestamp) -> float:
    return moment.seconds + moment.nanos / 1e9


def price(product: Product) -> float:
    """In units of the currency; 0 when unknown. The nearest float to the exact amount."""
    money = product.price
    return float(f"{money.units}.{money.nanos:09d}") if product.HasField("price") else 0.0


def facts(product: Product) -> ItemFacts:
    """The product for tower and index."""
    return ItemFacts(
        product_id=product_id(product.name),
        category_ids=tuple(product.category_ids),
        brand=product.brand,
        price=price(product),
        currency=product.price.currency_code,
        title=product.title,
        attributes=dict(product.attributes),
        in_stock=product.in_stock,
        rating=product.rating,
        create_time=product.create_time.seconds,
    )

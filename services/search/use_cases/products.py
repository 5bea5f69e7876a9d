"""Products of the catalogue as search sees them."""

from collections.abc import Mapping

from aisle.catalog.v1.product_pb2 import Product

from services.kit.filters import FieldType, Indexed
from services.search.domain.words import BORDER, folded
from services.search.ports import Texts

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
"""Fields of the filter: those of ListProducts."""
INDEXED = Indexed(
    {"id", "category", "brand", "price", "currency", "in_stock", "rating", "create_time"}, {"price", "currency"}
)
"""What a build's collections know of them."""


def product_id(name: str) -> str:
    """`products/x` -> `x`."""
    return name.removeprefix("products/")


def price(product: Product) -> float | None:
    """In units of the currency: the nearest float to the exact amount."""
    if not product.HasField("price"):
        return None
    units, nanos = product.price.units, product.price.nanos
    return float(f"{'-' if units < 0 or nanos < 0 else ''}{abs(units)}.{abs(nanos):09d}")


def texts(product: Product) -> Texts:
    """What the words of a product are found in."""
    values = [value for _, value in sorted(product.attributes.items())]
    names = (*product.category_path, product.brand, *values)
    item = product_id(product.name)
    said = (product.title, *names, product.description, item)
    return Texts(product.title, BORDER.join(filter(None, said)), tuple(filter(None, names)), folded(item))

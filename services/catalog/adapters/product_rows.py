"""Rows of products: from the tables to the domain, and from the domain to what the bulk statements take."""

from decimal import Decimal
from typing import Any

from sqlalchemy import Row, any_, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by
from sqlalchemy.types import Text

from services.catalog.adapters.tables import categories, pictures, product_pictures, products
from services.catalog.domain.money import Money
from services.catalog.domain.picture import Picture
from services.catalog.domain.product import Product, ProductDetails
from services.catalog.ports import ProductRecord

_PICTURE = func.jsonb_build_array(pictures.c.id, pictures.c.content_type, pictures.c.width, pictures.c.height)
_PICTURES = (
    select(func.jsonb_agg(aggregate_order_by(_PICTURE, product_pictures.c.position)))
    .join_from(product_pictures, pictures, pictures.c.id == product_pictures.c.picture_id)
    .where(product_pictures.c.product_id == products.c.id)
    .scalar_subquery()
    .label("pictures")
)
SELECT_BY_IDS = (
    select(products, categories.c.path_names.label("category_path"), _PICTURES)
    .join_from(products, categories, categories.c.id == products.c.category_id, isouter=True)
    .where(products.c.id == any_(bindparam("ids", type_=ARRAY(Text))))
)
"""Everything of the products with the ids `ids`."""


def product(row: Row[Any]) -> Product:
    """A row of `SELECT_BY_IDS`."""
    return Product(
        id=row.id,
        details=ProductDetails(
            title=row.title,
            description=row.description,
            category=row.category_id,
            brand=row.brand,
            price=_money(row.currency, row.price),
            list_price=_money(row.currency, row.list_price),
            attributes=row.attributes,
            age_limit=row.age_limit,
            regions=tuple(row.regions),
        ),
        stock_quantity=row.stock_quantity,
        create_time=row.create_time,
        update_time=row.update_time,
        version=row.version,
        category_ids=tuple(row.category_ids),
        category_path=tuple(row.category_path or ()),
        pictures=tuple(Picture(*picture) for picture in row.pictures or ()),
        rating=row.rating,
        rating_count=row.rating_count,
        imported_stock=row.imported_stock,
    )


def record(written: ProductRecord) -> dict[str, object]:
    """A row of the JSON that the bulk statements read; amounts are text, so that they stay exact."""
    details = written.details
    return {
        "id": written.id,
        "title": details.title,
        "description": details.description,
        "category_id": details.category,
        "category_ids": written.category_ids,
        "brand": details.brand,
        "currency": details.price.currency if details.price else None,
        "price": str(details.price.amount) if details.price else None,
        "list_price": str(details.list_price.amount) if details.list_price else None,
        "stock_quantity": written.stock_quantity,
        "imported_stock": written.imported_stock,
        "attributes": dict(details.attributes),
        "age_limit": details.age_limit,
        "regions": details.regions,
        "create_time": written.create_time.isoformat() if written.create_time else None,
    }


def _money(currency: str | None, amount: Decimal | None) -> Money | None:
    return None if currency is None or amount is None else Money(currency, amount)

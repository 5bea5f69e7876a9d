"""Rows of imports: each is checked alone, so that a bad one does not refuse the rest."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from aisle.catalog.v1 import product_service_pb2 as products_pb
from aisle.catalog.v1.review_service_pb2 import Review as ReviewMessage
from google.protobuf.message import Message

from services.catalog.domain.category import clean_path
from services.catalog.domain.imports import Outcome, Refusal
from services.catalog.domain.product import ImportedProduct
from services.catalog.domain.review import ImportedReview, Review
from services.catalog.servicer import parsing
from services.catalog.servicer.parsing import Wrong
from services.kit.validation import violations

M = TypeVar("M", bound=Message)
T = TypeVar("T")


def products(rows: Iterable[products_pb.ImportProductsRequest.Row]) -> tuple[list[ImportedProduct], list[Refusal]]:
    """The rows that can be read, and why the others cannot."""
    return _sorted_out(rows, _product)


def reviews(rows: Iterable[ReviewMessage]) -> tuple[list[ImportedReview], list[Refusal]]:
    """The reviews that can be read, and why the others cannot."""
    return _sorted_out(rows, _review)


def counts(outcome: Outcome) -> dict[str, int]:
    """The counts of an import's reply."""
    return {
        "created_count": outcome.created,
        "updated_count": outcome.updated,
        "unchanged_count": outcome.unchanged,
    }


def refusals(make: Callable[..., M], found: Iterable[Refusal]) -> list[M]:
    """The refusals of an import's reply, in the order of the rows."""
    ordered = sorted(found, key=lambda refusal: refusal.index)
    return [make(index=one.index, field=one.field, description=one.description) for one in ordered]


def _sorted_out(rows: Iterable[Any], read: Callable[[int, Any], T]) -> tuple[list[T], list[Refusal]]:
    good, refused = [], []
    for index, row in enumerate(rows):
        try:
            for field, description in violations(row):
                raise Wrong(field, description)
            good.append(read(index, row))
        except Wrong as wrong:
            refused.append(Refusal(index, wrong.field, wrong.description))
    return good, refused


def _product(index: int, row: products_pb.ImportProductsRequest.Row) -> ImportedProduct:
    if not row.product.name:
        raise Wrong("product.name", "is required")
    return ImportedProduct(
        index=index,
        id=parsing.last(row.product.name),
        details=parsing.details(row.product),
        stock_quantity=row.product.stock_quantity,
        category_path=clean_path(row.category_path),
        create_time=parsing.moment(row, "create_time", "create_time"),
        keep_stock=row.keep_stock,
    )


def _review(index: int, row: ReviewMessage) -> ImportedReview:
    if not row.name:
        raise Wrong("name", "is required")
    product_id, review_id = parsing.pair(row.name)
    review = Review(
        product_id=product_id,
        id=review_id,
        author=row.author,
        author_display_name=row.author_display_name,
        rating=row.rating,
        title=row.title,
        text=row.text,
        create_time=parsing.moment(row, "create_time", "create_time"),
    )
    return ImportedReview(index, review)

"""Products: read, listed, written one at a time."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from services.catalog.domain.product import Product, ProductDetails, problems, stock_problem
from services.catalog.ports import (
    Change,
    Database,
    Position,
    ProductQuery,
    ProductRecord,
    Snapshots,
    Transaction,
)
from services.catalog.use_cases.replay import RequestKey, once
from services.kit.errors import Aborted, AlreadyExists, FailedPrecondition, InvalidArgument, NotFound

Rendered = bytes
"""A product as it is answered."""


class ProductUseCases:
    """Everything of ProductService but the import."""

    def __init__(self, database: Database, snapshots: Snapshots, render: Callable[[Product], Rendered]) -> None:
        self._database = database
        self._snapshots = snapshots
        self._render = render

    async def batch_get(self, ids: Sequence[str], allow_missing: bool) -> list[Rendered]:
        """Products in the order of the ids.

        Raises:
            NotFound: one of them does not exist, and none may be missing.
        """
        found = await self._snapshots.get(ids)
        if not allow_missing:
            for product_id in ids:
                if product_id not in found:
                    raise NotFound(f"products/{product_id}")
        return [found[product_id] for product_id in ids if product_id in found]

    async def page(
        self, query: ProductQuery, after: Position | None, limit: int
    ) -> tuple[list[Rendered], Position | None, int]:
        """A page, where the next one begins, and how many there are in all."""
        async with self._database.begin() as transaction:
            ids, following = await transaction.products.page(query, after, limit)
            total = await transaction.products.count(query.filter)
        return await self.batch_get(ids, allow_missing=True) if ids else [], following, total

    async def create(
        self, product_id: str, details: ProductDetails, stock_quantity: int, key: RequestKey | None
    ) -> Rendered:
        """A new product; its id is made up when empty.

        Raises:
            AlreadyExists: the id is taken.
            NotFound: the category does not exist.
        """
        _check(details)
        async with self._database.begin() as transaction:

            async def act() -> Rendered:
                chosen = product_id or uuid.uuid4().hex[:16]
                above = await _place(transaction, details.category)
                record = ProductRecord(chosen, details, above, stock_quantity)
                if not await transaction.products.insert([record]):
                    raise AlreadyExists(f"products/{chosen}")
                return await self._read(transaction, chosen)

            return await once(transaction.replays, key, act)

    async def update(self, product_id: str, changed: Mapping[str, Any], etag: str) -> Rendered:
        """Writes the fields in `changed`, which are named as those of ProductDetails.

        Raises:
            NotFound: the product or its new category does not exist.
            Aborted: the etag is not current.
        """
        async with self._database.begin() as transaction:
            # The category is held before the product, as everybody who needs both does.
            held = await _place(transaction, changed.get("category"))
            product = await _lock(transaction, product_id, etag)
            details = replace(product.details, **changed)
            if details != product.details:
                _check(details)
                above = held if "category" in changed else product.category_ids
                stock, imported = product.stock_quantity, product.imported_stock
                record = ProductRecord(product_id, details, above, stock, product.create_time, imported)
                await transaction.products.update([record])
            return await self._read(transaction, product_id)

    async def delete(self, product_id: str, etag: str) -> None:
        """Deletes a product with its reviews.

        Raises:
            NotFound: it does not exist.
            Aborted: the etag is not current.
        """
        async with self._database.begin() as transaction:
            await _lock(transaction, product_id, etag)
            await transaction.products.delete(product_id)

    async def adjust_stock(self, product_id: str, delta: int, key: RequestKey | None) -> Rendered:
        """Adds to or takes from the stock; calls for the same product wait for each other.

        Raises:
            NotFound: the product does not exist.
            FailedPrecondition: less than nothing would be left.
        """
        if delta == 0:
            raise InvalidArgument.field("delta", "must not be 0")
        async with self._database.begin() as transaction:

            async def act() -> Rendered:
                product = await _lock(transaction, product_id, etag="")
                quantity = product.stock_quantity + delta
                if (wrong := stock_problem(quantity)) is not None:
                    raise FailedPrecondition(
                        f"products/{product_id} has {product.stock_quantity} in stock: {wrong}.",
                        reason="STOCK_OUT_OF_RANGE",
                        name=f"products/{product_id}",
                        stock_quantity=str(product.stock_quantity),
                    )
                await transaction.products.set_stock(product_id, quantity)
                return await self._read(transaction, product_id)

            return await once(transaction.replays, key, act)

    async def changes(self, cursor: str, limit: int) -> tuple[list[tuple[Change, Rendered | None]], str]:
        """Changes after the cursor with the product as it is now, and the cursor after them."""
        async with self._database.begin() as transaction:
            changes, following = await transaction.products.changes(cursor, limit)
        now = await self._snapshots.get([change.product_id for change in changes]) if changes else {}
        return [(change, now.get(change.product_id)) for change in changes], following

    async def _read(self, transaction: Transaction, product_id: str) -> Rendered:
        product = await transaction.products.get(product_id)
        if product is None:
            raise NotFound(f"products/{product_id}")
        return self._render(product)


def _check(details: ProductDetails) -> None:
    if found := problems(details):
        violations = [(f"product.{field}", description) for field, description in found]
        what = "; ".join(f"{field}: {description}" for field, description in violations)
        raise InvalidArgument(f"The product is not valid: {what}", violations=violations)


async def _place(transaction: Transaction, category_id: str | None) -> tuple[str, ...]:
    """Ids from the root to the category; none for no category."""
    if category_id is None:
        return ()
    held = await transaction.categories.hold([category_id])
    if category_id not in held:
        raise NotFound(f"categories/{category_id}")
    return held[category_id].ids


async def _lock(transaction: Transaction, product_id: str, etag: str) -> Product:
    product = (await transaction.products.lock([product_id])).get(product_id)
    if product is None:
        raise NotFound(f"products/{product_id}")
    if etag and etag != product.etag:
        raise Aborted("The product has changed since it was read: read it again.", name=f"products/{product_id}")
    return product

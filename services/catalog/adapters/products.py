"""Products, written and read within a transaction."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import any_, bindparam, delete, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Text

from services.catalog.adapters import product_queries, product_rows
from services.catalog.adapters.tables import product_changes, products
from services.catalog.domain.product import MAX_STOCK, Product
from services.catalog.ports import Change, Position, ProductQuery, ProductRecord
from services.kit.changes import START, cursor_of, safe_changes
from services.kit.filters import Expr

CHANNEL = "product_changes"
"""Notified by a trigger of the table of this name."""
_RECORDS = """
    SELECT id, title, description, category_id, category_ids, brand, currency, price, list_price, stock_quantity,
        imported_stock, attributes, age_limit, regions, coalesce(create_time, now()) AS create_time
    FROM jsonb_to_recordset(:rows) AS row (id text, title text, description text, category_id text,
        category_ids text[], brand text, currency text, price numeric, list_price numeric, stock_quantity bigint,
        imported_stock bigint, attributes jsonb, age_limit smallint, regions text[], create_time timestamptz)
    ORDER BY id
"""
_ROWS = bindparam("rows", type_=JSONB)
# One statement for any number of rows: 500 of them take 25 ms this way, and one run of each trigger.
_INSERT = text(f"""
    INSERT INTO products (id, title, description, category_id, category_ids, brand, currency, price, list_price,
        stock_quantity, imported_stock, attributes, age_limit, regions, create_time)
    {_RECORDS}
    ON CONFLICT (id) DO NOTHING RETURNING id
""").bindparams(_ROWS)
_UPDATE = text(f"""
    UPDATE products SET title = new.title, description = new.description, category_id = new.category_id,
        category_ids = new.category_ids, brand = new.brand, currency = new.currency, price = new.price,
        list_price = new.list_price, stock_quantity = new.stock_quantity, imported_stock = new.imported_stock,
        attributes = new.attributes, age_limit = new.age_limit, regions = new.regions, create_time = new.create_time
    FROM ({_RECORDS}) AS new WHERE products.id = new.id
""").bindparams(_ROWS)  # noqa: S608 - only constants are put together

_UNITS = """
    FROM unnest(CAST(:ids AS text[]), CAST(:units AS bigint[])) AS moved (id, units) WHERE products.id = moved.id
"""
_TAKE = text(f"UPDATE products SET stock_quantity = stock_quantity - moved.units {_UNITS}")  # noqa: S608
# A merchant may have counted anew in between: what comes back must not fail for there being too much.
_RETURN = text(
    f"UPDATE products SET stock_quantity = least(stock_quantity + moved.units, {MAX_STOCK}) {_UNITS}"  # noqa: S608
)


class SqlProducts:
    """The tables `products` and `product_changes`, within a transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, product_id: str) -> Product | None:
        """The product."""
        return (await self.get_many([product_id])).get(product_id)

    async def get_many(self, ids: Collection[str]) -> dict[str, Product]:
        """The products that exist, by id."""
        rows = await self._connection.execute(product_rows.SELECT_BY_IDS, {"ids": list(ids)})
        return {row.id: product_rows.product(row) for row in rows}

    async def lock(self, ids: Collection[str]) -> dict[str, Product]:
        """The products that exist, held against other writers until the transaction ends.

        Always in the order of their ids, so that two writers of several cannot wait for each other.
        """
        found = await self._hold(ids)
        return await self.get_many(found) if found else {}

    async def _hold(self, ids: Collection[str]) -> list[str]:
        held = select(products.c.id).where(products.c.id == any_(bindparam("ids", type_=ARRAY(Text))))
        held = held.order_by(products.c.id).with_for_update(key_share=True)
        return list((await self._connection.execute(held, {"ids": list(ids)})).scalars())

    async def insert(self, records: Sequence[ProductRecord]) -> set[str]:
        """Writes new products; returns the ids that were free."""
        rows = [product_rows.record(record) for record in records]
        return set((await self._connection.execute(_INSERT, {"rows": rows})).scalars())

    async def update(self, records: Sequence[ProductRecord]) -> None:
        """Writes products that exist."""
        await self._connection.execute(_UPDATE, {"rows": [product_rows.record(record) for record in records]})

    async def touch(self, ids: Collection[str]) -> None:
        """Gives products a new version: the trigger does it at any update."""
        touched = update(products).where(products.c.id.in_(ids)).values(version=products.c.version)
        await self._connection.execute(touched)

    async def set_stock(self, product_id: str, quantity: int) -> None:
        """Writes the units on hand of a product that is locked."""
        await self._connection.execute(
            update(products).where(products.c.id == product_id).values(stock_quantity=quantity)
        )

    async def take_stock(self, units: Mapping[str, int]) -> None:
        """Takes units of products that are locked."""
        await self._connection.execute(_TAKE, {"ids": list(units), "units": list(units.values())})

    async def return_stock(self, units: Mapping[str, int]) -> None:
        """Brings units back, of the products that still exist; locks them in the order of their ids."""
        if await self._hold(units):
            await self._connection.execute(_RETURN, {"ids": list(units), "units": list(units.values())})

    async def delete(self, product_id: str) -> None:
        """Deletes a product with its reviews."""
        await self._connection.execute(delete(products).where(products.c.id == product_id))

    async def page(self, query: ProductQuery, after: Position | None, limit: int) -> tuple[list[str], Position | None]:
        """Ids of a page, and where the next one begins; None at the end."""
        rows = (await self._connection.execute(product_queries.page(query, after, limit + 1))).all()
        following = product_queries.position(query, rows[limit - 1]) if len(rows) > limit else None
        return [row.id for row in rows[:limit]], following

    async def count(self, where: Expr | None) -> int:
        """How many products a filter keeps."""
        return int((await self._connection.execute(product_queries.count(where))).scalar_one())

    async def changes(self, cursor: str, limit: int) -> tuple[list[Change], str]:
        """Changes after the cursor, oldest first, and the cursor after them."""
        rows = (await self._connection.execute(safe_changes(product_changes, cursor, limit))).all()
        return [Change(row.product_id, row.change_time) for row in rows], cursor_of(
            rows[-1]
        ) if rows else cursor or START

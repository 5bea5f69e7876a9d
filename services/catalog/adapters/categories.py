"""The category tree."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Select, Text, bindparam, case, delete, func, insert, literal, or_, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY, array
from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.adapters import positions
from services.catalog.adapters.tables import categories, products, versions
from services.catalog.domain.category import Category
from services.catalog.ports import Position
from services.kit.errors import InvalidArgument

_TREE_LOCK = 7_305_001
"""An advisory lock that nothing else in this database takes."""
_COLUMNS = (
    categories.c.id,
    categories.c.path_ids,
    categories.c.path_names,
    categories.c.create_time,
    categories.c.version,
)


class SqlCategories:
    """The table `categories`, within a transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def lock_tree(self) -> None:
        """Holds the tree against other writers of categories until the transaction ends."""
        await self._connection.execute(select(func.pg_advisory_xact_lock(_TREE_LOCK)))

    async def get(self, category_id: str) -> Category | None:
        """The category with the number of its products."""
        found = await self._counted(select(*_COLUMNS).where(categories.c.id == category_id))
        return found[0] if found else None

    async def hold(self, ids: Collection[str]) -> dict[str, Category]:
        """The categories that exist, held against renaming and deletion until the transaction ends.

        A product that is written while its category is renamed would otherwise keep the old name under its version.
        """
        if not ids:
            return {}
        held = select(*_COLUMNS).where(categories.c.id.in_(sorted(ids))).order_by(categories.c.id)
        rows = await self._connection.execute(held.with_for_update(read=True))
        return {row.id: _category(row) for row in rows}

    async def hold_alone(self, category_id: str) -> None:
        """Waits for everybody who holds the category, and lets nobody else hold it until the transaction ends."""
        await self._connection.execute(select(categories.c.id).where(categories.c.id == category_id).with_for_update())

    async def by_path(self, paths: Collection[tuple[str, ...]]) -> dict[tuple[str, ...], Category]:
        """Categories by the path of names that they have, or were made with; the present name goes first."""
        if not paths:
            return {}
        wanted = [list(path) for path in paths]
        either = or_(*(column.in_([_text_array(path) for path in wanted]) for column in _NAMES))
        rows = (await self._connection.execute(select(*_COLUMNS, categories.c.origin).where(either))).all()
        made_with = {tuple(row.origin): _category(row) for row in rows}
        return made_with | {tuple(row.path_names): _category(row) for row in rows}

    async def taken(self, ids: Collection[str]) -> set[str]:
        """Which of the ids exist."""
        return set((await self._connection.execute(select(categories.c.id).where(categories.c.id.in_(ids)))).scalars())

    async def insert(self, category: Category, origin: tuple[str, ...]) -> None:
        """Writes a new category; `origin` is the path of names by which imports find it."""
        row = {
            "id": category.id,
            "parent_id": category.parent_id,
            "path_ids": list(category.ids),
            "path_names": list(category.names),
            "origin": list(origin),
            "create_time": category.create_time,
        }
        await self._connection.execute(insert(categories).values(row))

    async def rename(self, category_id: str, display_name: str) -> None:
        """Renames it in its own path and in those of all below; touches the products there."""
        below = categories.c.path_ids.contains([category_id])
        level = func.array_position(categories.c.path_ids, category_id)
        names = categories.c.path_names
        renamed = (
            names[literal(1) : level - 1]
            .op("||")(array([literal(display_name, Text)]))
            .op("||")(names[level + 1 : func.cardinality(names)])
        )
        version = case((categories.c.id == category_id, versions.next_value()), else_=categories.c.version)
        await self._connection.execute(update(categories).where(below).values(path_names=renamed, version=version))
        inside = products.c.category_ids.contains([category_id])
        # In the order of their ids, as everybody locks them: an import of the same products would deadlock otherwise.
        held = select(products.c.id).where(inside).order_by(products.c.id).with_for_update(key_share=True)
        await self._connection.execute(held)
        await self._connection.execute(update(products).where(inside).values(version=products.c.version))

    async def is_empty(self, category_id: str) -> bool:
        """Whether it holds neither products nor categories."""
        child = select(categories.c.id).where(categories.c.parent_id == category_id).exists()
        inside = select(products.c.id).where(products.c.category_id == category_id).exists()
        return not (await self._connection.execute(select(or_(child, inside)))).scalar_one()

    async def delete(self, category_id: str) -> None:
        """Deletes an empty category."""
        await self._connection.execute(delete(categories).where(categories.c.id == category_id))

    async def page(self, after: Position | None, limit: int) -> tuple[list[Category], Position | None]:
        """Parents before their children: a path of names sorts before those that go on from it."""
        rows = select(*_COLUMNS).order_by(categories.c.path_names).limit(limit + 1)
        if after is not None:
            with positions.forged_is_invalid():
                last = positions.text(after["id"])
            rows = rows.where(categories.c.path_names > await self._path(last))
        found = await self._counted(rows)
        return found[:limit], {"id": found[limit - 1].id} if len(found) > limit else None

    async def _path(self, last: str) -> object:
        # A token names the category, since the path may be longer than a token.
        wanted = select(categories.c.path_names).where(categories.c.id == last)
        if (path := (await self._connection.execute(wanted)).scalar()) is None:
            raise InvalidArgument.field("page_token", "goes on after a category that is gone: start at the first page")
        return _text_array(path)

    async def _counted(self, wanted: Select[Any]) -> list[Category]:
        rows = (await self._connection.execute(wanted)).all()
        counted = await self._connection.execute(_COUNTS, {"ids": [row.id for row in rows]})
        counts: dict[str, int] = {row.id: row.products for row in counted}
        return [_category(row, counts.get(row.id, 0)) for row in rows]


_NAMES = (categories.c.path_names, categories.c.origin)
# Counting first by the deepest category leaves a few hundred rows to add up along their paths.
_COUNTS = text("""
    SELECT above.id, sum(standing.products)::bigint AS products
    FROM (SELECT category_id, count(*) AS products FROM products GROUP BY category_id) AS standing
    JOIN categories ON categories.id = standing.category_id
    CROSS JOIN unnest(categories.path_ids) AS above (id)
    WHERE above.id = ANY (:ids)
    GROUP BY above.id
""").bindparams(bindparam("ids", type_=ARRAY(Text)))


def _text_array(names: Sequence[str]) -> object:
    return literal(list(names), ARRAY(Text))


def _category(row: Any, product_count: int = 0) -> Category:
    return Category(
        id=row.id,
        ids=tuple(row.path_ids),
        names=tuple(row.path_names),
        create_time=row.create_time,
        version=row.version,
        product_count=product_count,
    )

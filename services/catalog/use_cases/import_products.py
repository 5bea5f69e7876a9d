"""Many products at once: what is new is created, what differs is updated, and doing it twice changes nothing."""

from collections.abc import Sequence
from dataclasses import replace

from services.catalog.domain.category import path_problem
from services.catalog.domain.imports import Outcome
from services.catalog.domain.product import ImportedProduct, Product, problems
from services.catalog.ports import Database, ProductRecord, Transaction
from services.catalog.use_cases.category_paths import ids_of_paths
from services.catalog.use_cases.measures import IMPORTED

Placed = dict[str, tuple[str, ...]]
"""Ids from the root to a category, by the category's id."""


class ImportProducts:
    """ProductService.ImportProducts, one transaction a call."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def __call__(self, rows: Sequence[ImportedProduct]) -> Outcome:
        """Writes the rows that can be written; the others are named in the outcome."""
        outcome = Outcome()
        good = _checked(rows, outcome)
        if good:
            async with self._database.begin() as transaction:
                placed = await _in_categories(transaction, good)
                above = await _above(transaction, placed)
                await _write(transaction, _standing(placed, above, outcome), above, outcome)
        IMPORTED.labels("product", "created").inc(outcome.created)
        IMPORTED.labels("product", "updated").inc(outcome.updated)
        IMPORTED.labels("product", "unchanged").inc(outcome.unchanged)
        IMPORTED.labels("product", "refused").inc(len(outcome.refused))
        return outcome


def _checked(rows: Sequence[ImportedProduct], outcome: Outcome) -> list[ImportedProduct]:
    seen: dict[str, int] = {}
    good = []
    for row in rows:
        first = seen.setdefault(row.id, row.index)
        if first != row.index:
            outcome.refuse(row.index, "product.name", f"products/{row.id} stands in row {first} of the request already")
        elif found := problems(row.details):
            field, description = found[0]
            outcome.refuse(row.index, f"product.{field}", description)
        elif wrong := path_problem(row.category_path):
            outcome.refuse(row.index, "category_path", wrong)
        else:
            good.append(row)
    return good


async def _in_categories(transaction: Transaction, rows: list[ImportedProduct]) -> list[ImportedProduct]:
    paths = {row.category_path for row in rows if row.category_path}
    ids = await ids_of_paths(transaction.categories, paths)
    return [row.in_category(ids[row.category_path]) if row.category_path else row for row in rows]


async def _above(transaction: Transaction, rows: list[ImportedProduct]) -> Placed:
    wanted = {row.details.category for row in rows if row.details.category}
    # The categories are held before the products, as everybody who needs both does.
    held = await transaction.categories.hold(wanted)
    return {category_id: category.ids for category_id, category in held.items()}


def _standing(rows: list[ImportedProduct], above: Placed, outcome: Outcome) -> list[ImportedProduct]:
    """The rows whose category exists; one may have been deleted since it was looked up."""
    standing = []
    for row in rows:
        if row.details.category is None or row.details.category in above:
            standing.append(row)
        else:
            outcome.refuse(row.index, "product.category", f"categories/{row.details.category} was not found")
    return standing


async def _write(transaction: Transaction, rows: list[ImportedProduct], above: Placed, outcome: Outcome) -> None:
    there = await transaction.products.lock([row.id for row in rows])
    new = [row for row in rows if row.id not in there]
    created = await transaction.products.insert([_record(row, above) for row in new]) if new else set()
    outcome.created = len(created)
    # Another import may have created some of them in between.
    if late := [row.id for row in new if row.id not in created]:
        there |= await transaction.products.lock(late)
    known = [row for row in rows if row.id in there]
    differing = [row for row in known if not row.same_as(there[row.id])]
    if differing:
        await transaction.products.update([_record(row, above, there[row.id]) for row in differing])
    outcome.updated = len(differing)
    outcome.unchanged = len(known) - len(differing)


def _record(row: ImportedProduct, above: Placed, old: Product | None = None) -> ProductRecord:
    category_ids = above[row.details.category] if row.details.category else ()
    imported = None if row.keep_stock else row.stock_quantity
    record = ProductRecord(row.id, row.details, category_ids, row.stock_quantity, row.create_time, imported)
    if old is None:
        return record
    stock, imported = row.stock_after(old)
    created = row.create_time or old.create_time
    return replace(record, stock_quantity=stock, imported_stock=imported, create_time=created)

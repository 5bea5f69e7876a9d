"""The category tree: read, and written one category at a time."""

from collections.abc import Callable
from datetime import UTC, datetime

from services.catalog.domain.category import Category, id_of_path, path_problem
from services.catalog.ports import Categories, Database, Position
from services.catalog.use_cases.replay import RequestKey, once
from services.kit.errors import Aborted, AlreadyExists, FailedPrecondition, InvalidArgument, NotFound

Rendered = bytes
"""A category as it is answered."""


class CategoryUseCases:
    """Everything of CategoryService."""

    def __init__(self, database: Database, render: Callable[[Category], Rendered]) -> None:
        self._database = database
        self._render = render

    async def get(self, category_id: str) -> Category:
        """The category.

        Raises:
            NotFound: it does not exist.
        """
        async with self._database.begin() as transaction:
            return await _existing(transaction.categories, category_id)

    async def page(self, after: Position | None, limit: int) -> tuple[list[Category], Position | None]:
        """Parents before their children, and where the next page begins; None at the end."""
        async with self._database.begin() as transaction:
            return await transaction.categories.page(after, limit)

    async def create(
        self, category_id: str, display_name: str, parent_id: str | None, key: RequestKey | None
    ) -> Rendered:
        """A new category; its id is made from its path of names when empty.

        Raises:
            NotFound: the parent does not exist.
            AlreadyExists: the id is taken, or the parent has a category of that name.
        """
        async with self._database.begin() as transaction:
            categories = transaction.categories

            async def act() -> Rendered:
                await categories.lock_tree()
                made = await _placed(categories, category_id, display_name.strip(), parent_id)
                await categories.insert(made, origin=made.names)
                return self._render(await _existing(categories, made.id))

            return await once(transaction.replays, key, act)

    async def update(self, category_id: str, display_name: str | None, etag: str) -> Category:
        """Renames the category, in its own path and in those of all below it; None leaves its name.

        Raises:
            NotFound: it does not exist.
            Aborted: the etag is not current.
            AlreadyExists: its parent has another category of that name.
        """
        async with self._database.begin() as transaction:
            categories = transaction.categories
            await categories.lock_tree()
            category = await _current(categories, category_id, etag)
            name = category.display_name if display_name is None else display_name.strip()
            if name == category.display_name:
                return category
            await _check_path(categories, (*category.names[:-1], name))
            await categories.rename(category_id, name)
            return await _existing(categories, category_id)

    async def delete(self, category_id: str, etag: str) -> None:
        """Deletes an empty category.

        Raises:
            NotFound: it does not exist.
            Aborted: the etag is not current.
            FailedPrecondition: it holds products or categories.
        """
        async with self._database.begin() as transaction:
            categories = transaction.categories
            await categories.lock_tree()
            await categories.hold_alone(category_id)
            await _current(categories, category_id, etag)
            if not await categories.is_empty(category_id):
                raise FailedPrecondition(
                    f"categories/{category_id} holds products or categories: move or delete them first.",
                    reason="CATEGORY_NOT_EMPTY",
                    name=f"categories/{category_id}",
                )
            await categories.delete(category_id)


async def _existing(categories: Categories, category_id: str) -> Category:
    if (category := await categories.get(category_id)) is None:
        raise NotFound(f"categories/{category_id}")
    return category


async def _current(categories: Categories, category_id: str, etag: str) -> Category:
    category = await _existing(categories, category_id)
    if etag and etag != category.etag:
        raise Aborted("The category has changed since it was read: read it again.", name=f"categories/{category_id}")
    return category


async def _placed(categories: Categories, category_id: str, display_name: str, parent_id: str | None) -> Category:
    parent = await _existing(categories, parent_id) if parent_id is not None else None
    path = (*(parent.names if parent else ()), display_name)
    await _check_path(categories, path)
    made = category_id
    if made:
        taken = await categories.taken([made])
    else:
        plain = id_of_path(path, ())
        made = id_of_path(path, await categories.taken([plain]))
        taken = await categories.taken([made])
    if taken:
        raise AlreadyExists(f"categories/{made}")
    return Category(made, (*(parent.ids if parent else ()), made), path, datetime.now(UTC), version=0)


async def _check_path(categories: Categories, path: tuple[str, ...]) -> None:
    if (wrong := path_problem(path)) is not None:
        raise InvalidArgument.field("category.display_name", wrong)
    if (other := (await categories.by_path([path])).get(path)) is not None and other.names == path:
        raise AlreadyExists(f"categories/{other.id}")

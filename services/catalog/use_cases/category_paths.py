"""Categories by the path of names that imports give, made where they are missing."""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime

from services.catalog.domain.category import Category, id_of_path
from services.catalog.ports import Categories

Path = tuple[str, ...]


async def ids_of_paths(categories: Categories, paths: Collection[Path]) -> dict[Path, str]:
    """The id of the category at each path; makes those that are missing, and what is missing above them."""
    found = await categories.by_path(paths)
    if not all(path in found for path in paths):
        # From here on nobody else makes or renames one, so that what is still missing can be made.
        await categories.lock_tree()
        found = await _complete(categories, paths)
    return {path: found[path].id for path in paths}


async def _complete(categories: Categories, paths: Collection[Path]) -> dict[Path, Category]:
    wanted = sorted(_with_all_above(paths))
    found = await categories.by_path(wanted)
    taken = await categories.taken([id_of_path(path, ()) for path in wanted if path not in found])
    for path in wanted:  # a path sorts before those that go on from it
        if path not in found:
            found[path] = await _find_or_make(categories, found.get(path[:-1]), path, taken)
            taken.add(found[path].id)
    return found


async def _find_or_make(
    categories: Categories, parent: Category | None, path: Path, taken: Collection[str]
) -> Category:
    names = (*parent.names, path[-1]) if parent else path
    # When the parent has been renamed since, somebody may have made the category below its new name.
    if names != path and (there := (await categories.by_path([names])).get(names)):
        return there
    made = id_of_path(path, taken)
    category = Category(made, (*(parent.ids if parent else ()), made), names, datetime.now(UTC), version=0)
    await categories.insert(category, origin=path)
    return category


def _with_all_above(paths: Iterable[Path]) -> set[Path]:
    return {path[:length] for path in paths for length in range(1, len(path) + 1)}

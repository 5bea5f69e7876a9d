"""What every format gives: the same kinds of rows, in the same order every time it is asked."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, ClassVar, Self, TypeVar

from services.importer import rows
from services.importer.domain import Event, Finding, Item, Pictures, Product, Review, Shopper
from services.importer.sources.base import Source
from services.importer.values import CellError, Row

T = TypeVar("T")
Entries = Iterator[Item[T] | Finding]


class Format(ABC):
    """A data set in a known layout. Every method reads anew, as a stream."""

    title: ClassVar[str]
    wants: ClassVar[str]
    """What makes a data set one of these, for the person whose data is not."""
    columns: ClassVar[Mapping[str, str]] = {}
    """From the contract's field, or `stage.field` where stages differ, to the column that it comes from, for what the
    shop refuses."""

    @classmethod
    @abstractmethod
    def recognise(cls, source: Source) -> Self | None:
        """The format on this data, or None when the data is something else."""

    def remarks(self) -> Iterator[Finding]:
        """Files that belong to the format and are not read."""
        return iter(())

    @abstractmethod
    def products(self) -> Entries[Product]:
        """Products, and everything that is wrong with their rows. An id comes once."""

    @abstractmethod
    def pictures(self) -> Entries[Pictures]:
        """Pictures of the products that `products` gives."""

    def reviews(self) -> Entries[Review]:
        """Reviews."""
        return iter(())

    def events(self) -> Entries[Event]:
        """What shoppers did."""
        return iter(())

    def shoppers(self) -> Entries[Shopper]:
        """What is known of shoppers."""
        return iter(())


def parsed(entries: Iterable[rows.RowOrFinding], parse: Callable[[Row], T | None]) -> Entries[T]:
    """Turns rows into values; rows that cannot be turned become findings, and None is left out."""
    for entry in entries:
        if isinstance(entry, Finding):
            yield entry
            continue
        try:
            value = parse(entry.value)
        except CellError as error:
            yield Finding(entry.place, error.field, error.why)
            continue
        if value is not None:
            yield Item(entry.place, value)


def good(entries: Iterable[rows.RowOrFinding], parse: Callable[[Row], T | None]) -> Iterator[Item[T]]:
    """As `parsed`, without the findings: for a second reading of the same rows."""
    return (entry for entry in parsed(entries, parse) if isinstance(entry, Item))


class Once:
    """Refuses an id that came before."""

    def __init__(self, field: str) -> None:
        self._field = field
        self._seen: set[str] = set()

    def __call__(self, found: str) -> str:
        """The id.

        Raises:
            CellError: it came before.
        """
        if found in self._seen:
            raise CellError(self._field, f"{found!r} came in an earlier row, which counts")
        self._seen.add(found)
        return found


def shallowest(source: Source, names: Iterable[str]) -> str | None:
    """The path of the file that has one of the names and lies least deep, the first name before the second."""
    wanted = list(names)
    found = [path for path in source.sizes() if path.rpartition("/")[2].lower() in wanted]
    order: Callable[[str], Any] = lambda path: (path.count("/"), wanted.index(path.rpartition("/")[2].lower()), path)  # noqa: E731
    return min(found, key=order, default=None)


def folder_of(path: str) -> str:
    """The folder a path lies in, with a / at its end; empty for the root."""
    return path[: path.rfind("/") + 1]

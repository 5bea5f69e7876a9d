"""The public *Fashion Product Images* layout: `styles.csv` and `images/<id>.jpg`."""

from collections.abc import Iterator, Mapping
from typing import ClassVar, Self

from services.importer import rows, values
from services.importer.domain import Finding, Item, Pictures, Product
from services.importer.formats.base import Entries, Format, Once, folder_of, good, parsed, shallowest
from services.importer.sources.base import Source
from services.importer.values import Row

HEADER = {"id", "masterCategory", "subCategory", "articleType", "productDisplayName"}
ENDINGS = (".jpg", ".jpeg", ".png", ".webp")
ATTRIBUTES = {"gender": "gender", "baseColour": "colour", "season": "season", "year": "year", "usage": "usage"}


class FashionImages(Format):
    """It has no prices, no brands and no shoppers, and none are made up.

    Some titles of the public set have commas and no quotes around them. The title is the last column, so that they
    are read all the same.
    """

    title = "Fashion Product Images"
    wants = "styles.csv with id, masterCategory, subCategory, articleType, productDisplayName, and images/<id>.jpg"
    columns: ClassVar[Mapping[str, str]] = {
        "name": "id",
        "title": "productDisplayName",
        "category_path": "masterCategory, subCategory, articleType",
    }

    def __init__(self, source: Source, table: str) -> None:
        self._source = source
        self._table = table
        images = folder_of(table) + "images/"
        self._images = {
            path[len(images) :].rpartition(".")[0]: path
            for path in source.sizes()
            if path.startswith(images) and path.lower().endswith(ENDINGS)
        }

    @classmethod
    def recognise(cls, source: Source) -> Self | None:
        table = shallowest(source, ["styles.csv"])
        if table is None or not set(rows.header(source, table)) >= HEADER:
            return None
        return cls(source, table)

    def products(self) -> Entries[Product]:
        once = Once("id")
        for entry in parsed(self._rows(), lambda row: _product(row, once)):
            yield entry
            if isinstance(entry, Item) and entry.value.id not in self._images:
                why = f"images/{entry.value.id}.jpg is not in the data set"
                yield Finding(entry.place, "id", why, kept=True)

    def pictures(self) -> Entries[Pictures]:
        once = Once("id")
        for item in good(self._rows(), lambda row: _product(row, once)):
            if path := self._images.get(item.value.id):
                yield Item(item.place, Pictures(item.value.id, (path,)))

    def _rows(self) -> Iterator[rows.RowOrFinding]:
        return rows.read(self._source, self._table, rest="productDisplayName")


def _product(row: Row, once: Once) -> Product:
    path = (values.text(row, column) for column in ("masterCategory", "subCategory", "articleType"))
    attributes = {name: values.text(row, column) for column, name in ATTRIBUTES.items()}
    attributes["year"] = attributes["year"].removesuffix(".0")  # the public set has years as floats
    return Product(
        title=values.required(row, "productDisplayName"),
        category_path=tuple(name for name in path if name),
        attributes={name: value for name, value in attributes.items() if value not in ("", "NA")},
        id=once(values.identifier(row, "id")),
    )

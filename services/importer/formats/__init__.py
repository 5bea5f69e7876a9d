"""The formats that can be imported, and the one that a data set is in."""

from services.importer.errors import DataError
from services.importer.formats.aisle import AisleFormat
from services.importer.formats.amazon_sales import AmazonSales
from services.importer.formats.base import Format
from services.importer.formats.fashion_images import FashionImages
from services.importer.sources.base import Source

FORMATS: tuple[type[Format], ...] = (FashionImages, AmazonSales, AisleFormat)


def detect(source: Source) -> Format:
    """The format that recognises the data.

    Raises:
        DataError: none does; says what was looked for and what is there.
    """
    for candidate in FORMATS:
        if (found := candidate.recognise(source)) is not None:
            return found
    names = sorted(source.sizes(), key=lambda path: (path.count("/"), path))
    there = f"There is {', '.join(names[:5])}{' and more' if len(names) > 5 else ''}." if names else "It has no files."
    wanted = "; ".join(f"{candidate.title}: {candidate.wants}" for candidate in FORMATS)
    raise DataError(f"{source.label} is in no format that can be imported. {there} Looked for {wanted}.")

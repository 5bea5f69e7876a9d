"""A product as a text, the same that search makes of it (services/search/domain/documents.py)."""

from trainers.clip.data import Product

DESCRIBED = 300
"""Characters of a description."""


def called(product: Product) -> str:
    """What a product is called: its title, and the names of category, brand and attribute values."""
    return ". ".join((product.title, *product.category, product.brand, *product.attributes.values()))


def document(product: Product) -> str:
    """A product as a text: what it is, its title, what else is said of it, and the beginning of its description."""
    values = [value for _, value in sorted(product.attributes.items())]
    *above, kind = product.category or ("",)
    names = filter(None, (*above, product.brand, *values))
    parts = (kind, product.title, ", ".join(names), product.description[:DESCRIBED])
    return ". ".join(part.strip(". ") for part in parts if part.strip(". ")) + "."

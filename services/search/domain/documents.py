"""What is said of a product to an encoder of meaning."""

DESCRIBED = 300
"""Characters of a description: encoders read a few dozen words, and the first ones say most."""


def caption(kind: str, title: str, names: tuple[str, ...], description: str) -> str:
    """A product as a text. What it is comes first: titles often say only what it is called.

    >>> caption("Shoe", "Trail Runner", ("Sport", "", "Navy"), "For wet ground.")
    'Shoe. Trail Runner. Sport, Navy. For wet ground.'

    Args:
        kind: the name of its category.
        title: its title.
        names: of the categories above, of brand and attribute values; some may be empty.
        description: in full.
    """
    parts = (kind, title, ", ".join(filter(None, names)), description[:DESCRIBED])
    return ". ".join(part.strip(". ") for part in parts if part.strip(". ")) + "."

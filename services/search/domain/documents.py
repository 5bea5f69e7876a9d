"""What is said of a product to an encoder of meaning."""

DESCRIBED = 300
"""Characters of a description: encoders read a few dozen words, and the first ones say most."""


def caption(title: str, names: tuple[str, ...], description: str) -> str:
    """A product as a text.

    >>> caption("Trail Shoe", ("Shoes", "Navy"), "For wet ground.")
    'Trail Shoe. Shoes, Navy. For wet ground.'
    """
    parts = (title, ", ".join(names), description[:DESCRIBED])
    return ". ".join(part.strip(". ") for part in parts if part.strip(". ")) + "."

"""The category tree, and how a path of names becomes an id."""

import hashlib
import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

SEPARATOR = "."
LONGEST_SLUG = 200
MAX_DEPTH = 8


@dataclass(frozen=True, slots=True)
class Category:
    """A place in the tree. `ids` and `names` go from the root to the category itself."""

    id: str
    ids: tuple[str, ...]
    names: tuple[str, ...]
    create_time: datetime
    version: int
    product_count: int = 0

    @property
    def depth(self) -> int:
        """Distance from the root."""
        return len(self.ids) - 1

    @property
    def parent_id(self) -> str | None:
        """The category above; None at the root."""
        return self.ids[-2] if len(self.ids) > 1 else None

    @property
    def display_name(self) -> str:
        """What the shopper reads."""
        return self.names[-1]

    @property
    def etag(self) -> str:
        """Changes with every write."""
        return f"{self.version:x}"


def clean_path(names: Sequence[str]) -> tuple[str, ...]:
    """A path of names without the spaces around them.

    >>> clean_path([" Apparel", "Tops "])
    ('Apparel', 'Tops')
    """
    return tuple(name.strip() for name in names)


def path_problem(path: Sequence[str]) -> str | None:
    """Says what is wrong with a path of names; None when nothing is."""
    if not all(path):
        return "every name of the path must have a character that is not a space"
    return f"must not be deeper than {MAX_DEPTH} levels" if len(path) > MAX_DEPTH else None


def id_of_path(path: Sequence[str], taken: Collection[str]) -> str:
    """The id of a category that is made for a path: readable, and the same each time the path comes.

    Two paths may read the same ("Men's" and "Mens"): the second gets a suffix made from its exact names.

    >>> id_of_path(["Apparel", "Tops & T-Shirts"], taken=())
    'apparel.tops-t-shirts'
    >>> id_of_path(["Mens"], taken={"mens"})
    'mens-408ff7'
    """
    slug = SEPARATOR.join(_slug(name) or _digest([name]) for name in path)
    if len(slug) <= LONGEST_SLUG and slug not in taken:
        return slug
    return f"{slug[:LONGEST_SLUG].rstrip('-.')}-{_digest(path)}"


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower().replace("'", "")
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def _digest(path: Sequence[str]) -> str:
    return hashlib.sha256("\x1f".join(path).encode()).hexdigest()[:6]

"""Where categories lie: what is above and below each, as products last said it."""

from collections.abc import Sequence

NONE = -1


class Tree:
    """Categories by their codes, the parent of those at the top is -1.

    It forgets none: of a category that no product has any more it is still known what lay beside it.

    >>> tree = Tree()
    >>> for path in ((0, 1, 2), (0, 1, 3), (0, 4, 5), (6,)):
    ...     tree.put(path)
    >>> sorted(tree.around(1)), sorted(tree.around(0)), tree.around(7)
    ([0, 1, 2, 3, 4], [0, 1, 2, 3, 4, 5, 6], set())
    """

    def __init__(self) -> None:
        self._above: dict[int, int] = {}
        self._below: dict[int, set[int]] = {NONE: set()}

    def put(self, path: Sequence[int]) -> None:
        """Remembers categories of a product, from the root to the leaf."""
        for above, code in zip((NONE, *path), path, strict=False):
            if (before := self._above.get(code)) != above:
                if before is not None:
                    self._below[before].discard(code)
                self._above[code] = above
                self._below.setdefault(code, set())
                self._below[above].add(code)

    def around(self, code: int) -> set[int]:
        """The categories above and below one, itself, and those beside it; none of one that is unknown."""
        if code not in self._above:
            return set()
        found, above = set(self._below[self._above[code]]), code
        while above != NONE:
            found.add(above)
            above = self._above[above]
        lower = [code]
        while lower:
            lower = [one for higher in lower for one in self._below[higher]]
            found.update(lower)
        return found

"""Words that mean the same, as data."""

from collections.abc import Callable, Iterable

from services.search.domain.query import Stems

MOST = 10_000
"""Groups of a file."""
LONGEST = 4
"""Words of one way to say something."""


class Synonyms:
    """The groups, by each of their ways to say it."""

    def __init__(self, groups: Iterable[Iterable[Stems]] = ()) -> None:
        self._others: dict[Stems, tuple[Stems, ...]] = {}
        for group in groups:
            ways = tuple(dict.fromkeys(group))
            for way in ways:
                known = self._others.get(way, ())
                self._others[way] = (*known, *(other for other in ways if other != way and other not in known))
        self.longest = max(map(len, self._others), default=0)

    def of(self, stems: Stems) -> tuple[Stems, ...]:
        """The other ways to say it; none when there are none."""
        return self._others.get(stems, ())


def parse(text: str, stems: Callable[[str], Stems]) -> Synonyms:
    """Reads lines of ways separated by commas; `#` begins a comment.

    Raises:
        ValueError: a line has fewer than two ways, or a way has no word or more than four; says which line.
    """
    groups = []
    for number, line in enumerate(text.splitlines(), 1):
        content = line.partition("#")[0].strip()
        if not content:
            continue
        ways = [stems(way) for way in content.split(",")]
        if len(ways) < 2:
            raise ValueError(f"line {number} needs at least two ways to say the same, separated by commas")
        if not all(1 <= len(way) <= LONGEST for way in ways):
            raise ValueError(f"line {number} has a way without a word, or with more than {LONGEST}")
        groups.append(ways)
    if len(groups) > MOST:
        raise ValueError(f"has more than {MOST} groups")
    return Synonyms(groups)

"""Words of queries and products, before any engine sees them."""

import re
import unicodedata
from functools import lru_cache

WORD = re.compile(r"[^\W_]+")
QUOTED = re.compile(r'"([^"]*)"')
QUOTES = re.compile(r'("[^"]*")')
"""Splits a text: what is quoted, quotes and all, stands at odd places."""
BORDER = "\x1e"
"""Between two fields of a product's text: no phrase goes across."""
MOST_WORDS = 24
"""Words of a query that are looked at: who pastes a page means its beginning."""
LONGEST = 64
"""Characters of a word that is indexed; longer ones are no words."""
OPTIONAL = frozenset(
    "a an and any are as at be best buy by cheap find for from good i im in is it looking me my need new nice of on or "  # noqa: SIM905
    "s shop show some something t that the this to want wear with you your".split()
)
"""Words that a product need not have: they say how something is asked for and not what."""


@lru_cache(maxsize=65_536)
def folded(word: str) -> str:
    """The word in small letters without accents.

    >>> folded("Über")
    'uber'
    """
    plain = word.lower()
    if plain.isascii():
        return plain
    return "".join(c for c in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(c))


def words(text: str) -> list[str]:
    """The words of a text, folded.

    >>> words("Women's T-Shirts, navy_blue")
    ['women', 's', 't', 'shirts', 'navy', 'blue']
    """
    return [folded(word) for word in WORD.findall(text) if len(word) <= LONGEST]


def normalized(query: str) -> str:
    """A query as it is counted and compared: its words, folded, with one space between them.

    >>> normalized("  Blue   SHIRT!")
    'blue shirt'
    """
    return " ".join(words(query)[:MOST_WORDS])

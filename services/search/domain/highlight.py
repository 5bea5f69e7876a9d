"""Marks found words in a title."""

import html
from collections.abc import Callable, Collection

from services.search.domain.words import WORD, folded


def highlighted(title: str, stems: Collection[str], stem: Callable[[str], str]) -> str:
    """The title as HTML with the words whose stem was looked for between `<em>` and `</em>`.

    >>> highlighted("Fish & Chips", {"chip"}, lambda word: word.removesuffix("s"))
    'Fish &amp; <em>Chips</em>'
    """
    out, at = [], 0
    for found in WORD.finditer(title):
        out.append(html.escape(title[at : found.start()]))
        word = html.escape(found[0])
        out.append(f"<em>{word}</em>" if stem(folded(found[0])) in stems else word)
        at = found.end()
    out.append(html.escape(title[at:]))
    return "".join(out)

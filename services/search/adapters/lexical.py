"""Words in a tantivy index in memory: BM25 over stems, a replica each, filled from the catalogue's change feed."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import tantivy
from tantivy import Filter, Occur, Tokenizer

from services.search.domain.query import Alternative, Part, Query, Stems
from services.search.domain.words import BORDER, words
from services.search.ports import Rows, Scores, Texts

HEAP_BYTES = 32_000_000
"""Of the writer: what comes between two commits is some thousand products at most."""
NAME_SCORE = 1000.0
"""For each word of a name that a query has whole. BM25 stays below it."""
SKU_SCORE = 1_000_000.0
TITLE_BOOST = 2.0
OPTIONAL_BOOST = 0.3
LONGEST_NAME = 5
"""Words of a name that is looked for in a query."""
LIKE_TERMS = 25
"""Stems of a product that others like it have, the most telling ones."""


class TantivyIndex:
    """services.search.ports.LexicalIndex. Texts are stemmed here, so that both sides split and stem in one way."""

    def __init__(self, language: str = "english") -> None:
        stemmer = tantivy.TextAnalyzerBuilder(Tokenizer.raw()).filter(Filter.stemmer(language)).build()
        self._stem = lru_cache(maxsize=200_000)(lambda word: _first(stemmer.analyze(word), word))
        self._schema = _schema()
        self._index = tantivy.Index(self._schema)
        self._writer = self._index.writer(HEAP_BYTES, 1)
        self._index.reload()
        self._searcher = self._index.searcher()

    def stem(self, word: str) -> str:
        return self._stem(word)

    def put(self, row: int, texts: Texts) -> None:
        self.remove(row)
        document = tantivy.Document()
        document.add_unsigned("row", row)
        document.add_text("title", self._stemmed(texts.title))
        for part in texts.text.split(BORDER):
            document.add_text("text", self._stemmed(part))
        # Of names and title alone: a completion is something that a product is called.
        document.add_text("words", " ".join((*words(texts.title), *(w for name in texts.names for w in words(name)))))
        for name in dict.fromkeys(map(self._stemmed, texts.names)):
            if name:
                document.add_text("names", name)
        document.add_text("sku", texts.sku)
        self._writer.add_document(document)

    def remove(self, row: int) -> None:
        # By a query: `delete_documents_by_term` takes an int for a signed one, and finds no row.
        self._writer.delete_documents_by_query(tantivy.Query.term_query(self._schema, "row", row))

    def commit(self) -> None:
        self._writer.commit()
        self._index.reload()
        self._searcher = self._index.searcher()

    def search(self, query: Query, any_of: bool = False, most: int | None = None) -> tuple[Rows, Scores]:
        return self._found(self._query(query, any_of), most)

    def count(self, query: Query) -> int:
        return int(self._searcher.search(self._query(query), 1).count)  # type: ignore[attr-defined]

    def named(self, stems: Stems) -> int:
        return int(self._searcher.doc_freq("names", " ".join(stems)))

    def like(self, texts: Texts) -> tuple[Rows, Scores]:
        # tantivy's own `more_like_this` panics where a term was in more documents than there are: it counts those that
        # were deleted, and the documents without them.
        stems = set(self._stemmed(f"{texts.title} {' '.join(texts.names)}").split())
        seldom = sorted(stems, key=lambda stem: (self._searcher.doc_freq("text", stem), stem))[:LIKE_TERMS]
        terms = [tantivy.Query.term_query(self._schema, "text", stem) for stem in seldom]
        return self._found(tantivy.Query.boolean_query([(Occur.Should, term) for term in terms]))

    def completions(self, prefix: str, before: Query, limit: int) -> list[tuple[str, int]]:
        return list(self._searcher.terms_with_prefix("words", prefix, self._context(before), limit))

    def having(self, words: Sequence[str], before: Query, limit: int) -> Rows:
        has = tantivy.Query.term_set_query(self._schema, "words", list(words))
        context = self._context(before)
        query = has if context is None else _all([has, context])
        return self._found(query, limit)[0]

    def _found(self, query: tantivy.Query, limit: int | None = None) -> tuple[Rows, Scores]:
        # Addresses hold for one searcher alone, and a commit in another thread may put the next in its place.
        searcher = self._searcher
        most = max(1, searcher.num_docs)  # of more it would keep places that nothing can take
        hits = searcher.search(query, min(limit or most, most), count=False).hits
        rows = searcher.fast_field_values("row", [address for _, address in hits])
        return np.array(rows, np.int64), np.array([score for score, _ in hits], np.float32)

    def _stemmed(self, text: str) -> str:
        return " ".join(map(self._stem, words(text)))

    def _context(self, before: Query) -> tantivy.Query | None:
        return None if before.empty else self._query(before)

    def _query(self, query: Query, any_of: bool = False) -> tantivy.Query:
        needed = [*map(self._part, query.parts), *map(self._phrase, query.phrases)]
        worth = [(Occur.Should, tantivy.Query.boost_query(self._term(s), OPTIONAL_BOOST)) for s in query.optional]
        named = [(Occur.Should, name) for name in self._names(query.whole)]
        if not needed:
            made = tantivy.Query.boolean_query([*worth, *named])
        elif any_of:
            some = tantivy.Query.boolean_query([(Occur.Should, part) for part in needed])
            made = tantivy.Query.boolean_query([(Occur.Must, some), *worth, *named])
        else:
            made = tantivy.Query.boolean_query([*((Occur.Must, part) for part in needed), *worth, *named])
        if not query.sku:
            return made
        sku = tantivy.Query.const_score_query(tantivy.Query.term_query(self._schema, "sku", query.sku), SKU_SCORE)
        return tantivy.Query.boolean_query([(Occur.Should, made), (Occur.Should, sku)])

    def _part(self, part: Part) -> tantivy.Query:
        ways = [self._way(way) for way in part.alternatives]
        return ways[0] if len(ways) == 1 else tantivy.Query.disjunction_max_query(ways)

    def _way(self, way: Alternative) -> tantivy.Query:
        made = self._term(way.stems[0]) if len(way.stems) == 1 else _all([self._term(stem) for stem in way.stems])
        return made if way.weight == 1.0 else tantivy.Query.boost_query(made, way.weight)

    def _term(self, stem: str) -> tantivy.Query:
        """The stem anywhere, and worth more in the title."""
        anywhere = tantivy.Query.term_query(self._schema, "text", stem)
        title = tantivy.Query.boost_query(tantivy.Query.term_query(self._schema, "title", stem), TITLE_BOOST)
        return tantivy.Query.boolean_query([(Occur.Should, anywhere), (Occur.Should, title)])

    def _phrase(self, stems: Stems) -> tantivy.Query:
        if len(stems) == 1:
            return self._term(stems[0])
        return tantivy.Query.phrase_query(self._schema, "text", list(stems))

    def _names(self, whole: Stems) -> list[tantivy.Query]:
        """Names that the query has whole, worth the more the longer they are."""
        found = []
        for start in range(len(whole)):
            for end in range(start + 1, min(len(whole), start + LONGEST_NAME) + 1):
                name = whole[start:end]
                if self.named(name):
                    term = tantivy.Query.term_query(self._schema, "names", " ".join(name))
                    found.append(tantivy.Query.const_score_query(term, NAME_SCORE * len(name)))
        return found


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("row", indexed=True, fast=True)
    builder.add_text_field("title", tokenizer_name="whitespace")
    builder.add_text_field("text", tokenizer_name="whitespace")
    builder.add_text_field("words", tokenizer_name="whitespace", index_option="basic")
    builder.add_text_field("names", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("sku", tokenizer_name="raw", index_option="basic")
    return builder.build()


def _all(queries: Sequence[tantivy.Query]) -> tantivy.Query:
    return tantivy.Query.boolean_query([(Occur.Must, query) for query in queries])


def _first(stems: list[str], word: str) -> str:
    return stems[0] if stems else word

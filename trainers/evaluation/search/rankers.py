"""Ways to rank a corpus for words: by words, by meaning, by pictures, and all of them fused."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tantivy

from trainers.encoders import candidate, runtime
from trainers.encoders.runtime import Vectors
from trainers.evaluation.search.metrics import Scores

Ranker = Callable[[Sequence[str]], Scores]
RANK_CONSTANT = 60
"""Of reciprocal rank fusion (Cormack, Clarke, Buettcher 2009)."""


@dataclass(frozen=True)
class Corpus:
    """Documents: pictures, with texts where there are some."""

    ids: list[str]
    pictures: list[Path]
    texts: list[str] | None


def rankers(corpus: Corpus, folder: Path, *, quiet: bool = True) -> Mapping[str, Ranker]:
    """What can be ranked with the encoders of a candidate; `clip pictures` looks at pictures alone."""
    found: dict[str, Ranker] = {}
    clip, look = candidate.texts(folder, "clip_text"), candidate.pictures_of(folder, "clip_image")
    if clip and look:
        seen = look(corpus.pictures, quiet=quiet)
        found["clip pictures"] = _by_vectors(clip, seen)
        if corpus.texts:
            weights = candidate.read(folder)["document"]
            found["clip"] = _by_vectors(clip, documents(seen, clip(corpus.texts, quiet=quiet), weights))
    if corpus.texts:
        found["lexical"] = lexical(corpus.texts)
        if sentence := candidate.texts(folder, "sentence"):
            found["sentence"] = _by_vectors(sentence, sentence(corpus.texts, quiet=quiet))
        parts = [found[name] for name in ("lexical", "sentence", "clip") if name in found]
        if len(parts) > 1:
            found["hybrid"] = fused(parts)
    return found


def documents(pictures: Vectors, texts: Vectors, weights: Mapping[str, float]) -> Vectors:
    """One vector a product, of length 1."""
    mixed = weights["picture_weight"] * pictures + weights["text_weight"] * texts
    made: Vectors = mixed / np.linalg.norm(mixed, axis=1, keepdims=True)
    return made


def lexical(texts: Sequence[str]) -> Ranker:
    """BM25 over English stems; documents that share no word with the question have 0."""
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("text", tokenizer_name="en_stem")
    builder.add_unsigned_field("place", stored=True)
    index = tantivy.Index(builder.build())
    writer = index.writer(num_threads=1)
    for place, text in enumerate(texts):
        writer.add_document(tantivy.Document(text=text, place=place))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()

    def rank(questions: Sequence[str]) -> Scores:
        scores = np.zeros((len(questions), len(texts)), np.float32)
        for row, question in enumerate(questions):
            query, _ = index.parse_query_lenient(question, ["text"])
            for score, address in searcher.search(query, limit=len(texts)).hits:
                scores[row, searcher.doc(address)["place"][0]] = score
        return scores

    return rank


def fused(parts: Sequence[Ranker]) -> Ranker:
    """Reciprocal rank fusion; a ranker has no say about what it gives no score."""

    def rank(questions: Sequence[str]) -> Scores:
        total: Scores | None = None
        for part in parts:
            scores = part(questions)
            places = np.argsort(np.argsort(-scores, axis=1, kind="stable"), axis=1, kind="stable")
            worth = np.where(scores == 0, 0, 1 / (RANK_CONSTANT + 1 + places)).astype(np.float32)
            total = worth if total is None else total + worth
        assert total is not None
        return total

    return rank


def _by_vectors(encode: runtime.Texts, vectors: Vectors) -> Ranker:
    return lambda questions: np.asarray(encode(questions) @ vectors.T, np.float32)

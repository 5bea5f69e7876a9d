"""Ways to rank a corpus for words and for pictures: each encoder alone, words of titles alone, and these fused.

Nothing here is the service: `search` of trainers.evaluation.search.service is what a shopper gets.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import tantivy

from trainers.clip.data import Product
from trainers.encoders import candidate, runtime
from trainers.encoders.runtime import Vectors
from trainers.evaluation.search.looks import Look
from trainers.evaluation.search.metrics import Scores

Ranker = Callable[[Sequence[str]], Scores]
TITLES = "BM25 of titles"
FUSED = f"{TITLES} + encoders"
LOOK_FIRST = "look, then clip"
RANK_CONSTANT = 60
"""Of reciprocal rank fusion (Cormack, Clarke, Buettcher 2009)."""


@dataclass(frozen=True)
class Corpus:
    """Documents: pictures, with texts where there are some."""

    ids: list[str]
    pictures: list[Path]
    texts: list[str] | None
    products: Sequence[Product] = field(default_factory=tuple)
    """All that is known of each, in the same order; none where that is no more than these texts."""


@dataclass(frozen=True)
class Seen:
    """A corpus in the space of CLIP."""

    pictures: Vectors
    documents: Vectors | None
    """Pictures and texts mixed, where there are texts."""
    text: runtime.Texts
    picture: runtime.Pictures

    @property
    def vectors(self) -> Mapping[str, Vectors]:
        """What is ranked, by the name of the ranker; `clip pictures` looks at pictures alone."""
        return {"clip pictures": self.pictures} | ({} if self.documents is None else {"clip": self.documents})


@dataclass(frozen=True)
class Looked:
    """A corpus in the space of looks."""

    pictures: Vectors
    encode: runtime.Pictures


def see(corpus: Corpus, folder: Path, *, quiet: bool = True) -> Seen | None:
    """Encodes a corpus with the encoders of a candidate, if it has CLIP."""
    clip, picture = candidate.texts(folder, "clip_text"), candidate.pictures_of(folder, "clip_image")
    if clip is None or picture is None:
        return None
    seen, mixed = picture(corpus.pictures, quiet=quiet), None
    if corpus.texts:
        mixed = documents(seen, clip(corpus.texts, quiet=quiet), candidate.read(folder)["document"])
    return Seen(seen, mixed, clip, picture)


def looked(corpus: Corpus, folder: Path, *, quiet: bool = True) -> Looked | None:
    """Encodes a corpus with the encoder of looks of a candidate, if it has one."""
    look = candidate.pictures_of(folder, "look_image")
    return None if look is None else Looked(look(corpus.pictures, quiet=quiet), look)


def rankers(corpus: Corpus, folder: Path, seen: Seen | None, *, quiet: bool = True) -> Mapping[str, Ranker]:
    """What can be ranked for words with the encoders of a candidate."""
    found: dict[str, Ranker] = {}
    if seen is not None:
        found |= {name: _by_vectors(seen.text, vectors) for name, vectors in seen.vectors.items()}
    if corpus.texts:
        found[TITLES] = lexical(corpus.texts)
        if sentence := candidate.texts(folder, "sentence"):
            found["sentence"] = _by_vectors(sentence, sentence(corpus.texts, quiet=quiet))
        parts = [found[name] for name in (TITLES, "sentence", "clip") if name in found]
        if len(parts) > 1:
            found[FUSED] = fused(parts)
    return found


def looks(seen: Seen | None, look: Looked | None) -> Mapping[str, Look]:
    """What can be ranked for a picture; LOOK_FIRST puts the same picture first and what is like it behind."""
    found: dict[str, Look] = {}
    if seen is not None:
        found |= {name: _by_look(seen.picture, vectors) for name, vectors in seen.vectors.items()}
    if look is not None:
        same = _by_look(look.encode, look.pictures)
        like = found.get("clip", found.get("clip pictures"))
        found["look"] = same
        if like is not None:
            found[LOOK_FIRST] = _same_first(same, like, look.encode.spec.same_above)
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


def _same_first(look: Look, like: Look, above: float) -> Look:
    def rank(pictures: Sequence[bytes | Path]) -> Scores:
        looks_like = look(pictures)
        # Inner products are below 2: who is the same stands before who is not.
        return np.where(looks_like >= above, 2 + looks_like, like(pictures)).astype(np.float32)

    return rank


def _by_look(encode: runtime.Pictures, vectors: Vectors) -> Look:
    return lambda pictures: np.asarray(encode(pictures) @ vectors.T, np.float32)


def _by_vectors(encode: runtime.Texts, vectors: Vectors) -> Ranker:
    return lambda questions: np.asarray(encode(questions) @ vectors.T, np.float32)

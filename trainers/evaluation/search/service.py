"""Search as a shopper gets it: the service's own code, in this process, over a corpus with the encoders of a candidate.

Only what the service asks of others is replaced: the inference server by the files of the candidate, Milvus by the
products of vectors, the catalogue by the corpus. There is no other module of the trainers that knows a service.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
from aisle.catalog.v1.product_pb2 import Product

from services.search.adapters.language import Dictionary
from services.search.adapters.lexical import TantivyIndex
from services.search.adapters.vocabulary import Vocabulary
from services.search.domain import encoders as specification
from services.search.domain import synonyms
from services.search.domain.encoders import EncoderSpec, PictureEncoder, TextEncoder
from services.search.domain.releases import Build, Release, State
from services.search.domain.words import words
from services.search.settings import SYNONYMS
from services.search.use_cases import ordering
from services.search.use_cases.active_build import ActiveBuild
from services.search.use_cases.asking import Ask
from services.search.use_cases.catalogue import Catalogue
from services.search.use_cases.filtering import mask
from services.search.use_cases.fusion import fuse, weighed
from services.search.use_cases.guards import Degradation, Guard
from services.search.use_cases.meaning import Guards, Meaning, Wanted
from services.search.use_cases.personal import Personal
from services.search.use_cases.products import product_id
from services.search.use_cases.request import NOTHING
from services.search.use_cases.search import Search
from services.search.use_cases.text_vectors import TextVectors
from services.search.use_cases.understand import Understand
from services.search.worker.embedding import subject
from trainers.encoders import candidate, pictures
from trainers.encoders.runtime import Vectors
from trainers.encoders.spec import PictureSpec
from trainers.evaluation.search.looks import Look
from trainers.evaluation.search.metrics import CUT, Scores
from trainers.evaluation.search.rankers import Corpus, Looked, Ranker, Seen

WORDS, MEANING, BOTH = "search: words", "search: meaning", "search"
"""Its lexical side alone, what is near in meaning alone, and what a shopper gets."""
PATIENCE_S = 600.0
"""A part that takes longer is not left out, as it would be for a shopper: what is measured is what is found."""
REMEMBERED = 10_000
GROUP = "search_{}_b1"
"""How a build names the collection of a space."""


class Files:
    """services.search.ports.Encoders and Pictures, by the files of a candidate."""

    def __init__(self, folder: Path) -> None:
        specs = candidate.specs(folder)
        self._pictures = {name: spec for name, spec in specs.items() if isinstance(spec, PictureSpec)}
        self._look = {name: candidate.pictures_of(folder, name) for name in self._pictures}
        self._read = {name: candidate.texts(folder, name) for name in specs if name not in self._pictures}

    async def texts(self, encoder: TextEncoder, texts: Sequence[str]) -> Vectors:
        """Vectors, [texts, dimension]."""
        read = self._read[encoder.model]
        assert read is not None
        return read(texts)

    async def pixels(self, encoder: PictureEncoder, pixels: Sequence[bytes]) -> Vectors:
        """Vectors, [pictures, dimension]."""
        look, shape = self._look[encoder.model], (encoder.height, encoder.width, 3)
        assert look is not None
        return look.pixels(np.stack([np.frombuffer(one, np.uint8).reshape(shape) for one in pixels]))

    async def prepare(self, content: bytes, encoder: PictureEncoder) -> bytes:
        """The pixels that the encoder takes."""
        return pictures.pixels(content, self._pictures[encoder.model]).tobytes()


class Nearest:
    """services.search.ports.VectorIndex, by the product with every vector."""

    def __init__(self, ids: Sequence[str], collections: Mapping[str, Vectors]) -> None:
        self._ids, self._collections = ids, collections
        self._places = {item: place for place, item in enumerate(ids)}

    async def search(self, collection: str, vector: Vectors, where: object, limit: int) -> list[tuple[str, float]]:
        """(product id, inner product), best first; a filter is none of the corpus's business."""
        scores = self._collections[collection] @ vector
        best = np.argsort(-scores, kind="stable")[:limit]
        return [(self._ids[place], float(scores[place])) for place in best]

    async def vectors(self, collection: str, ids: Sequence[str]) -> dict[str, Vectors]:
        """Vectors of products."""
        return {item: self._collections[collection][self._places[item]] for item in ids}


class Builds:
    """services.search.ports.Releases, as far as a search asks: what answers."""

    def __init__(self, build: Build | None) -> None:
        self._build = build

    async def serving(self) -> Build | None:
        """The build."""
        return self._build


class Shop:
    """The service over a corpus with texts."""

    def __init__(
        self, corpus: Corpus, folder: Path, seen: Seen | None, look: Looked | None, *, quiet: bool = True
    ) -> None:
        """`folder`: of the encoders; `seen` and `look`: the corpus as its CLIP, and its encoder of looks, see it."""
        self._corpus = corpus
        self._places = {item: place for place, item in enumerate(corpus.ids)}
        self._loop = asyncio.Runner()
        products = products_of(corpus)
        self._index = TantivyIndex()
        vocabulary = Vocabulary(self._index.stem)
        self._catalogue = Catalogue(self._index, vocabulary)
        for product in products:
            self._catalogue.put(product)
        self._catalogue.commit()
        groups = synonyms.parse(SYNONYMS.read_text(), lambda text: tuple(map(self._index.stem, words(text))))
        self._understand = Understand(self._index.stem, vocabulary, groups, Dictionary())
        spec = _spec(folder)
        nearest = Nearest(corpus.ids, _collections(spec, products, folder, seen, look, quiet=quiet))
        # The ports name what the service needs of these; a search needs less.
        self._files: Any = Files(folder)
        self._nearest: Any = nearest
        self._build = Build(1, Release(1, "", spec, "", "", State.PROMOTED), "", serving=True)
        self._meaning = self._means()
        self._both = self._loop.run(self._search(self._build))
        self._alone = self._loop.run(self._search(None))

    def words(self, questions: Sequence[str]) -> Scores:
        """Ranks by words alone, as while no encoder answers."""
        return self._loop.run(self._ask_all(self._alone, [Ask(question, CUT) for question in questions]))

    def both(self, questions: Sequence[str]) -> Scores:
        """Ranks by words and meaning."""
        return self._loop.run(self._ask_all(self._both, [Ask(question, CUT) for question in questions]))

    def meaning(self, questions: Sequence[str]) -> Scores:
        """Ranks by meaning alone, as where no product has a word of the question."""
        return self._loop.run(self._near_all(questions))

    def picture(self, shown: Sequence[bytes | Path]) -> Scores:
        """Ranks for pictures, as whoever shows one gets it."""
        contents = [one if isinstance(one, bytes) else one.read_bytes() for one in shown]
        return self._loop.run(self._ask_all(self._both, [Ask("", CUT, picture=content) for content in contents]))

    def _means(self) -> Meaning:
        patient = Guard(Degradation.INDEX, PATIENCE_S, 0.0, 1)
        texts = TextVectors(self._files, patient, REMEMBERED)
        return Meaning(self._catalogue, self._files, self._files, self._nearest, Guards(patient, patient), texts)

    async def _search(self, build: Build | None) -> Search:
        active = ActiveBuild(cast(Any, Builds(build)), PATIENCE_S)
        await active.refresh()
        guard = Guard(Degradation.PERSONALIZATION, PATIENCE_S, 0.0, 1)
        # Nobody who asks here has a history: tastes are never asked for.
        personal = Personal(self._catalogue, cast(Any, None), self._nearest, guard, PATIENCE_S)
        parts = self._catalogue, self._index, self._understand, active, self._meaning, personal
        return Search(*parts, lambda: 0.0, bytes(32))

    async def _ask_all(self, search: Search, asked: Sequence[Ask]) -> Scores:
        found = [await search(ask) for ask in asked]
        return self._scores([[product_id(product.name) for product, _ in one.results] for one in found])

    async def _near_all(self, questions: Sequence[str]) -> Scores:
        passes = mask(self._catalogue, None)
        ranked = list[list[str]]()
        for question in questions:
            near = await self._meaning(self._build, Wanted(question), passes)
            fused = fuse(len(passes), NOTHING, 1.0, weighed(near.rankings, near.trust), tail=True)
            order = ordering.ordered(self._catalogue, fused.rows, fused.tiers, fused.scores)
            ranked.append([self._catalogue.ids[row] for row in order.rows[:CUT]])
        return self._scores(ranked)

    def _scores(self, ranked: Sequence[Sequence[str]]) -> Scores:
        """[questions, documents]: falling with the place; 0 for what is not on the first page."""
        scores = np.zeros((len(ranked), len(self._corpus.ids)), np.float32)
        for row, found in enumerate(ranked):
            for place, item in enumerate(found):
                scores[row, self._places[item]] = 1.0 / (1 + place)
        return scores


def rankers(shop: Shop | None) -> Mapping[str, Ranker]:
    """How the service ranks for words; nothing for a corpus without texts."""
    return {} if shop is None else {WORDS: shop.words, MEANING: shop.meaning, BOTH: shop.both}


def looks(shop: Shop | None) -> Mapping[str, Look]:
    """How the service ranks for a picture."""
    return {} if shop is None else {BOTH: shop.picture}


def products_of(corpus: Corpus) -> list[Product]:
    """The corpus as the catalogue has it; where only texts are known, these are the titles."""
    if not corpus.products:
        assert corpus.texts is not None
        pairs = zip(corpus.ids, corpus.texts, strict=True)
        return [Product(name=f"products/{item}", title=text, in_stock=True) for item, text in pairs]
    return [
        Product(
            name=f"products/{known.id}",
            title=known.title,
            description=known.description,
            category_ids=[" > ".join(known.category[: depth + 1]) for depth in range(len(known.category))],
            category_path=known.category,
            brand=known.brand,
            attributes=known.attributes,
            in_stock=True,
        )
        for known in corpus.products
    ]


def _spec(folder: Path) -> EncoderSpec:
    """The candidate's specification as a release has it: publishing adds the versions."""
    found = candidate.read(folder)
    encoders = {name: entry | {"version": "1"} for name, entry in found["encoders"].items()}
    return specification.parse(json.dumps(found | {"encoders": encoders}))


def _collections(
    spec: EncoderSpec,
    products: Sequence[Product],
    folder: Path,
    seen: Seen | None,
    look: Looked | None,
    *,
    quiet: bool,
) -> dict[str, Vectors]:
    """Vectors of the corpus by collection, as the worker makes them (services.search.worker.embedding)."""
    made: dict[str, Vectors] = {}
    for name, space in spec.spaces.items():
        if space.picture is None and space.text is not None:
            read = candidate.texts(folder, space.text.model)
            assert read is not None
            made[GROUP.format(name)] = read([subject(product).caption for product in products], quiet=quiet)
        elif seen is not None and space.text is not None:
            assert seen.documents is not None
            made[GROUP.format(name)] = seen.documents
        elif look is not None and space.text is None:
            made[GROUP.format(name)] = look.pictures
    return made

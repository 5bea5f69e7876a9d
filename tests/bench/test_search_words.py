"""How good search for texts is on a catalogue of *Fashion Product Images*: DATASET=path/to/fashion.zip make bench.

By words alone, in this process; and by words, meaning and pictures, through the gateway of a shop that runs with that
data set and its encoders (AISLE_TEST_DATA, or the one of `make up`).
"""

import csv
import io
import os
import random
import string
import zipfile
from collections import defaultdict
from pathlib import Path
from typing import Protocol

import httpx
import pytest
from aisle.catalog.v1.product_pb2 import Product

from services.search.adapters.language import Dictionary
from services.search.adapters.lexical import TantivyIndex
from services.search.adapters.vocabulary import Vocabulary
from services.search.domain import synonyms
from services.search.domain.words import words
from services.search.settings import SYNONYMS
from services.search.use_cases import ordering
from services.search.use_cases.catalogue import Catalogue
from services.search.use_cases.fusion import fuse
from services.search.use_cases.understand import Understand
from tests.bench.conftest import describe, show
from tests.support.mesh import RunningMesh

pytestmark = pytest.mark.bench
TASKS = ("articleType", "subCategory", "baseColour")
FEWEST = 10
"""Products of a category or colour that is asked for: with fewer, P@10 cannot be 1."""
TYPOS, SEED = 200, 1
LEAST_PRECISION, MOST_LOST = 0.95, 0.05


class Finds(Protocol):
    """What is measured."""

    def first(self, query: str) -> list[str]:
        """Ids of the ten that come first."""
        ...


class Gateway:
    """Search of the shop that runs."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def first(self, query: str) -> list[str]:
        """Ids of what comes first."""
        reply = self._http.post("/v1/products:search", json={"query": query, "pageSize": 10}).raise_for_status().json()
        assert not reply["degraded"], f"encoders are missing (make logs ARGS=encoders): {reply['degraded']}"
        return [result["product"].removeprefix("products/") for result in reply["results"]]


class Words:
    """The words of search over a catalogue in this process: what a query finds first."""

    def __init__(self, rows: list[dict[str, str]]) -> None:
        self.index = TantivyIndex()
        vocabulary = Vocabulary(self.index.stem)
        self.catalogue = Catalogue(self.index, vocabulary)
        for row in rows:
            self.catalogue.put(_product(row))
        self.catalogue.commit()
        groups = synonyms.parse(SYNONYMS.read_text(), lambda text: tuple(map(self.index.stem, words(text))))
        self.understand = Understand(self.index.stem, vocabulary, groups, Dictionary())

    def first(self, query: str, count: int = 10) -> list[str]:
        """Ids of what comes first."""
        understood = self.understand(query)
        found = self.index.search(understood.query)
        if not len(found[0]):
            best = self.understand.best_instead(understood, self.index.count) or understood
            found = self.index.search(best.query)
        fused = fuse(self.catalogue.size, found, 1.0, [], tail=False)
        order = ordering.ordered(self.catalogue, fused.rows, fused.tiers, fused.scores)
        return [self.catalogue.ids[row] for row in order.rows[:count]]


def _product(row: dict[str, str]) -> Product:
    path = [row["masterCategory"], row["subCategory"], row["articleType"]]
    attributes = {"gender": row["gender"], "colour": row["baseColour"], "season": row["season"], "usage": row["usage"]}
    return Product(
        name=f"products/{row['id']}",
        title=row["productDisplayName"] or row["articleType"],
        category_ids=[".".join(path[:depth]) for depth in (1, 2, 3)],
        category_path=path,
        in_stock=True,
        attributes={key: value for key, value in attributes.items() if value},
    )


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    """The data set's products."""
    given = Path(os.environ.get("DATASET", ""))
    if given.suffix != ".zip" or "fashion" not in given.name:
        pytest.skip("DATASET names no archive of Fashion Product Images")
    with zipfile.ZipFile(given) as archive:
        name = next(name for name in archive.namelist() if name.endswith("styles.csv"))
        return list(csv.DictReader(io.TextIOWrapper(archive.open(name), "utf-8")))


def test_words_of_a_catalogue(rows: list[dict[str, str]]) -> None:
    measure(f"Search by words over {len(rows)} products", Words(rows), rows)


def test_search_of_a_shop(rows: list[dict[str, str]], shop: RunningMesh) -> None:
    print(f"\n{describe(shop)}")
    with httpx.Client(base_url=shop.url, timeout=60, trust_env=False) as http:
        first = http.get("/v1/products", params={"pageSize": 1}).raise_for_status().json()
        if first["products"][0]["name"].removeprefix("products/") not in {row["id"] for row in rows}:
            pytest.skip("the shop that runs was not made from DATASET")
        if http.post("/v1/products:search", json={"query": "warm"}).raise_for_status().json()["degraded"]:
            pytest.skip("search has no encoders yet (make logs ARGS=encoders)")
        measure(f"Search through the gateway over {len(rows)} products", Gateway(http), rows)


def measure(title: str, shop: Finds, rows: list[dict[str, str]]) -> None:
    """Asks for categories and colours, and with typing mistakes; holds both to their bounds."""
    table = list[list[str]]()
    for task in TASKS:
        groups = defaultdict(set)
        for row in rows:
            groups[row[task]].add(row["id"])
        asked = {value: ids for value, ids in groups.items() if value and len(ids) >= FEWEST}
        precision = sum(len(set(shop.first(value)) & ids) / 10 for value, ids in asked.items()) / len(asked)
        table.append([task, str(len(asked)), f"{precision:.3f}"])
    kept = kept_in_spite_of_typos(shop, rows)
    table.append(["first ten kept in spite of a typing mistake", str(TYPOS), f"{kept:.3f}"])
    show(title, ["queries", "how many", "P@10"], table)
    assert min(float(precision) for _, _, precision in table[:-1]) > LEAST_PRECISION
    assert kept > 1 - MOST_LOST


def kept_in_spite_of_typos(shop: Finds, rows: list[dict[str, str]]) -> float:
    """Share of the first ten products that a query with one edit finds, too."""
    dice, shares = random.Random(SEED), list[float]()
    while len(shares) < TYPOS:
        row = dice.choice(rows)
        query = dice.choice([row["productDisplayName"], f"{row['baseColour']} {row['articleType']}"]).split()
        places = [i for i, word in enumerate(query) if word.isalpha() and len(word) >= 4]
        if not places:
            continue
        place = dice.choice(places)
        wrong = mistyped(query[place].lower(), dice)
        if wrong == query[place].lower():
            continue
        right = shop.first(" ".join(query))
        found = shop.first(" ".join([*query[:place], wrong, *query[place + 1 :]]))
        shares.append(len(set(right) & set(found)) / max(1, len(right)))
    return sum(shares) / len(shares)


def mistyped(word: str, dice: random.Random) -> str:
    """The word with a letter missing, added, changed, or changed places with the next."""
    at, letter = dice.randrange(len(word)), dice.choice(string.ascii_lowercase)
    before = min(at, len(word) - 2)
    swapped = word[:before] + word[before + 1] + word[before] + word[before + 2 :]
    return dice.choice(
        [word[:at] + word[at + 1 :], word[:at] + letter + word[at:], word[:at] + letter + word[at + 1 :], swapped]
    )

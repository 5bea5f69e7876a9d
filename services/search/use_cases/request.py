"""One request on its way through the stages of a search."""

from dataclasses import dataclass, field

import numpy as np

from services.search.ports import Rows, Scores, Vector
from services.search.use_cases.asking import Ask
from services.search.use_cases.filtering import Mask, passing
from services.search.use_cases.fusion import Ranking
from services.search.use_cases.guards import Degradation
from services.search.use_cases.meaning import Near
from services.search.use_cases.understand import Understood

NOTHING: tuple[Rows, Scores] = (np.zeros(0, np.int64), np.zeros(0, np.float32))


@dataclass
class Request:
    """One request on its way."""

    ask: Ask
    generation: int
    """Of the catalogue that the rows are of."""
    admits: Mask
    """What the shopper may be shown: nothing else exists for the request."""
    admits_all: bool
    """Whether that is everything."""
    passes: Mask
    """What of it passes the filter."""
    beside: dict[str, Mask]
    """What passes without a facet's own ticks, by the facet; of those that have some."""
    degraded: set[Degradation]
    whole: Rows = field(default_factory=lambda: NOTHING[0])
    """What the query finds, whether it passes the filter or not: what is counted."""
    has_all_words: bool = False
    """Whether there are products that have all words, whether they pass or not."""
    understood: Understood | None = None
    lexical: tuple[Rows, Scores] = NOTHING
    relaxed: tuple[Rows, Scores] = NOTHING
    near: Near = field(default_factory=Near)
    taste: Vector | None = None
    """The shopper's vector; None for somebody of whom nothing is known."""
    personalized: bool = False
    others: list[Ranking] = field(default_factory=list)

    def admitted(self, found: tuple[Rows, Scores]) -> tuple[Rows, Scores]:
        """What of it the shopper may be shown."""
        return found if self.admits_all else passing(self.admits, found)

    @property
    def meant(self) -> str:
        """The text as products have it: encoders make something else of a typing mistake."""
        if self.understood is None or not self.has_words:
            return self.ask.text
        return self.understood.respelt(self.ask.text)

    @property
    def has_words(self) -> bool:
        """Whether there are products that have the words, or some of them."""
        return len(self.lexical[0]) > 0 or len(self.relaxed[0]) > 0

    def inside(self, rows: Rows) -> Mask:
        """Which rows the query finds, and not only what lies behind it."""
        table = np.zeros(len(self.passes), bool)
        table[self.whole] = True
        return table[rows]

    @property
    def phrases(self) -> bool:
        """Whether words have to stand beside each other: nothing else comes behind products that have them so."""
        return self.understood is not None and bool(self.understood.query.phrases)

    @property
    def by_words(self) -> bool:
        """Whether words decide what is found."""
        return bool(self.ask.text.strip()) and not self.ask.similar and not self.ask.picture

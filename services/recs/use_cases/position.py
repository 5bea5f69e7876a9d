"""Where the next page of recommendations begins."""

import base64
import math
import zlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np

from services.kit.errors import InvalidArgument
from services.recs.domain.scenarios import RetrieverName
from services.recs.ports import Vector

REMEMBERED = 400
"""Products of the pages before that are remembered, at four bytes each: a page token has at most 4,000 characters."""
MOST_LEFT = 300
"""Candidates that are ordered together at most."""
SCORED = "scored"
"""Of what was scored ahead; a name in plans, explanations and page tokens."""
PLANNED = frozenset({"", "mix", SCORED, "popular_here", "newest", *RetrieverName})
"""Names that a retriever may have in a plan; the empty one stands for the beginning."""


@dataclass(frozen=True)
class Position:
    """After the last product of a page. It keeps the shopper's vector, so that pages fit each other."""

    release: int = 0
    retriever: str = ""
    rank: int = 0
    score: float | None = None
    resume: str = ""
    vector: Vector | None = None
    finished: tuple[str, ...] = ()
    """Retrievers that have no more."""
    shown: tuple[int, ...] = ()
    """Digests of products of the pages before, those of the last page first."""
    left: int = 0
    """Candidates after this position that were ordered together and not shown yet: the next page begins with them."""
    stopped: tuple[str, ...] = ()
    """Finished ones that did not come to the end of the index."""
    passed: int = 0
    """Candidates that were ordered together with those that are left, and shown: no page may forget them yet."""
    passed_before: int = 0
    """How many were ordered together before these: some of them may lie after this position, too."""

    def to_json(self) -> dict[str, Any]:
        """The values of a page token."""
        vector = b"" if self.vector is None else self.vector.astype("<f2").tobytes()
        shown = np.array(self.shown, "<u4").tobytes()
        return {
            "r": self.release,
            "f": self.retriever,
            "n": self.rank,
            "s": self.score,
            "t": self.resume,
            "v": base64.b64encode(vector).decode(),
            "d": list(self.finished),
            "e": list(self.stopped),
            "h": base64.b64encode(shown).decode(),
            "l": self.left,
            "p": self.passed,
            "q": self.passed_before,
        }


def digest(product_id: str) -> int:
    """32 bits of a product id."""
    return zlib.crc32(product_id.encode())


def remembered(shown: Collection[int], more: Collection[str]) -> tuple[int, ...]:
    """What the next page has to leave out; of more than fit, those of the last pages."""
    return tuple(dict.fromkeys((*(digest(product_id) for product_id in more), *shown)))[:REMEMBERED]


def rounded(vector: Vector) -> Vector:
    """As precise as a page token keeps it, so that the second page goes on in the first one's order."""
    return vector.astype("<f2").astype(np.float32)


def from_json(values: dict[str, Any] | None) -> Position | None:
    """Reads the values of a page token, which anybody may have written.

    Raises:
        InvalidArgument: they are not ours.
    """
    if values is None:
        return None
    try:
        vector = np.frombuffer(base64.b64decode(values["v"], validate=True), "<f2").astype(np.float32)
        score = values["s"]
        position = Position(
            release=_number(values["r"]),
            retriever=_retriever(values["f"]),
            rank=_number(values["n"]),
            score=None if score is None else float(score),
            resume=_text(values["t"]),
            vector=vector if vector.size else None,
            finished=tuple(_retriever(name) for name in values["d"]),
            stopped=tuple(_retriever(name) for name in values.get("e", ())),
            shown=tuple(np.frombuffer(base64.b64decode(values["h"], validate=True), "<u4").tolist()),
            left=_number(values["l"]),
            passed=_number(values.get("p", 0)),
            passed_before=_number(values.get("q", 0)),
        )
        if position.left > MOST_LEFT or not np.isfinite(vector).all() or not math.isfinite(position.score or 0.0):
            raise ValueError
    except (KeyError, ValueError, TypeError, OverflowError):
        raise InvalidArgument.field("page_token", "is not one that this service gave out") from None
    return position


def _number(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 2**53:
        raise ValueError
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str) or "\x00" in value or len(value) > 2000:
        raise ValueError
    return value


def _retriever(value: Any) -> str:
    if value not in PLANNED:
        raise ValueError
    return str(value)

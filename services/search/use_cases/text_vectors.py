"""Vectors of what shoppers type: remembered, and asked for together."""

import asyncio
from collections.abc import Sequence

from services.kit import telemetry
from services.kit.coalescing import Coalescer
from services.search.domain.encoders import EncoderSpec, TextEncoder
from services.search.ports import Encoders, Vector
from services.search.use_cases.guards import Guard
from services.search.use_cases.measures import stage
from services.search.use_cases.remembering import Remembered

IN_FLIGHT = 1
"""Calls under way at a time, for each encoder: it computes one batch at a time, and each call costs both sides."""
TOGETHER = 16
"""Texts of one call: all wait for the last."""
log = telemetry.logger("aisle.search.text_vectors")


class TextVectors:
    """Encodes texts of queries."""

    def __init__(self, encoders: Encoders, guard: Guard, kept: int) -> None:
        self._encoders = encoders
        self._guard = guard
        self._kept = Remembered[tuple[TextEncoder, str], Vector](kept)
        self._coalesced = Coalescer(self._encode, IN_FLIGHT, TOGETHER)

    async def __call__(self, encoder: TextEncoder, text: str) -> Vector:
        """The text's vector.

        Raises:
            Down: the encoder does not answer.
        """
        key = encoder, text
        if (known := self._kept.get(key)) is not None:
            return known
        with stage("encode_text"):
            found = await self._guard(lambda: self._coalesced(encoder, text))
        self._kept.put(key, found)
        return found

    async def prepare(self, spec: EncoderSpec) -> None:
        """Reads the tokenizers before anybody waits for them: each takes a tenth of a second."""
        for space in spec.spaces.values():
            if space.text is None:
                continue
            try:
                await asyncio.to_thread(self._encoders.tokens, space.text, "a")
            except ValueError as error:  # promoting refuses it; words answer all the same
                log.warning("tokenizer not read", model=space.text.model, why=str(error)[:300])

    async def _encode(self, encoder: TextEncoder, texts: Sequence[str]) -> list[Vector]:
        distinct = list(dict.fromkeys(texts))
        # One call serves many callers: what would wait without end for one of them would be in the way of all.
        async with asyncio.timeout(self._guard.budget_s):
            found = dict(zip(distinct, await self._encoders.texts(encoder, distinct), strict=True))
        return [found[text] for text in texts]

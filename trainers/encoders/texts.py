"""Texts as encoders see them. The search service does the same, by the same spec."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from trainers.encoders.spec import TextSpec

Ids = NDArray[np.int64]


class Tokens:
    """Tokenises texts as a spec says."""

    def __init__(self, spec: TextSpec) -> None:
        self._spec = spec
        self._tokenizer = Tokenizer.from_str(json.dumps(spec.tokenizer))
        self._tokenizer.enable_truncation(spec.max_tokens)
        self._tokenizer.no_padding()

    def __call__(self, texts: Sequence[str]) -> tuple[Ids, Ids]:
        """Token ids and attention mask, [texts, longest of them]."""
        rows = [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]
        longest = max((len(row) for row in rows), default=1)
        ids = np.full((len(rows), longest), self._spec.pad_id, np.int64)
        mask = np.zeros((len(rows), longest), np.int64)
        for place, row in enumerate(rows):
            ids[place, : len(row)] = row
            mask[place, : len(row)] = 1
        return ids, mask


def read_tokenizer(file: Path) -> Mapping[str, Any]:
    """The JSON of a tokenizer, without the truncation and padding that it was saved with: the spec says those."""
    tokenizer = Tokenizer.from_file(str(file))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    made: Mapping[str, Any] = json.loads(tokenizer.to_str())
    return made

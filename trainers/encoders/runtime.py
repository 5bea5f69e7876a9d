"""Encoders of a candidate, run here with ONNX Runtime, as the inference server does."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from trainers.encoders import pictures
from trainers.encoders.progress import bar
from trainers.encoders.spec import PictureSpec, TextSpec
from trainers.encoders.texts import Tokens

Vectors = NDArray[np.float32]
BATCH = 32
THREADS = 1
"""As the CPU profile of the model repository has it."""


def session(file: Path) -> ort.InferenceSession:
    """Opens a file."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = THREADS
    return ort.InferenceSession(file, options, providers=["CPUExecutionProvider"])


class Texts:
    """A text encoder."""

    def __init__(self, file: Path, spec: TextSpec) -> None:
        self.spec = spec
        self._session, self._tokens = session(file), Tokens(spec)

    def __call__(self, texts: Sequence[str], *, quiet: bool = True) -> Vectors:
        """Vectors of texts, [texts, dimension]."""
        found = np.zeros((len(texts), self.spec.dimension), np.float32)
        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        with bar("texts", len(texts), quiet=quiet) as step:
            for begin in range(0, len(texts), BATCH):
                places = order[begin : begin + BATCH]
                ids, mask = self._tokens([texts[place] for place in places])
                found[places] = self.ids(ids, mask)
                step(len(places))
        return found

    def ids(self, ids: NDArray[np.int64], mask: NDArray[np.int64]) -> Vectors:
        """Vectors of one batch of token ids."""
        made: Vectors = self._session.run(["vector"], {"input_ids": ids, "attention_mask": mask})[0]
        return made


class Pictures:
    """A picture encoder."""

    def __init__(self, file: Path, spec: PictureSpec) -> None:
        self.spec = spec
        self._session = session(file)

    def __call__(self, sources: Sequence[bytes | Path], *, quiet: bool = True) -> Vectors:
        """Vectors of pictures, [pictures, dimension].

        Raises:
            OSError: one is no picture.
        """
        found = []
        with bar("pictures", len(sources), quiet=quiet) as step:
            for begin in range(0, len(sources), BATCH):
                batch = [pictures.pixels(source, self.spec) for source in sources[begin : begin + BATCH]]
                found.append(self.pixels(np.stack(batch)))
                step(len(batch))
        return np.concatenate(found) if found else np.zeros((0, self.spec.dimension), np.float32)

    def pixels(self, batch: pictures.Pixels) -> Vectors:
        """Vectors of one batch, [N, height, width, 3]."""
        made: Vectors = self._session.run(["vector"], {"pixels": batch})[0]
        return made

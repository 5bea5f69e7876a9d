"""The encoders, over the Open Inference Protocol v2."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import grpc
import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer
from tritonclient.grpc import service_pb2 as pb
from tritonclient.grpc import service_pb2_grpc

from services.kit.encoders.kinds import PictureEncoder, TextEncoder
from services.kit.inference import tensor_shapes

Vector = NDArray[np.float32]
AT_ONCE = 32
"""Texts or pictures of one call; no model of ours has a smaller max_batch_size."""
TOKENIZERS = 8
"""Tokenizers that are kept: two a release, of some releases."""


class InferenceEncoders:
    """Asks them in batches; keeps the tokenizers of the last ones."""

    def __init__(self, channel: grpc.aio.Channel, timeout_s: float | None = None) -> None:
        self._stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
        self._timeout_s = timeout_s
        self._tokenizers: OrderedDict[TextEncoder, Tokenizer] = OrderedDict()

    async def texts(self, encoder: TextEncoder, texts: Sequence[str]) -> Vector:
        """[texts, dimension]."""
        parts = [np.zeros((0, encoder.dimension), np.float32)]
        for at in range(0, len(texts), AT_ONCE):
            rows = [encoding.ids for encoding in self._tokenizer(encoder).encode_batch(list(texts[at : at + AT_ONCE]))]
            longest = max(1, *map(len, rows))
            ids = np.full((len(rows), longest), encoder.pad_id, np.int64)
            mask = np.zeros((len(rows), longest), np.int64)
            for place, row in enumerate(rows):
                ids[place, : len(row)] = row
                mask[place, : len(row)] = 1
            request = pb.ModelInferRequest(model_name=encoder.model, model_version=encoder.version)
            _add(request, "input_ids", "INT64", ids)
            _add(request, "attention_mask", "INT64", mask)
            parts.append(await self._infer(request, encoder.dimension))
        return np.concatenate(parts)

    async def pixels(self, encoder: PictureEncoder, pixels: Sequence[bytes]) -> Vector:
        """[pictures, dimension] of pictures of the encoder's size, RGB."""
        parts = [np.zeros((0, encoder.dimension), np.float32)]
        for at in range(0, len(pixels), AT_ONCE):
            rows = pixels[at : at + AT_ONCE]
            request = pb.ModelInferRequest(model_name=encoder.model, model_version=encoder.version)
            shape = (len(rows), encoder.height, encoder.width, 3)
            request.inputs.add(name="pixels", datatype="UINT8", shape=shape)
            request.raw_input_contents.append(b"".join(rows))
            parts.append(await self._infer(request, encoder.dimension))
        return np.concatenate(parts)

    def tokens(self, encoder: TextEncoder, text: str) -> list[int]:
        """The tokens of a text."""
        ids: list[int] = self._tokenizer(encoder).encode(text).ids
        return ids

    async def shapes(self, model: str, version: str) -> dict[str, tuple[int, ...]] | None:
        """Shapes of a model's inputs and outputs without the batch's; None when that version is not ready."""
        return await tensor_shapes(self._stub, model, version)

    def _tokenizer(self, encoder: TextEncoder) -> Tokenizer:
        found = self._tokenizers.get(encoder)
        if found is None:
            found = self._tokenizers[encoder] = tokenizer(encoder)
            if len(self._tokenizers) > TOKENIZERS:
                self._tokenizers.popitem(last=False)
        return found

    async def _infer(self, request: pb.ModelInferRequest, dimension: int) -> Vector:
        answer = await self._stub.ModelInfer(request, timeout=self._timeout_s)
        for i, tensor in enumerate(answer.outputs):
            if tensor.name == "vector":
                return np.frombuffer(answer.raw_output_contents[i], "<f4").reshape(-1, dimension)
        raise ValueError(f"{request.model_name} has no output vector")


def tokenizer(encoder: TextEncoder) -> Tokenizer:
    """The encoder's tokenizer.

    Raises:
        ValueError: it is none.
    """
    try:
        made = Tokenizer.from_str(encoder.tokenizer)
    except Exception as error:  # the library raises a plain Exception
        raise ValueError(f"its tokenizer cannot be read: {error}"[:300]) from None
    made.enable_truncation(encoder.max_tokens)
    made.no_padding()
    return made


def _add(request: pb.ModelInferRequest, name: str, datatype: str, values: np.ndarray[Any, Any]) -> None:
    request.inputs.add(name=name, datatype=datatype, shape=values.shape)
    request.raw_input_contents.append(values.tobytes())

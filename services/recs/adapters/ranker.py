"""The ranker, over the Open Inference Protocol v2."""

from collections.abc import Sequence
from dataclasses import dataclass

import grpc
import numpy as np
from tritonclient.grpc import service_pb2 as pb
from tritonclient.grpc import service_pb2_grpc

from services.kit.coalescing import Coalescer
from services.recs.adapters import messages
from services.recs.domain.releases import Release
from services.recs.ports import Vector

RANKER = "ranker"
AT_ONCE = 16
"""Of the 64 that the ranker takes: more together gain nothing, and all wait for the last."""
IN_FLIGHT = 1
"""Calls under way at a time: those that come meanwhile go together."""


@dataclass(frozen=True)
class _Request:
    release: Release
    features: Vector
    candidates: Sequence[str]
    newest: Sequence[str]


class InferenceRanker:
    """services.recs.ports.Ranker."""

    def __init__(self, channel: grpc.aio.Channel, timeout_s: float) -> None:
        self._stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
        self._timeout_s = timeout_s
        self._requests = Coalescer(self._scores, IN_FLIGHT, AT_ONCE)

    async def scores(
        self, release: Release, features: Vector, candidates: Sequence[str], newest: Sequence[str]
    ) -> Vector:
        return await self._requests(release.number, _Request(release, features, candidates, newest))

    async def _scores(self, _: int, asked: Sequence[_Request]) -> list[Vector]:
        release, spec = asked[0].release, asked[0].release.spec.ranker
        assert spec is not None, "a release without a ranker is not asked to rank"
        features = np.zeros((len(asked), spec.candidates, len(spec.features)), np.float32)
        for row, request in enumerate(asked):
            features[row, : len(request.features)] = request.features
        call = pb.ModelInferRequest(model_name=RANKER, model_version=release.ranker_version)
        messages.add(call, "features", "FP32", features)
        messages.add_text(call, "candidates", [_padded(request.candidates, spec.candidates) for request in asked])
        messages.add_text(call, "newest", [_padded(request.newest, spec.neighbours_of) for request in asked])
        answer = await self._stub.ModelInfer(call, timeout=self._timeout_s)
        scores = messages.output(answer, "scores").reshape(-1, spec.candidates)
        if not np.isfinite(scores).all():
            raise ValueError(f"version {release.ranker_version} of {RANKER} gives scores that are no numbers")
        return [found[: len(request.candidates)] for found, request in zip(scores, asked, strict=True)]


def _padded(ids: Sequence[str], size: int) -> list[str]:
    return [*ids, *[""] * (size - len(ids))]

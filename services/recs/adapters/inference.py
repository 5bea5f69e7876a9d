"""The towers, over the Open Inference Protocol v2."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import grpc
import numpy as np
from tritonclient.grpc import service_pb2 as pb
from tritonclient.grpc import service_pb2_grpc

from services.kit.coalescing import Coalescer, nobody
from services.kit.inference import tensor_shapes
from services.recs.adapters import messages
from services.recs.domain.feature_spec import ItemInputs
from services.recs.domain.releases import Release
from services.recs.ports import Vector

USER_TOWER = "user_tower"
ITEMS_AT_ONCE = 64
"""max_batch_size of the item tower."""
ITEMS_TIMEOUT_S = 10.0
USERS_AT_ONCE = 32
"""Of the 64 that the user tower takes: more together gain nothing, and all wait for the last."""
USERS_IN_FLIGHT = 1
"""Calls under way at a time: those that come meanwhile go together, and each costs the server and us a third."""


@dataclass(frozen=True)
class _UserInputs:
    release: Release
    vectors: Vector
    kinds: Sequence[int]
    ages_h: Sequence[float]
    preferred: Sequence[str]


class InferenceTowers:
    """services.recs.ports.Towers."""

    def __init__(
        self,
        channel: grpc.aio.Channel,
        user_timeout_s: float = ITEMS_TIMEOUT_S,
        coming: Callable[[], int] = nobody,
        linger_s: float = 0.0,
    ) -> None:
        """
        Args:
            channel: to the inference server.
            user_timeout_s: of a call for user vectors.
            coming: how many requests are about to ask for a user vector, at most.
            linger_s: how long a call waits for them.
        """
        self._stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
        self._user_timeout_s = user_timeout_s
        self._users = Coalescer(self._user_vectors, USERS_IN_FLIGHT, USERS_AT_ONCE, coming=coming, linger_s=linger_s)

    async def user_vector(
        self, release: Release, vectors: Vector, kinds: Sequence[int], ages_h: Sequence[float], preferred: Sequence[str]
    ) -> Vector:
        return await self._users(release.number, _UserInputs(release, vectors, kinds, ages_h, preferred))

    def pending(self) -> int:
        """How many user vectors are being asked for."""
        return self._users.pending()

    async def _user_vectors(self, _: int, users: Sequence[_UserInputs]) -> list[Vector]:
        release = users[0].release
        length, dimension = release.spec.history_length, release.dimension
        history = np.zeros((len(users), length, dimension), np.float32)
        codes = np.zeros((len(users), length), np.int64)
        ages = np.zeros((len(users), length), np.float32)
        for i, user in enumerate(users):
            # The newest event stands last; padding is in front.
            start = length - len(user.kinds)
            history[i, start:], codes[i, start:], ages[i, start:] = user.vectors, user.kinds, user.ages_h
        request = pb.ModelInferRequest(model_name=USER_TOWER, model_version=release.user_tower_version)
        messages.add(request, "history_vectors", "FP32", history)
        messages.add(request, "history_kinds", "INT64", codes)
        messages.add(request, "history_ages_h", "FP32", ages)
        messages.add_text(request, "preferred_categories", [user.preferred for user in users])
        return list(await self._infer(request, "user_vector", dimension, self._user_timeout_s))

    async def item_vectors(
        self, release: Release, items: Sequence[ItemInputs], encoder_vectors: Vector | None = None
    ) -> Vector:
        parts = [np.zeros((0, release.dimension), np.float32)]
        for at in range(0, len(items), ITEMS_AT_ONCE):
            rows = items[at : at + ITEMS_AT_ONCE]
            request = pb.ModelInferRequest(model_name=release.spec.item_tower, model_version=release.item_tower_version)
            messages.add_text(request, "product_id", [[row.product_id] for row in rows])
            messages.add_text(request, "category_path", [row.category_path for row in rows])
            messages.add_text(request, "brand", [[row.brand] for row in rows])
            messages.add(request, "price", "FP32", np.array([[row.price] for row in rows], np.float32))
            messages.add_text(request, "title_tokens", [row.title_tokens for row in rows])
            messages.add_text(request, "attributes", [row.attributes for row in rows])
            if encoder_vectors is not None:
                messages.add(request, "encoder_vectors", "FP32", encoder_vectors[at : at + ITEMS_AT_ONCE])
            parts.append(await self._infer(request, "item_vector", release.dimension, ITEMS_TIMEOUT_S))
        return np.concatenate(parts)

    async def shapes(self, model: str, version: str) -> dict[str, tuple[int, ...]] | None:
        return await tensor_shapes(self._stub, model, version)

    async def _infer(
        self, request: pb.ModelInferRequest, output: str, dimension: int, limit_s: float | None = None
    ) -> Vector:
        answer = await self._stub.ModelInfer(request, timeout=limit_s)
        return messages.output(answer, output).reshape(-1, dimension)

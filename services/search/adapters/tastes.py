"""What the recommender knows of shoppers: its events and its release over its contracts, its tower on the server."""

import json
import struct
from collections.abc import Collection, Sequence
from typing import Any

import grpc
import numpy as np
from aisle.recs.v1 import release_service_pb2 as releases_pb
from aisle.recs.v1 import user_event_service_pb2 as events_pb
from aisle.recs.v1.release_service_pb2_grpc import ReleaseServiceStub
from aisle.recs.v1.user_event_pb2 import UserEvent
from aisle.recs.v1.user_event_service_pb2_grpc import UserEventServiceStub
from tritonclient.grpc import service_pb2 as pb
from tritonclient.grpc import service_pb2_grpc

from services.search.ports import Step, Tower, Vector
from services.search.use_cases.products import product_id

SERVICES = ("aisle.recs.v1.UserEventService", "aisle.recs.v1.ReleaseService")
MODEL = "user_tower"


class RecommenderTastes:
    """services.search.ports.Tastes; needs the role service."""

    def __init__(self, recs: grpc.aio.Channel, inference: grpc.aio.Channel) -> None:
        self._events = UserEventServiceStub(recs)
        self._releases = ReleaseServiceStub(recs)
        self._inference = service_pb2_grpc.GRPCInferenceServiceStub(inference)

    async def tower(self) -> Tower | None:
        reply = await self._releases.ListReleases(releases_pb.ListReleasesRequest(page_size=50))
        promoted = releases_pb.Release.STATE_PROMOTED
        release = next((release for release in reply.releases if release.state == promoted), None)
        if release is None:
            return None
        spec = json.loads(release.feature_spec)
        return Tower(
            version=release.user_tower_version,
            collection=release.collection,
            dimension=release.dimension,
            history_length=int(spec["history_length"]),
            max_preferred_categories=int(spec["max_preferred_categories"]),
            kinds={str(name): int(code) for name, code in spec["kinds"].items()},
        )

    async def history(self, shopper: str, kinds: Collection[str], most: int) -> list[Step]:
        # The log's newest events alone would be impressions: a shopper sees dozens of products between two clicks.
        numbers = [number for name, number in UserEvent.Kind.items() if name.removeprefix("KIND_") in kinds]
        request = events_pb.ListUserEventsRequest(parent=shopper, kinds=numbers, page_size=most)
        reply = await self._events.ListUserEvents(request)
        steps = [
            Step(product_id(event.product), _kind(event), event.event_time.seconds)
            for event in reply.user_events
            if event.product
        ]
        return steps[::-1]

    async def user_vector(self, tower: Tower, vectors: Vector, kinds: Sequence[int], ages_h: Sequence[float]) -> Vector:
        length = tower.history_length
        # The newest event stands last; padding is in front.
        start = length - len(kinds)
        history = np.zeros((1, length, tower.dimension), np.float32)
        codes, ages = np.zeros((1, length), np.int64), np.zeros((1, length), np.float32)
        history[0, start:], codes[0, start:], ages[0, start:] = vectors, kinds, ages_h
        request = pb.ModelInferRequest(model_name=MODEL, model_version=tower.version)
        _add(request, "history_vectors", "FP32", history)
        _add(request, "history_kinds", "INT64", codes)
        _add(request, "history_ages_h", "FP32", ages)
        # Empty strings, each four bytes of its length: preferences are the recommender's own.
        shape = (1, tower.max_preferred_categories)
        request.inputs.add(name="preferred_categories", datatype="BYTES", shape=shape)
        request.raw_input_contents.append(struct.pack("<I", 0) * tower.max_preferred_categories)
        answer = await self._inference.ModelInfer(request)
        for i, tensor in enumerate(answer.outputs):
            if tensor.name == "user_vector":
                return np.frombuffer(answer.raw_output_contents[i], "<f4").reshape(-1)
        raise ValueError(f"{MODEL} has no output user_vector")


def _kind(event: UserEvent) -> str:
    return UserEvent.Kind.Name(event.kind).removeprefix("KIND_")


def _add(request: pb.ModelInferRequest, name: str, datatype: str, values: np.ndarray[Any, Any]) -> None:
    request.inputs.add(name=name, datatype=datatype, shape=values.shape)
    request.raw_input_contents.append(values.tobytes())

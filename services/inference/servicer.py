"""Open Inference Protocol v2, as Triton speaks it."""

from collections.abc import AsyncIterator
from typing import Any

import grpc
from tritonclient.grpc import service_pb2 as pb
from tritonclient.grpc import service_pb2_grpc

from services.inference import messages, overrides, tensors
from services.inference.errors import InferenceError, invalid
from services.inference.repository import Repository
from services.inference.state import ServerState

NAME, VERSION = "aisle-inference", "1"
EXTENSIONS = ("model_repository", "model_configuration", "statistics")


class InferenceServicer(service_pb2_grpc.GRPCInferenceServiceServicer):  # type: ignore[misc]
    """Parse, ask the repository, render. Shared memory, traces and log settings stay unimplemented."""

    def __init__(self, repository: Repository, state: ServerState) -> None:
        self._repository = repository
        self._state = state

    async def ServerLive(self, request: pb.ServerLiveRequest, context: Any) -> pb.ServerLiveResponse:
        return pb.ServerLiveResponse(live=True)

    async def ServerReady(self, request: pb.ServerReadyRequest, context: Any) -> pb.ServerReadyResponse:
        return pb.ServerReadyResponse(ready=self._state.ready)

    async def ServerMetadata(self, request: pb.ServerMetadataRequest, context: Any) -> pb.ServerMetadataResponse:
        return pb.ServerMetadataResponse(name=NAME, version=VERSION, extensions=EXTENSIONS)

    async def ModelReady(self, request: pb.ModelReadyRequest, context: Any) -> pb.ModelReadyResponse:
        try:
            self._repository.find(request.name, request.version)
        except InferenceError as error:
            if error.code == grpc.StatusCode.INVALID_ARGUMENT:
                raise
            return pb.ModelReadyResponse(ready=False)
        return pb.ModelReadyResponse(ready=True)

    async def ModelMetadata(self, request: pb.ModelMetadataRequest, context: Any) -> pb.ModelMetadataResponse:
        loaded = self._repository.find(request.name, request.version)
        versions = [other.model.version for other in self._repository.serving(request.name)]
        return messages.metadata(loaded, versions)

    async def ModelConfig(self, request: pb.ModelConfigRequest, context: Any) -> pb.ModelConfigResponse:
        loaded = self._repository.find(request.name, request.version)
        return pb.ModelConfigResponse(config=loaded.model.config)

    async def ModelStatistics(self, request: pb.ModelStatisticsRequest, context: Any) -> pb.ModelStatisticsResponse:
        found = self._repository.serving(request.name)
        if request.name and not found:
            raise invalid(f"requested model '{request.name[:200]}' is not available")
        if request.version:
            found = [one for one in found if str(one.model.version) == request.version]
            if not found:
                raise invalid(f"requested model version is not available for model '{request.name[:200]}'")
        return pb.ModelStatisticsResponse(model_stats=[messages.statistics(loaded) for loaded in found])

    async def ModelInfer(self, request: pb.ModelInferRequest, context: Any) -> pb.ModelInferResponse:
        return await self._infer(request)

    async def ModelStreamInfer(
        self, requests: AsyncIterator[pb.ModelInferRequest], context: Any
    ) -> AsyncIterator[pb.ModelStreamInferResponse]:
        async for request in requests:
            try:
                yield pb.ModelStreamInferResponse(infer_response=await self._infer(request))
            except InferenceError as error:
                # A bad request gets its error, and the stream goes on.
                answer = pb.ModelInferResponse(model_name=request.model_name, id=request.id)
                yield pb.ModelStreamInferResponse(error_message=error.message, infer_response=answer)

    async def _infer(self, request: pb.ModelInferRequest) -> pb.ModelInferResponse:
        loaded = self._repository.find(request.model_name, request.model_version)
        inputs = loaded.model.check(tensors.read_inputs(request))
        names = messages.wanted(request, loaded.model)
        found = await loaded.runner.infer(inputs, names)
        return messages.inferred(request, loaded.model, names, found)

    async def RepositoryIndex(self, request: pb.RepositoryIndexRequest, context: Any) -> pb.RepositoryIndexResponse:
        entries = self._repository.index()
        return messages.index([entry for entry in entries if not request.ready or entry.state == "READY"])

    async def RepositoryModelLoad(
        self, request: pb.RepositoryModelLoadRequest, context: Any
    ) -> pb.RepositoryModelLoadResponse:
        self._state.check_control()
        await self._repository.load(request.model_name, override=overrides.read(request))
        return pb.RepositoryModelLoadResponse()

    async def RepositoryModelUnload(
        self, request: pb.RepositoryModelUnloadRequest, context: Any
    ) -> pb.RepositoryModelUnloadResponse:
        self._state.check_control()
        await self._repository.unload(request.model_name)
        return pb.RepositoryModelUnloadResponse()

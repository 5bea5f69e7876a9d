"""What an inference server says of its models, over the Open Inference Protocol v2."""

import grpc
from tritonclient.grpc import service_pb2 as pb
from tritonclient.grpc.service_pb2_grpc import GRPCInferenceServiceStub

NOT_READY = {grpc.StatusCode.NOT_FOUND, grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.INVALID_ARGUMENT}


async def tensor_shapes(
    server: GRPCInferenceServiceStub, model: str, version: str
) -> dict[str, tuple[int, ...]] | None:
    """Shapes of a model's inputs and outputs without the batch's; None when that version is not ready.

    Raises:
        grpc.aio.AioRpcError: the server does not answer.
    """
    try:
        ready = await server.ModelReady(pb.ModelReadyRequest(name=model, version=version), timeout=5.0)
        if not ready.ready:
            return None
        request = pb.ModelMetadataRequest(name=model, version=version)
        metadata = await server.ModelMetadata(request, timeout=5.0)
    except grpc.aio.AioRpcError as error:
        # Triton says of a model that it does not have that it is not found, or unavailable.
        if error.code() in NOT_READY and await _live(server):
            return None
        raise
    return {tensor.name: tuple(tensor.shape[1:]) for tensor in (*metadata.inputs, *metadata.outputs)}


async def _live(server: GRPCInferenceServiceStub) -> bool:
    try:
        return bool((await server.ServerLive(pb.ServerLiveRequest(), timeout=2.0)).live)
    except grpc.aio.AioRpcError:
        return False

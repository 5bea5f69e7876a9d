"""The protocol's messages, from what is served."""

from collections.abc import Sequence

from tritonclient.grpc import service_pb2 as pb

from services.inference import tensors
from services.inference.errors import invalid, unimplemented
from services.inference.model import ModelVersion, Spec
from services.inference.served import Entry, Loaded
from services.inference.statistics import Durations
from services.inference.tensors import Array


def metadata(loaded: Loaded, versions: Sequence[int]) -> pb.ModelMetadataResponse:
    """What a model takes and gives; its first dimension is the batch's where it has one."""
    model = loaded.model
    return pb.ModelMetadataResponse(
        name=model.config.name,
        versions=[str(version) for version in versions],
        platform=model.config.platform,
        inputs=[_tensor(spec, model.batched) for spec in model.inputs],
        outputs=[_tensor(spec, model.batched) for spec in model.outputs],
    )


def wanted(request: pb.ModelInferRequest, model: ModelVersion) -> tuple[str, ...]:
    """Names of the outputs that the request asks for; all of them when it names none.

    Raises:
        InferenceError: the model has no such output.
    """
    known = [spec.name for spec in model.outputs]
    for output in request.outputs:
        if special := {"classification", "shared_memory_region"} & set(output.parameters):
            raise unimplemented(f"this server has no {min(special)} for outputs")
    asked = list(dict.fromkeys(output.name for output in request.outputs)) or known
    if unknown := [name for name in asked if name not in known]:
        raise invalid(f"unexpected inference output '{unknown[0][:200]}' for model '{model.config.name}'")
    return tuple(asked)


def inferred(
    request: pb.ModelInferRequest, model: ModelVersion, names: Sequence[str], found: Sequence[Array]
) -> pb.ModelInferResponse:
    """The outputs, as raw bytes, under the id of the request."""
    answer = pb.ModelInferResponse(model_name=model.config.name, model_version=str(model.version), id=request.id)
    types = {spec.name: spec.datatype for spec in model.outputs}
    for name, array in zip(names, found, strict=True):
        answer.outputs.add(name=name, datatype=types[name], shape=array.shape)
        answer.raw_output_contents.append(tensors.write(array))
    return answer


def statistics(loaded: Loaded) -> pb.ModelStatistics:
    """How often a version computed, and for how long."""
    model, told = loaded.model, loaded.model.statistics
    answer = pb.ModelStatistics(
        name=model.config.name,
        version=str(model.version),
        last_inference=told.last_ms,
        inference_count=told.inferences,
        execution_count=told.executions,
        inference_stats=pb.InferStatistics(
            success=_duration(told.success),
            fail=_duration(told.fail),
            queue=_duration(told.queue),
            compute_input=_duration(told.compute_input),
            compute_infer=_duration(told.compute_infer),
            compute_output=_duration(told.compute_output),
        ),
    )
    for size, took in sorted(told.batches.items()):
        answer.batch_stats.add(
            batch_size=size,
            compute_input=_duration(took.compute_input),
            compute_infer=_duration(took.compute_infer),
            compute_output=_duration(took.compute_output),
        )
    return answer


def index(entries: Sequence[Entry]) -> pb.RepositoryIndexResponse:
    """The rows of the index."""
    row = pb.RepositoryIndexResponse.ModelIndex
    return pb.RepositoryIndexResponse(
        models=[row(name=e.name, version=e.version, state=e.state, reason=e.reason) for e in entries]
    )


def _tensor(spec: Spec, batched: bool) -> pb.ModelMetadataResponse.TensorMetadata:
    shape = [-1, *spec.dims] if batched else spec.dims
    return pb.ModelMetadataResponse.TensorMetadata(name=spec.name, datatype=spec.datatype, shape=shape)


def _duration(told: Durations) -> pb.StatisticDuration:
    return pb.StatisticDuration(count=told.count, ns=told.ns)

"""What a load may carry beside the model's name: a configuration to use instead of the file."""

from google.protobuf import json_format
from tritonclient.grpc import model_config_pb2
from tritonclient.grpc import service_pb2 as pb

from services.inference import config as configurations
from services.inference.config import BrokenModel
from services.inference.errors import InferenceError, internal, unimplemented


def read(request: pb.RepositoryModelLoadRequest) -> model_config_pb2.ModelConfig | None:
    """The configuration in the request, if it carries one.

    Raises:
        InferenceError: it is no configuration, or the request carries files.
    """
    if any(key.startswith("file:") for key in request.parameters):
        raise unimplemented("this server loads models from its repository only, and takes no files in a load request")
    if "config" not in request.parameters:
        return None
    try:
        given = json_format.Parse(request.parameters["config"].string_param, model_config_pb2.ModelConfig())
        return configurations.completed(given, request.model_name)
    except json_format.ParseError:
        raise _refused(request, "the parameter config is no model configuration in JSON") from None
    except BrokenModel as error:
        raise _refused(request, str(error)) from None


def _refused(request: pb.RepositoryModelLoadRequest, why: str) -> InferenceError:
    return internal(f"failed to load '{request.model_name[:200]}', failed to poll from model repository: {why}")

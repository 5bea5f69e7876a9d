"""Lays encoders into the model repository, with the sizes of their specification in the configuration."""

from pathlib import Path

from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2

from trainers.encoders.spec import PictureSpec, Spec
from trainers.release.errors import ReleaseError

CONFIG = "config.pbtxt"
MODELS = ("clip_text", "clip_image", "look_image", "sentence")


def sizes(repository: Path, spec: Spec) -> None:
    """Writes the dimensions of an encoder into its configuration.

    Raises:
        ReleaseError: the configuration is not one of an encoder.
    """
    file = repository / spec.model / CONFIG
    try:
        config = text_format.Parse(file.read_text(), model_config_pb2.ModelConfig())
    except (OSError, text_format.ParseError) as error:
        raise ReleaseError(f"The configuration of {spec.model} cannot be read: {error}.") from error
    before = config.SerializeToString(deterministic=True)
    config.output[0].dims[:] = [spec.dimension]
    if isinstance(spec, PictureSpec):
        config.input[0].dims[:] = [spec.height, spec.width, 3]
    if config.SerializeToString(deterministic=True) != before:
        draft = file.with_suffix(".new")
        draft.write_text(text_format.MessageToString(config))
        draft.replace(file)

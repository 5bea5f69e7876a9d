"""Model configurations: Triton's config.pbtxt, read with Triton's own schema."""

from pathlib import Path

from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2 as pb

BACKENDS = {"onnxruntime", ""}
FILE = "config.pbtxt"
UNSUPPORTED = ("sequence_batching", "ensemble_scheduling")
"""Better no model than one that does something else than its configuration says."""


class BrokenModel(Exception):
    """A model, or a version of one, that cannot be served; the message says why and never quotes an exception."""


class Unreadable(BrokenModel):
    """There is no configuration that could be read, so nothing is known of the model."""


def read(folder: Path) -> pb.ModelConfig:
    """The configuration of the model in `folder`.

    Raises:
        Unreadable: there is none, it cannot be read, or it asks for what this server does not do.
    """
    try:
        config = text_format.Parse((folder / FILE).read_text(), pb.ModelConfig())
    except FileNotFoundError:
        raise Unreadable(f"{folder.name} has no {FILE}") from None
    except (text_format.ParseError, UnicodeDecodeError) as error:
        line = error.GetLine() if isinstance(error, text_format.ParseError) else 0
        raise Unreadable(f"{folder.name}/{FILE} cannot be read at line {line}") from None
    return completed(config, folder.name)


def completed(config: pb.ModelConfig, name: str) -> pb.ModelConfig:
    """A configuration with what it leaves to the server.

    Raises:
        Unreadable: it asks for what this server does not do.
    """
    config.name = config.name or name
    if config.name != name:
        raise Unreadable(f"the configuration of {name} names another model, {config.name}")
    if config.backend not in BACKENDS or config.platform not in {"", "onnxruntime_onnx"}:
        raise Unreadable(f"{name} needs the backend {config.backend or config.platform}; this server has onnxruntime")
    for field in UNSUPPORTED:
        if config.HasField(field):
            raise Unreadable(f"{name} asks for {field}, which this server does not do; Triton does")
    if reshaped := [tensor.name for tensor in (*config.input, *config.output) if tensor.HasField("reshape")]:
        raise Unreadable(f"{name} asks for a reshape of {reshaped[0]}, which this server does not do; Triton does")
    config.backend = config.backend or "onnxruntime"
    config.platform = config.platform or "onnxruntime_onnx"
    config.default_model_filename = config.default_model_filename or "model.onnx"
    return config


def versions(folder: Path, policy: pb.ModelVersionPolicy) -> list[int]:
    """The versions to serve by the version policy, oldest first; of its own accord it is the newest one."""
    names = [path.name for path in folder.iterdir() if path.is_dir()]
    present = sorted(int(name) for name in names if name.isascii() and name.isdecimal() and int(name) > 0)
    if policy.HasField("specific"):
        return [version for version in present if version in set(policy.specific.versions)]
    if policy.HasField("all"):
        return present
    return present[-(policy.latest.num_versions or 1) :]

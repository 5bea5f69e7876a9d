"""Model configurations: Triton's config.pbtxt, read with Triton's own schema."""

from pathlib import Path

from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2 as pb

BACKENDS = {"onnxruntime", ""}
FILE = "config.pbtxt"


class BrokenModel(Exception):
    """A model, or a version of one, that cannot be served; the message says why and never quotes an exception."""


def read(folder: Path) -> pb.ModelConfig:
    """The configuration of the model in `folder`.

    Raises:
        BrokenModel: there is none, it cannot be read, or it asks for what this server does not do.
    """
    try:
        config = text_format.Parse((folder / FILE).read_text(), pb.ModelConfig())
    except FileNotFoundError:
        raise BrokenModel(f"{folder.name} has no {FILE}") from None
    except (text_format.ParseError, UnicodeDecodeError) as error:
        line = error.GetLine() if isinstance(error, text_format.ParseError) else 0
        raise BrokenModel(f"{folder.name}/{FILE} cannot be read at line {line}") from None
    return completed(config, folder.name)


def completed(config: pb.ModelConfig, name: str) -> pb.ModelConfig:
    """A configuration with what it leaves to the server.

    Raises:
        BrokenModel: it asks for what this server does not do.
    """
    config.name = config.name or name
    if config.name != name:
        raise BrokenModel(f"the configuration of {name} names another model, {config.name}")
    if config.backend not in BACKENDS or config.platform not in {"", "onnxruntime_onnx"}:
        raise BrokenModel(f"{name} needs the backend {config.backend or config.platform}; this server has onnxruntime")
    config.backend = config.backend or "onnxruntime"
    config.default_model_filename = config.default_model_filename or "model.onnx"
    return config


def versions(folder: Path, config: pb.ModelConfig) -> list[int]:
    """The versions to serve by the version policy, oldest first."""
    present = sorted(int(path.name) for path in folder.iterdir() if path.is_dir() and path.name.isdecimal())
    present = [version for version in present if version > 0]
    policy = config.version_policy
    if policy.HasField("specific"):
        return [version for version in present if version in set(policy.specific.versions)]
    if policy.HasField("all"):
        return present
    return present[-(policy.latest.num_versions or 1) :]

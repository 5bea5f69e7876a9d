"""Configurations of encoders have the sizes of their specification."""

from pathlib import Path

from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2

from trainers.encoders import repository
from trainers.encoders.spec import PictureSpec, TextSpec
from trainers.release import model_repository
from trainers.release.places import ROOT


def laid(folder: Path, spec: PictureSpec | TextSpec) -> model_config_pb2.ModelConfig:
    release = folder / "release"
    release.mkdir(exist_ok=True)
    (release / f"{spec.model}.onnx").write_bytes(b"onnx")
    models = folder / "models"
    model_repository.install(release, 3, models, ROOT / "model_repository", "cpu", [spec.model])
    repository.sizes(models, spec)
    assert (models / spec.model / "3" / "model.onnx").read_bytes() == b"onnx"
    return text_format.Parse((models / spec.model / "config.pbtxt").read_text(), model_config_pb2.ModelConfig())


def test_pictures_and_vectors_have_the_release_s_sizes(tmp_path: Path) -> None:
    spec = PictureSpec("clip_image", "clip", 512, 224, 200, "pad", "bicubic", (255, 255, 255))
    config = laid(tmp_path, spec)
    assert list(config.input[0].dims) == [200, 224, 3]
    assert list(config.output[0].dims) == [512]
    assert config.instance_group[0].kind == model_config_pb2.ModelInstanceGroup.KIND_CPU


def test_texts_keep_any_length(tmp_path: Path) -> None:
    config = laid(tmp_path, TextSpec("sentence", "sentence", 768, 64, 0, {}))
    assert [list(tensor.dims) for tensor in config.input] == [[-1], [-1]]
    assert list(config.output[0].dims) == [768]


def test_the_checked_in_configuration_is_that_of_the_compact_encoders(tmp_path: Path) -> None:
    spec = PictureSpec("clip_image", "clip", 256, 96, 128, "squash", "bicubic", (255, 255, 255))
    assert list(laid(tmp_path, spec).input[0].dims) == [128, 96, 3]

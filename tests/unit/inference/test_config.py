from pathlib import Path

import pytest
from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2 as pb

from local.settings import ROOT
from services.inference import config
from services.inference.config import Unreadable

SHIPPED = ROOT / "model_repository"


@pytest.mark.parametrize("model", ["user_tower", "item_tower", "encoded_item_tower"])
@pytest.mark.parametrize("profile", ["cpu", "gpu"])
def test_the_shipped_configurations_can_be_read_with_each_profile(tmp_path: Path, model: str, profile: str) -> None:
    folder = tmp_path / model
    folder.mkdir()
    parts = [SHIPPED / model / "config.pbtxt", SHIPPED / "profiles" / f"{profile}.pbtxt"]
    (folder / "config.pbtxt").write_text("".join(part.read_text() for part in parts))
    found = config.read(folder)
    assert (found.name, found.backend, found.max_batch_size) == (model, "onnxruntime", 64)
    assert found.version_policy.HasField("all"), "a promoted release, a canary and a new one answer side by side"
    queue = found.dynamic_batching.default_queue_policy
    assert queue.timeout_action == pb.ModelQueuePolicy.REJECT, "a queue without an end hides an overload"
    assert queue.max_queue_size > 0 < queue.default_timeout_microseconds
    assert [group.kind for group in found.instance_group] == [
        pb.ModelInstanceGroup.KIND_CPU if profile == "cpu" else pb.ModelInstanceGroup.KIND_GPU
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("max_batch_size: {", "cannot be read at line 1"),
        ("\nno_such_field: 1", "cannot be read at line 2"),
        ('name: "other"', "names another model, other"),
        ('backend: "tensorrt"', "needs the backend tensorrt"),
        ('platform: "pytorch_libtorch"', "needs the backend pytorch_libtorch"),
        ("ensemble_scheduling { }", "asks for ensemble_scheduling"),
        ("sequence_batching { }", "asks for sequence_batching"),
        ('input { name: "x" dims: [ 4 ] reshape { shape: [ 2, 2 ] } }', "asks for a reshape of x"),
    ],
)
def test_what_cannot_be_served_is_refused_with_a_sentence(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "config.pbtxt").write_text(text)
    with pytest.raises(Unreadable, match=said):
        config.read(tmp_path)


def test_no_configuration_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=r"has no config\.pbtxt"):
        config.read(tmp_path)


def test_a_configuration_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.pbtxt").write_bytes(b"\xff\xfe")
    with pytest.raises(Unreadable, match="cannot be read"):
        config.read(tmp_path)


@pytest.mark.parametrize(
    ("policy", "served"),
    [
        ("", [12]),
        ("latest { num_versions: 2 }", [9, 12]),
        ("latest { num_versions: 50 }", [1, 2, 9, 12]),
        ("all { }", [1, 2, 9, 12]),
        ("specific { versions: [ 2, 9, 77 ] }", [2, 9]),
        ("specific { versions: [ 77 ] }", []),
    ],
)
def test_the_policy_says_which_versions_are_served(tmp_path: Path, policy: str, served: list[int]) -> None:
    for name in ("1", "12", "2", "9", "0", ".new-13", "notes"):
        (tmp_path / name).mkdir()
    (tmp_path / "13").write_text("a file is no version")
    assert config.versions(tmp_path, text_format.Parse(policy, pb.ModelVersionPolicy())) == served

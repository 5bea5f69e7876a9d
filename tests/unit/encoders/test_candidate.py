"""What is taken out of a candidate is gone, and nothing else is."""

from pathlib import Path

from trainers.encoders import candidate
from trainers.encoders.spec import TextSpec


def made(folder: Path) -> None:
    for name in ("sentence", "clip_text"):
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.onnx").write_bytes(b"model")
        candidate.add(folder, TextSpec(name, name, 4, 8, 0, {}), [], {"published": "fp32", "parity": 0.0})
    candidate.add_report(folder, {"clip": {"quality": 1}})


def test_an_encoder_goes_with_what_was_measured_of_it(tmp_path: Path) -> None:
    made(tmp_path)
    candidate.remove(tmp_path, "clip_text")
    candidate.remove(tmp_path, "clip_text")
    spec = candidate.read(tmp_path)
    assert [set(spec[part]) for part in ("encoders", "golden", "tolerance")] == [{"sentence"}] * 3
    assert set(candidate.report(tmp_path)) == {"sentence", "clip"}
    assert [file.name for file in tmp_path.glob("*.onnx")] == ["sentence.onnx"]


def test_a_cleared_candidate_has_nothing_and_what_is_no_part_of_it_stays(tmp_path: Path) -> None:
    made(tmp_path)
    (tmp_path / "mine.txt").touch()
    candidate.clear(tmp_path)
    candidate.clear(tmp_path / "never there")
    assert (candidate.specs(tmp_path), candidate.report(tmp_path)) == ({}, {})
    assert {file.name for file in tmp_path.iterdir()} == {"mine.txt", candidate.SPEC}

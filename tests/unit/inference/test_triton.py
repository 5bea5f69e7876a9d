"""How the real Triton is told what the embedded server is told; that it runs so is in tests/integration/inference."""

import os
import socket
import sys
from pathlib import Path

import pytest

from services.inference import triton
from services.inference.triton import CannotStart, TritonSettings


def settings(tmp_path: Path, **changed: object) -> TritonSettings:
    given = {
        "listen": "127.0.0.1:18001",
        "metrics_listen": "127.0.0.1:18000",
        "model_repository": tmp_path / "repository",
        "triton_environment": tmp_path / "venv",
    }
    return TritonSettings(**{**given, **changed})  # type: ignore[arg-type]


def flags(given: TritonSettings) -> dict[str, str]:
    program, *rest = triton.command(given, Path("/bin/tritonserver"), Path("/backends"))
    assert program == "/bin/tritonserver"
    return dict(flag.removeprefix("--").split("=", 1) for flag in rest)


def test_every_setting_reaches_triton(tmp_path: Path) -> None:
    found = flags(settings(tmp_path, stop_s=7))
    assert found["model-repository"] == str(tmp_path / "repository")
    assert (found["grpc-address"], found["grpc-port"]) == ("127.0.0.1", "18001")
    assert (found["http-address"], found["http-port"]) == ("127.0.0.1", "18000")
    assert (found["model-control-mode"], found["load-model"]) == ("explicit", "*")
    assert (found["exit-on-error"], found["strict-readiness"]) == ("false", "false")
    assert (found["allow-metrics"], found["exit-timeout-secs"]) == ("false", "7")


def test_metrics_have_an_address_of_their_own(tmp_path: Path) -> None:
    found = flags(settings(tmp_path, triton_metrics_listen="127.0.0.1:18002"))
    assert (found["allow-metrics"], found["metrics-address"], found["metrics-port"]) == ("true", "127.0.0.1", "18002")


def test_polling_loads_by_itself(tmp_path: Path) -> None:
    found = flags(settings(tmp_path, model_control_mode="poll", poll_s=3))
    assert (found["model-control-mode"], found["repository-poll-secs"]) == ("poll", "3")
    assert "load-model" not in found, "Triton refuses it in this mode"


def test_triton_gets_its_own_python_and_nothing_of_ours(tmp_path: Path) -> None:
    inherited = {"PATH": "/usr/bin", "PYTHONPATH": "/ours", "OMP_NUM_THREADS": "1"}
    found = triton.environment(settings(tmp_path), Path("/packages"), inherited)
    assert found["PATH"] == f"{tmp_path / 'venv' / 'bin'}:/usr/bin"
    assert found["LD_LIBRARY_PATH"].startswith("/packages/nvidia_pytriton.libs:")
    assert "PYTHONPATH" not in found
    assert found["OMP_NUM_THREADS"] == "1"


def test_without_its_environment_a_sentence_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match=r"is not installed in .*venv\. Run: python local/bootstrap\.py --triton"):
        triton.packages_of(tmp_path / "venv")


def test_backends_are_laid_together(tmp_path: Path) -> None:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    root = tmp_path / "packages" / "pytriton" / "tritonserver"
    for name in (f"python_backend_stubs/{version}/triton_python_backend_stub", "backends/python/libtriton_python.so"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    for _ in range(2):
        triton.lay_backends(tmp_path / "packages", tmp_path / "backends")
    found = {str(path.relative_to(tmp_path / "backends")) for path in (tmp_path / "backends").rglob("*.*")}
    assert found == {"python/libtriton_python.so", "onnxruntime/model.py"}
    assert (tmp_path / "backends" / "python" / "triton_python_backend_stub").is_file()


def test_a_taken_port_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(triton, "packages_of", lambda venv: tmp_path)
    monkeypatch.setattr(triton, "lay_backends", lambda packages, folder: None)
    monkeypatch.setattr(triton, "environment", lambda settings, packages, inherited: {})
    monkeypatch.setattr(os, "execve", lambda *arguments: pytest.fail("it started all the same"))
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        address = f"127.0.0.1:{holder.getsockname()[1]}"
        monkeypatch.setattr(triton, "load", lambda kind: settings(tmp_path, listen=address))
        with pytest.raises(SystemExit) as ended:
            triton.main()
    assert ended.value.code == 2
    assert f"cannot listen on {address}" in capsys.readouterr().err

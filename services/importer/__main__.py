"""`python -m services.importer --data PATH_OR_URL`: brings a data set into a running shop."""

import argparse
import asyncio
import json
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack, closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.table import Table

from services.importer import run
from services.importer.adapters.connection import PATIENCE_S, Connection, LogIn
from services.importer.adapters.shop import GrpcShop
from services.importer.checkpoint import Checkpoint
from services.importer.domain import Counts
from services.importer.errors import DataError, ImportStopped
from services.importer.formats import detect
from services.importer.progress import Screen, plain
from services.importer.sources import since
from services.importer.sources.base import Source
from services.importer.sources.download import Unchanged
from services.importer.sources.opening import open_source
from services.importer.sources.since import Since

MOST_BYTES = 50 * 10**9
UNCHANGED = 3
"""What a command exits with that found nothing new at the address it was to ask, or no answer."""
STOPPED = 130
"""What a command that Ctrl-C ended exits with."""
GO_ON = "Run the same command again to go on from here."


def main() -> int:
    """Runs the command.

    Exits with 0 when everything that is good was imported, 1 when the shop stopped answering, 2 when the data or the
    command cannot be understood, 3 when an address has nothing new (see --since), 130 when it was stopped.
    """
    options = _options()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    screen = Screen()
    try:
        with screen:
            # Not in a thread beside the event loop: what a thread has begun, Ctrl-C does not end.
            source = _news(options, screen) if options.since else _open(options, screen)
            if source is None:
                return UNCHANGED
            return asyncio.run(_import(source, options, screen))
    except ImportStopped as error:
        said, code = str(error), error.exit_code
    except OSError as error:
        said, code = f"{error.filename or options.state_dir}: {error.strerror or error}. {GO_ON}", DataError.exit_code
    except (KeyboardInterrupt, asyncio.CancelledError):
        said, code = f"Stopped. {GO_ON}", STOPPED
    print(plain(said), file=sys.stderr)
    return code


def _open(options: argparse.Namespace, screen: Screen, version: str | None = None) -> Source:
    if "://" in options.data:
        screen.begin("download", None)
    return open_source(options.data, options.state_dir, options.max_bytes, screen.move_to, version)


def _news(options: argparse.Namespace, screen: Screen) -> Source | None:
    """The data, unless the shop took it already, or took it once and cannot have it now: then it says so."""
    if not options.since.exists():
        return _open(options, screen)
    last = since.read(options.since)
    try:
        source = _open(options, screen, last.version)
        if source.fingerprint != last.fingerprint:
            detect(source)
            since.write(options.since, Since())  # until all of it is in, the shop has neither the one nor the other
            return source
        since.write(options.since, Since(source.version, source.fingerprint))
        source.discard()
    except DataError as error:
        screen.warn(f"{str(error).rstrip('.')}: the shop goes on with what it has.")
        return None
    except Unchanged:
        pass
    screen.say("The shop has what is there already.")
    return None


async def _import(source: Source, options: argparse.Namespace, screen: Screen) -> int:
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, _cancel(asyncio.current_task()))
    began = time.monotonic()
    data = detect(source)
    screen.say(f"{source.label}: {data.title}")
    checkpoint = Checkpoint(options.state_dir, source.fingerprint, options.gateway)
    with closing(checkpoint):
        async with AsyncExitStack() as connections:
            shop = _shop(options, connections)
            results = await run.run(data, source, shop, checkpoint, screen)
        if options.since:
            since.write(options.since, Since(source.version, source.fingerprint))
        source.discard()
    if options.counts:
        options.counts.write_text(json.dumps({name: asdict(counts) for name, counts in results.items()}))
    screen.show(_summary(results))
    for sentence in _sentences(results, checkpoint.report_file, time.monotonic() - began):
        screen.say(sentence)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m services.importer", description=__doc__)
    add = parser.add_argument
    add("--data", required=True, help="folder, file, zip or tar archive, or http(s) URL of one")
    add("--gateway", default="http://127.0.0.1:8080", help="where the shop is (default: %(default)s)")
    add("--email", required=True, help="log-in of a merchant")
    add("--password-file", type=Path, required=True, help="file with the password in its first line")
    add(
        "--state-dir", type=Path, default=Path(".aisle/run/import"), help="where checkpoints, reports and downloads are"
    )
    add("--since", type=Path, help="file that remembers what was taken last; without news the command exits with 3")
    add("--counts", type=Path, help="file for how many rows were new, changed, left out, as JSON, for programs")
    add("--max-bytes", type=int, default=MOST_BYTES, help="limit of a download, and of what is unpacked to the disk")
    add("--patience", type=float, default=PATIENCE_S, help="seconds for which a shop may not answer")
    for domain in ("catalog", "recs", "users"):
        add(f"--{domain}-address", default="", help=f"host:port of the {domain} service, instead of the gateway")
    return parser.parse_args()


def _shop(options: argparse.Namespace, connections: AsyncExitStack) -> GrpcShop:
    try:
        password = options.password_file.read_text().splitlines()[0]
    except (OSError, IndexError, UnicodeDecodeError):
        raise DataError(f"There is no password in {options.password_file}: name a file that has it.") from None

    log_in = LogIn(options.users_address or options.gateway, options.email, password)
    connections.push_async_callback(log_in.close)

    def connect(address: str) -> Connection:
        connection = Connection(address or options.gateway, log_in, options.patience)
        connections.push_async_callback(connection.close)
        return connection

    return GrpcShop(*(connect(a) for a in (options.catalog_address, options.recs_address, options.users_address)))


def _cancel(task: "asyncio.Task[Any] | None") -> Callable[[], None]:
    def cancel() -> None:
        if task is not None:
            task.cancel()

    return cancel


def _sentences(results: Mapping[str, Counts], report: Path, seconds: float) -> Iterator[str]:
    if not any(counts.created + counts.updated for counts in results.values()):
        yield "Nothing has changed: all of it was in the shop already."
    if report.stat().st_size:
        yield f"What is wrong with the data is named in {report}."
    else:
        yield "Nothing is wrong with the data."
    yield f"It took {seconds:.0f} s."


def _summary(results: Mapping[str, Counts]) -> Table:
    table = Table("", "new", "changed", "unchanged", "left out", "incomplete", box=None)
    for name, counts in results.items():
        numbers = (counts.created, counts.updated, counts.unchanged, counts.refused, counts.incomplete)
        if any(numbers):
            table.add_row(name, *(f"{number:,}" for number in numbers))
    for column in table.columns[1:]:
        column.justify = "right"
    return table


if __name__ == "__main__":
    sys.exit(main())

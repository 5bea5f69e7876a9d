"""An import from its first row to its summary."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import aclosing, closing
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Any

from services.importer.checkpoint import Checkpoint
from services.importer.domain import Counts, Finding, Item
from services.importer.errors import DataError
from services.importer.formats.base import Format
from services.importer.ports import Outcome, Shop
from services.importer.progress import Screen
from services.importer.report import Report
from services.importer.sources.base import Source

SAVE_EVERY_S = 1.0
"""What a stopped import repeats at most, beside the requests in flight."""
IN_FLIGHT = 4
"""Requests at once: the shop works on some while others are on their way, and shoppers still get their turn."""


@dataclass(frozen=True)
class Stage:
    """One kind of rows, and how they are written."""

    name: str
    entries: Callable[[], Iterator[Item[Any] | Finding]]
    write: Callable[[Sequence[Any]], Awaitable[Outcome]]
    batch: int
    """Rows a request: some hundred kB each."""


@dataclass
class Batch:
    """Some entries of a stage, in order."""

    items: list[Item[Any]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def entries(self) -> int:
        """How many entries of the stage they are."""
        return len(self.items) + len(self.findings)


def stages(data: Format, source: Source, shop: Shop) -> list[Stage]:
    """The stages in their order: products come before what belongs to them."""
    write_pictures = partial(shop.write_pictures, read=source.read)
    return [
        Stage("products", data.products, shop.write_products, 200),
        Stage("pictures", data.pictures, write_pictures, 25),
        Stage("reviews", data.reviews, shop.write_reviews, 300),
        Stage("events", data.events, shop.write_events, 2000),
        Stage("users", data.shoppers, shop.write_shoppers, 200),
    ]


async def run(data: Format, source: Source, shop: Shop, checkpoint: Checkpoint, screen: Screen) -> dict[str, Counts]:
    """Writes everything into the shop; what became of it, by stage.

    Raises:
        DataError: there was not one good row.
        ServerError: the shop stopped answering; what is done stays done.
    """
    if checkpoint.resumed and await shop.count_products() < checkpoint.done("products")[1].good:
        screen.say("An earlier import of this data was stopped, and the shop was emptied since: beginning anew.")
        checkpoint.forget()
    elif checkpoint.resumed:
        screen.say("An earlier import of this data was stopped: going on where it was.")
    with closing(Report(checkpoint.report_file, checkpoint.report_bytes, screen.say)) as report:
        if not checkpoint.resumed:
            for finding in (*source.skipped, *data.remarks()):
                report.add(finding)
        results = {}
        for stage in stages(data, source, shop):
            results[stage.name] = await _run_stage(stage, data, checkpoint, report, screen)
        checkpoint.forget()
    if not any(counts.good for counts in results.values()):
        raise DataError(f"There is not one row in {source.label} that can be imported: see {checkpoint.report_file}.")
    return results


async def _run_stage(stage: Stage, data: Format, checkpoint: Checkpoint, report: Report, screen: Screen) -> Counts:
    total = await _count(stage)
    done, counts = checkpoint.done(stage.name)
    if not total:
        return counts
    screen.begin(stage.name, total, done)
    saved = time.monotonic()
    async with aclosing(_written(stage, done)) as batches:
        async for batch, outcome in batches:
            counts.add(outcome.counts)
            _report(batch, outcome, partial(_column, data, stage.name), counts, report)
            done += batch.entries
            screen.move_to(done)
            if time.monotonic() - saved > SAVE_EVERY_S:
                checkpoint.save(stage.name, done, counts, report.flush())
                saved = time.monotonic()
    checkpoint.save(stage.name, done, counts, report.flush())
    return counts


async def _count(stage: Stage) -> int:
    total = 0
    for total, _ in enumerate(stage.entries(), 1):
        if total % 1000 == 0:
            await asyncio.sleep(0)  # so that Ctrl-C ends it
    return total


async def _written(stage: Stage, skip: int) -> Any:
    """Writes batches, a few at once, and yields them in their order with what became of them."""
    pending: deque[tuple[Batch, asyncio.Task[Outcome]]] = deque()
    try:
        for batch in _batches(islice(stage.entries(), skip, None), stage.batch):
            pending.append((batch, asyncio.create_task(_write(stage, batch))))
            if len(pending) >= IN_FLIGHT:
                first, task = pending.popleft()
                yield first, await task
        while pending:
            first, task = pending.popleft()
            yield first, await task
    finally:
        for _, task in pending:
            task.cancel()
        await asyncio.gather(*(task for _, task in pending), return_exceptions=True)


async def _write(stage: Stage, batch: Batch) -> Outcome:
    return await stage.write([item.value for item in batch.items]) if batch.items else Outcome()


def _batches(entries: Iterator[Item[Any] | Finding], size: int) -> Iterator[Batch]:
    batch = Batch()
    for entry in entries:
        if isinstance(entry, Item):
            batch.items.append(entry)
        else:
            batch.findings.append(entry)
        if len(batch.items) >= size or len(batch.findings) >= 10 * size:
            yield batch
            batch = Batch()
    if batch.entries:
        yield batch


def _report(batch: Batch, outcome: Outcome, column: Callable[[str], str], counts: Counts, report: Report) -> None:
    findings = list(batch.findings)
    for refusal in outcome.refusals:
        place = batch.items[refusal.index].place
        findings.append(Finding(place, column(refusal.field), refusal.why, refusal.kept))
    findings.sort(key=lambda finding: finding.place.row)
    for finding in findings:
        report.add(finding)
        counts.refused += not finding.kept
        counts.incomplete += finding.kept


def _column(data: Format, stage: str, field: str) -> str:
    """The data set's column for a contract's field such as `product.regions[0]`."""
    last = field.partition("[")[0].rpartition(".")[2]
    return data.columns.get(f"{stage}.{last}") or data.columns.get(last, last)

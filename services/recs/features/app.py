"""Wires the batch commands; the worker runs the same ones by its schedule, each in a process of its own."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from functools import partial

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from services.kit import database
from services.kit.channels import channel
from services.kit.leader import Leader
from services.recs.adapters.accounts import PostgresWatermarks
from services.recs.adapters.feature_log import FeatureLog
from services.recs.adapters.features import FeastFeatures
from services.recs.adapters.histories import PostgresHistories
from services.recs.adapters.inference import InferenceTowers
from services.recs.adapters.releases import PostgresReleases
from services.recs.adapters.scoring import MilvusCatalogue, PostgresScoringLog
from services.recs.features import monitor, offline, report
from services.recs.features.definitions import HISTORY, ITEMS, PROFILE, STATISTICS, View
from services.recs.features.repository import Repository
from services.recs.features.rows import Row
from services.recs.features.scoring import Done, ScoreShoppers
from services.recs.features.settings import BatchSettings
from services.recs.use_cases.active_release import ActiveRelease
from services.recs.worker.lock import LOCK

MATERIALISED = (HISTORY, PROFILE, ITEMS, STATISTICS)
"""Scores are pushed when they are made."""

LOCK_S = 1.0
"""Somebody who holds the worker's lock keeps it."""


class WorkerRuns(Exception):
    """The worker is at work, whose pushes are newer than what the files hold."""


class Batch:
    """The commands. Enter it before use."""

    def __init__(self, settings: BatchSettings, console: Console) -> None:
        self._settings = settings
        self._console = console
        self._resources = AsyncExitStack()
        self._repository = Repository(
            settings.feast_repo.resolve(), settings.feast_online, settings.feast_redis, settings.feast_registry
        )

    async def __aenter__(self) -> "Batch":
        await self._resources.__aenter__()
        self._engine = database.engine(self._settings.database_url)
        self._resources.push_async_callback(self._engine.dispose)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._resources.aclose()

    async def build(self) -> monitor.Report:
        """Writes the files behind the views from the log of events, and measures them."""
        log = FeatureLog(self._engine)
        groups: dict[View, AsyncIterator[Sequence[Row]]] = {
            HISTORY: log.histories(), PROFILE: log.profiles(), ITEMS: log.attributes(), STATISTICS: log.statistics(),
        }  # fmt: skip
        size = await log.size()
        with self._progress() as progress:
            for view, rows in groups.items():
                task = progress.add_task(view.name, total=size if view in (HISTORY, STATISTICS) else None)
                count = await offline.write(view, self._repository.folder, rows, partial(progress.advance, task))
                progress.update(task, total=count, completed=count)
        found = await self.measure()
        report.save(found, self._repository.folder / report.FILE)
        return found

    async def measure(self) -> monitor.Report:
        """Freshness, and drift from what the promoted release learned from."""
        release = await PostgresReleases(self._engine).promoted()
        number, until = (release.number, release.create_time) if release else (0, None)
        return await asyncio.to_thread(monitor.measure, self._repository.folder, number, until)

    async def materialise(self) -> None:
        """Fills the online store from the files.

        Raises:
            WorkerRuns: the worker does it already, with what is newer.
        """
        leader = Leader(self._settings.database_url, LOCK)
        self._resources.push_async_callback(leader.close)
        try:
            await asyncio.wait_for(leader.acquire(), LOCK_S)
        except TimeoutError:
            raise WorkerRuns from None
        store = await asyncio.to_thread(self._repository.apply)
        self._console.print("materialising; the worker will go on from the log")
        views = [view.name for view in MATERIALISED]
        await asyncio.to_thread(self._repository.materialise, store, views)

    async def score(self) -> Done:
        """Scores the shoppers to whom something happened since they were scored last."""
        settings = self._settings
        inference = await self._resources.enter_async_context(channel(settings.inference_address))
        store = FeastFeatures(await asyncio.to_thread(self._repository.open), self._repository)
        self._resources.callback(store.close)
        score = ScoreShoppers(
            ActiveRelease(PostgresReleases(self._engine), 1.0),
            PostgresScoringLog(self._engine),
            PostgresHistories(self._engine),
            InferenceTowers(inference),
            MilvusCatalogue(settings.milvus_uri, settings.milvus_token),
            store,
            PostgresWatermarks(self._engine),
            settings.scored_products,
        )
        with self._progress() as progress:
            task = progress.add_task("score shoppers", total=0)
            return await score(
                lambda more: progress.update(task, total=(progress.tasks[task].total or 0) + more),
                lambda more: progress.advance(task, more),
            )

    def _progress(self) -> Progress:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        return Progress(*columns, console=self._console, disable=not self._console.is_terminal)

"""The models of a repository and their lives: loaded, replaced, unloaded, while requests go on."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import Executor
from pathlib import Path

from tritonclient.grpc import model_config_pb2 as pb

from services.inference import config as configurations
from services.inference.batching import Runner
from services.inference.config import BrokenModel, Unreadable
from services.inference.errors import InferenceError, internal, invalid, not_found, unavailable
from services.inference.model import ModelVersion, stamp
from services.inference.served import READY, UNAVAILABLE, Entry, Loaded, Served
from services.kit import telemetry

UNLOADED = "unloaded"
log = telemetry.logger("aisle.inference")


class Repository:
    """Serves what lies in a folder of <model>/config.pbtxt and <model>/<version>/model.onnx."""

    def __init__(self, root: Path, loading: Executor, running: Executor) -> None:
        self._root = root
        self._loading = loading
        self._running = running
        self._models: dict[str, Served] = {}

    def find(self, name: str, version: str = "") -> Loaded:
        """The version that answers; the newest one when none is named.

        Raises:
            InferenceError: the model or the version is not served.
        """
        served, number = self._models.get(name), _number(version)
        if served is None or not (served.versions or served.reasons):
            raise not_found(_unknown(name, number))
        if number is None:
            if (latest := served.latest()) is None:
                raise not_found(f"Request for unknown model: '{name}' has no available versions")
            return latest
        if number in served.versions:
            return served.versions[number]
        if number in served.reasons:
            raise unavailable(f"Request for unknown model: '{name}' version {number} is not at ready state")
        raise not_found(_unknown(name, number))

    def serving(self, name: str = "") -> list[Loaded]:
        """All versions that answer: of everything, or of the model that is named."""
        names = [name] if name else sorted(self._models)
        served = [self._models[one] for one in names if one in self._models]
        return [loaded for one in served for loaded in one.versions.values()]

    def index(self) -> list[Entry]:
        """Every model in the folder or in memory, with the state of its versions."""
        serving = [name for name, served in self._models.items() if served.versions]
        return [entry for name in sorted({*self._present(), *serving}) for entry in self._entries(name)]

    async def load_all(self) -> None:
        """Loads every model in the folder. One that is broken is named in the log, and the others are served."""
        for name in self._present():
            try:
                await self.load(name, whole=False)
            except InferenceError as error:
                log.error("model is not served", model=name, why=error.message)

    async def follow(self) -> None:
        """Loads what has come or changed in the folder, and unloads what has gone from it."""
        present = self._present()
        for name in {*present, *self._models}:
            try:
                await (self.load(name) if name in present else self.unload(name))
            except InferenceError as error:
                log.error("model is not served", model=name, why=error.message)

    async def load(self, name: str, whole: bool = True, override: pb.ModelConfig | None = None) -> None:
        """Makes what is served of a model what lies in the folder; what has not changed stays as it is.

        `whole` means that if one version does not load, nothing changes and the versions from before go on answering;
        otherwise the versions that do load are served.

        Raises:
            InferenceError: there is no such model, or it, or a version of it, is broken.
        """
        try:
            folder = self._folder(name)
            served = self._models.setdefault(name, Served())
            async with served.lock:
                await self._load(folder, served, whole, override)
        except Unreadable as error:
            log.error("load failed", model=name[:200], why=str(error))
            raise internal(f"failed to load '{name[:200]}', failed to poll from model repository: {error}") from None
        except BrokenModel as error:
            log.error("load failed", model=name, why=str(error))
            raise invalid(f"load failed for model '{name}': {error}") from None

    async def unload(self, name: str) -> None:
        """Takes a model away; what is being computed is computed to its end. Nothing happens if it is not there."""
        if (served := self._models.get(name)) is None:
            return
        async with served.lock:
            old, served.versions = served.versions, {}
            served.reasons |= dict.fromkeys(old, UNLOADED)
            await _drain(old)
        log.info("model unloaded", model=name)

    async def drain(self) -> None:
        """Waits until nothing is computed any more."""
        for loaded in self.serving():
            await loaded.runner.drain()

    async def _load(self, folder: Path, served: Served, whole: bool, override: pb.ModelConfig | None) -> None:
        config = override or configurations.read(folder)
        wanted = configurations.versions(folder, config.version_policy)
        if not wanted:
            raise BrokenModel(
                f"at least one version must be available under the version policy of model '{folder.name}'"
            )
        made: dict[int, Loaded] = {}
        broken: dict[int, str] = {}
        for number in wanted:
            file = folder / str(number) / config.default_model_filename
            before = served.versions.get(number)
            if before and served.config == config and before.model.stamp == stamp(file):
                made[number] = before
                continue
            try:
                made[number] = await self._read(config, number, file)
            except BrokenModel as error:
                broken[number] = str(error)
        if broken:
            served.reasons |= {number: why for number, why in broken.items() if number not in served.versions}
            if whole or not made:
                raise BrokenModel(
                    "".join(f"version {number} is at UNAVAILABLE state: {why};" for number, why in broken.items())
                )
        old = {number: loaded for number, loaded in served.versions.items() if made.get(number) is not loaded}
        # New requests see the new versions from here on; those that were accepted before end with the old ones.
        served.config, served.versions = config, made
        reasons = {**served.reasons, **dict.fromkeys(old, UNLOADED), **broken}
        served.reasons = {number: why for number, why in reasons.items() if number not in made}
        log.info("model loaded", model=folder.name, versions=sorted(made), broken=broken)
        await _drain(old)

    async def _read(self, config: pb.ModelConfig, number: int, file: Path) -> Loaded:
        loop = asyncio.get_running_loop()
        model = await loop.run_in_executor(self._loading, ModelVersion, config, number, file)
        return Loaded(model, Runner(model, self._running))

    def _folder(self, name: str) -> Path:
        folder = self._root / name
        # A name is a folder right here: nothing that a request says may lead elsewhere.
        if not name or folder.parent != self._root or name in {".", ".."} or not folder.is_dir():
            raise Unreadable("the repository has no folder of this name")
        return folder

    def _present(self) -> list[str]:
        if not self._root.is_dir():
            return []
        return sorted(path.name for path in self._root.iterdir() if (path / configurations.FILE).is_file())

    def _entries(self, name: str) -> Iterator[Entry]:
        served = self._models.get(name)
        if served is None or not (served.versions or served.reasons):
            yield Entry(name)
            return
        for number in sorted({*served.versions, *served.reasons}):
            if number in served.versions:
                yield Entry(name, str(number), READY)
            else:
                yield Entry(name, str(number), UNAVAILABLE, served.reasons[number])


async def _drain(old: dict[int, Loaded]) -> None:
    for loaded in old.values():
        await loaded.runner.drain()


def _number(version: str) -> int | None:
    if not version:
        return None
    if not version.isdecimal() or not version.isascii() or int(version[:20]) >= 2**63:
        raise invalid(
            f"failed to get model version from specified version string '{version[:40]}', "
            "version should be an integral value > 0"
        )
    return int(version)


def _unknown(name: str, number: int | None) -> str:
    asked = f"'{name[:200]}'" if number is None else f"'{name[:200]}' version {number}"
    return f"Request for unknown model: {asked} is not found"

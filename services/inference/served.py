"""What is served of one model: the configuration, the versions that answer, and why others do not."""

import asyncio
from dataclasses import dataclass, field

from tritonclient.grpc import model_config_pb2 as pb

from services.inference.batching import Runner
from services.inference.model import ModelVersion

READY, UNAVAILABLE = "READY", "UNAVAILABLE"


@dataclass(frozen=True)
class Loaded:
    """A version that answers."""

    model: ModelVersion
    runner: Runner


@dataclass
class Served:
    """A model that was asked for at least once."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while it is loaded or unloaded: two loads of one model at once would be two answers to one question."""
    config: pb.ModelConfig | None = None
    versions: dict[int, Loaded] = field(default_factory=dict)
    """Oldest first."""
    reasons: dict[int, str] = field(default_factory=dict)
    """Why a version does not answer."""

    def latest(self) -> Loaded | None:
        """The version of a request that names none."""
        return self.versions[max(self.versions)] if self.versions else None


@dataclass(frozen=True)
class Entry:
    """A row of the repository's index. A model without a version has no version that could be served."""

    name: str
    version: str = ""
    state: str = ""
    reason: str = ""

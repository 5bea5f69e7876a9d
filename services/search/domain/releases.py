"""Releases of search: encoders that belong together, and the collections that are built with them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.search.domain.encoders import EncoderSpec


class State(StrEnum):
    """Whether a release is the one that products are embedded with."""

    CANDIDATE = "CANDIDATE"
    PROMOTED = "PROMOTED"
    RETIRED = "RETIRED"


@dataclass(frozen=True)
class Release:
    """One release. Its number is its id."""

    number: int
    encoder_spec: str
    """JSON, as it was registered."""
    spec: EncoderSpec
    """The same, read."""
    report: str
    data_fingerprint: str
    state: State
    create_time: datetime | None = None
    promote_time: datetime | None = None
    ready_time: datetime | None = None

    @property
    def name(self) -> str:
        """`searchReleases/{search_release}`."""
        return f"searchReleases/{self.number}"


@dataclass(frozen=True)
class Build:
    """Collections made with a release, one a space. A query's vector meets the vectors of its own build alone."""

    number: int
    release: Release
    cursor: str
    """Of the catalogue's change feed, up to which they are durable."""
    serving: bool

    def collection(self, space: str) -> str:
        """The space's collection."""
        return f"search_{space}_b{self.number}"

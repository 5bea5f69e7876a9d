"""Releases: towers, ranker, feature specification and item vectors that belong together."""

import zlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.recs.domain.feature_spec import FeatureSpec


class State(StrEnum):
    """Whether a release answers."""

    CANDIDATE = "CANDIDATE"
    PROMOTED = "PROMOTED"
    RETIRED = "RETIRED"
    CANARY = "CANARY"


@dataclass(frozen=True)
class Release:
    """One release. Its number is its id."""

    number: int
    collection: str
    dimension: int
    user_tower_version: str
    item_tower_version: str
    feature_spec: str
    """JSON, as it was registered."""
    spec: FeatureSpec
    """The same, read."""
    report: str
    data_fingerprint: str
    catalog_cursor: str
    state: State
    create_time: datetime | None = None
    promote_time: datetime | None = None
    traffic_percent: int = 0
    """Of a canary: the share of shoppers that it answers."""
    ranker_version: str = ""
    """Empty where the towers' own order stands."""

    def answers(self, shopper: str) -> bool:
        """Whether a canary answers this shopper: the same again and again, and others for the next canary."""
        return zlib.crc32(f"{self.number} {shopper}".encode()) % 100 < self.traffic_percent

    @property
    def name(self) -> str:
        """`releases/{release}`."""
        return f"releases/{self.number}"

"""What is known of a shopper, from the best source that answers."""

from collections.abc import Callable

from services.recs.domain.shopper import NOBODY, Shopper
from services.recs.ports import FeatureReader, Scored, ShopperReader
from services.recs.use_cases.guards import Degradation, Down, Guard
from services.recs.use_cases.measures import stage


class Shoppers:
    """The feature store while it is fresh; else the log of events itself."""

    def __init__(
        self,
        features: FeatureReader,
        features_guard: Guard,
        histories: ShopperReader,
        histories_guard: Guard,
        fresh: Callable[[], bool],
    ) -> None:
        self._features = features
        self._features_guard = features_guard
        self._histories = histories
        self._histories_guard = histories_guard
        self._fresh = fresh

    async def scored(self, name: str) -> Scored:
        """What was best for the shopper when they were last scored, however old that is.

        Raises:
            Down: the feature store does not answer.
        """
        return await self._features_guard(lambda: self._features.scored(name))

    async def read(self, name: str, degraded: set[Degradation]) -> Shopper:
        """History and preferences; nobody's when no source answers."""
        with stage("features"):
            if self._fresh():
                try:
                    return await self._features_guard(lambda: self._features.read(name))
                except Down:
                    pass
            degraded.add(Degradation.FEATURES)
            try:
                return await self._histories_guard(lambda: self._histories.read(name))
            except Down:
                return NOBODY

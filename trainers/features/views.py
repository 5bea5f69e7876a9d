"""Joins labels with the views, point in time, through Feast."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from trainers.features.errors import FeatureError

SHOPPER, PRODUCT, TIME = "shopper", "product", "time"
"""Columns of labels: who, what, and when it was chosen (with a time zone)."""
VIEWS = {SHOPPER: ("shopper_history", "shopper_profile"), PRODUCT: ("item_attributes", "item_statistics")}
"""By join key."""
FADING = "item_statistics"
AS_OF = "as_of_ms"
HALF_LIFE = "half_life_s"
"""Tag of the view whose counts fade."""
FEAST_TIME = "event_timestamp"
MOMENT = pd.Timedelta(microseconds=1)
"""The views' clock: a question is asked just before its label happened, since the label is an event as well."""
AT_ONCE = 2_000
"""Labels joined together: Feast pairs each with all rows of its shopper before it chooses."""


class Views:
    """The views of a repository."""

    def __init__(self, repo: Path) -> None:
        """Opens it.

        Raises:
            FeatureError: there is none, or it lacks the views.
        """
        if not (repo / "feature_store.yaml").exists():
            raise FeatureError(f"{repo} has no feature_store.yaml. Name the feast folder of a shop (.aisle/feast).")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import feast

            self._store: Any = feast.FeatureStore(repo_path=str(repo))
        known = {view.name: view for view in self._store.list_feature_views()}
        missing = [name for names in VIEWS.values() for name in names if name not in known]
        if missing:
            raise FeatureError(f"{repo} has no view {', '.join(missing)}. The worker applies them when it starts.")
        self._half_life_s = float(known[FADING].tags[HALF_LIFE])

    def at(self, labels: pd.DataFrame, tick: Callable[[int], None] = lambda _: None) -> pd.DataFrame:
        """The labels with all features as they were just before; columns are `view__feature`.

        Counts have faded until then. What was not known yet is None.

        Args:
            labels: SHOPPER, PRODUCT (where the views of products are wanted) and TIME; other columns stay.
            tick: is told how many labels are done.
        """
        labels = labels.reset_index(drop=True)
        parts = []
        for begin in range(0, len(labels), AT_ONCE):
            part = labels.iloc[begin : begin + AT_ONCE]
            parts.append(self._part(part))
            tick(len(part))
        return pd.concat(parts) if parts else labels

    def _part(self, labels: pd.DataFrame) -> pd.DataFrame:
        for key, views in VIEWS.items():
            for view in views if key in labels else ():
                labels = labels.join(self._known(labels, key, view))
        if f"{FADING}__{AS_OF}" in labels:
            self._fade(labels)
        return labels

    def _known(self, labels: pd.DataFrame, key: str, view: str) -> pd.DataFrame:
        """One view's features.

        One view at a time: of several, Feast's file store drops a label that one of them knows only from later, with
        all that the others know of it, and keeps one of the products that a shopper was shown at one moment.
        """
        moments = _micros(labels[TIME]) - MOMENT
        asked = pd.DataFrame({key: labels[key].astype(str), FEAST_TIME: moments})
        features = [f"{view}:{field.name}" for field in self._store.get_feature_view(view).features]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = self._store.get_historical_features(
                entity_df=asked.drop_duplicates(), features=features, full_feature_names=True
            ).to_df()
        found[FEAST_TIME], found[key] = _micros(found[FEAST_TIME]), found[key].astype(str)
        joined = asked.merge(found, on=[key, FEAST_TIME], how="left")
        joined.index = labels.index
        return joined.drop(columns=[key, FEAST_TIME])

    def _fade(self, labels: pd.DataFrame) -> None:
        times = _micros(labels[TIME]).astype(np.int64) / 1e6
        passed = (times - labels[f"{FADING}__{AS_OF}"] / 1000).clip(lower=0)
        left = 0.5 ** (passed / self._half_life_s)
        for column in labels.columns:
            if column.startswith(f"{FADING}__") and not column.endswith(AS_OF):
                labels[column] = labels[column] * left


def _micros(times: pd.Series) -> pd.Series:
    return pd.to_datetime(times, utc=True).astype("datetime64[us, UTC]")

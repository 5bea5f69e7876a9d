"""Joins labels with the views, point in time, by their definitions in Feast."""

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from trainers.features import sdk
from trainers.features.asof import NONE, Rows, Source
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
"""Labels joined together: their histories lie in memory."""
NAMED = "Name the feast folder of a shop, whole: trainers.release with --features-dir, trainers.features with --repo."


class Views:
    """The views of a repository."""

    def __init__(self, repo: Path, through_feast: bool = False) -> None:
        """Opens it.

        Args:
            repo: folder of feature_store.yaml.
            through_feast: joins by Feast's own offline store, also where the views lie in files. It does so anyway
                where they lie elsewhere.

        Raises:
            FeatureError: there is none, or it lacks the views.
        """
        if not (repo / "feature_store.yaml").exists():
            raise FeatureError(f"{repo} has no feature_store.yaml. {NAMED}")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._store: Any = sdk.load().FeatureStore(repo_path=str(repo))
        self._repo, self._through_feast = repo, through_feast
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
        moments = _micros(_micros(labels[TIME]) - MOMENT)
        if self._through_feast or not self._in_a_file(view):
            return self._of_feast(labels, key, view, moments)
        names = labels[key].astype(str).tolist()
        found = self._rows(view, names, moments)
        return found.add_prefix(f"{view}__").set_axis(labels.index)

    def _rows(self, view: str, names: Sequence[str], moments: pd.Series) -> pd.DataFrame:
        distinct, who = np.unique(np.array(names, dtype=str), return_inverse=True)
        rows = Rows(self.source(view), distinct.tolist())
        at = rows.at(who, np.asarray(moments.astype(np.int64), np.int64))
        found: pd.DataFrame = rows.features.take(pa.array(at, mask=at == NONE)).to_pandas()
        return found

    def source(self, view: str) -> Source:
        """The file of a view, by its definition.

        A definition names its file as the machine knew it that wrote it. The repository's own comes before that: it may
        have been copied, or be mounted elsewhere.

        Raises:
            FeatureError: it lies in no file, or that is not there.
        """
        if not self._in_a_file(view):
            raise FeatureError(
                f"{view} of {self._repo} lies in no file, but in the offline store of its configuration. Labels can be "
                "joined with that (python -m trainers.features join); a release can only be trained on files: name a "
                "folder that has them (trainers.release with --features-dir)."
            )
        defined = self._store.get_feature_view(view)
        (key,), batch = defined.join_keys, defined.batch_source
        said = Path(batch.path)
        places = (self._repo / said.parent.name / said.name, said)
        file = next((place for place in places if place.is_file()), None)
        if file is None:
            raise FeatureError(f"{view} of {self._repo} has no file: neither {places[0]} nor {said} is there. {NAMED}")
        lifetime_us = int(defined.ttl / MOMENT) if defined.ttl else None
        names = tuple(field.name for field in defined.features)
        return Source(file, key, batch.timestamp_field, lifetime_us, names)

    def _in_a_file(self, view: str) -> bool:
        return type(self._store.get_feature_view(view).batch_source).__name__ == "FileSource"

    def _of_feast(self, labels: pd.DataFrame, key: str, view: str, moments: pd.Series) -> pd.DataFrame:
        """One view's features.

        One view at a time: of several, Feast's file store drops a label that one of them knows only from later, with
        all that the others know of it, and keeps one of the products that a shopper was shown at one moment.
        """
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

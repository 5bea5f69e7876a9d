"""Metrics of the catalogue."""

from prometheus_client import Counter, Histogram

SNAPSHOTS = Counter(
    "aisle_catalog_snapshots_total", "Products answered, by whether they were rendered already.", ["how"]
)
IMPORTED = Counter("aisle_catalog_imported_rows_total", "Rows of imports by what became of them.", ["what", "outcome"])
PICTURES = Counter("aisle_catalog_pictures_total", "Pictures by what happened to them.", ["what"])
PICTURE_SECONDS = Histogram(
    "aisle_catalog_picture_seconds",
    "Time in the decoder.",
    ["work"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
SWEPT = Counter("aisle_catalog_swept_total", "Pictures that no product showed any more, removed.")
CHECKOUTS = Counter("aisle_catalog_checkouts_total", "Checkouts by what became of them.", ["outcome"])
PAYMENTS = Counter("aisle_catalog_payments_total", "What the payment provider said of charges.", ["outcome"])
REFUNDS = Counter("aisle_catalog_refunds_total", "What the payment provider said of refunds.", ["outcome"])
TOLD = Counter("aisle_catalog_told_events_total", "Purchases and ratings sent to the recommender.", ["outcome"])

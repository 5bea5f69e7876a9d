"""What the files of a release are called, and its item tower on the inference server."""

SPEC, REPORT, GOLDEN, VECTORS = "feature_spec.json", "report.json", "golden.npz", "item_vectors.parquet"
HELD = "features"
"""In the report of a release: how what it learned from was held to the shop's feature views (docs/adr/0017)."""
ENCODED_ITEM_TOWER = "encoded_item_tower"
"""What an item tower is called there that takes vectors of encoders: its inputs are others."""

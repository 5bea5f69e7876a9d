"""The whole shop: products, pictures, shoppers and the truth, in one folder of Aisle's own format."""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet

from trainers.datasets import aisle
from trainers.simulator.catalogue import KINDS, SimulatedProduct, make_products
from trainers.simulator.catalogue.kinds import BY_KEY
from trainers.simulator.catalogue.products import CURRENCY
from trainers.simulator.errors import SimulatorError
from trainers.simulator.pictures import Painter
from trainers.simulator.progress import Steps
from trainers.simulator.shoppers.items import Items, plant
from trainers.simulator.shoppers.tables import TIME, TRUTH, write_behaviour

SHOP_PREFIX, VISITING_PREFIX = "shopper-", "sim-"
PRODUCTS = pa.schema(
    [("id", pa.string()), ("title", pa.string()), ("description", pa.string()), ("category", pa.string()),
     ("brand", pa.string()), ("price", pa.string()), ("currency", pa.string()), ("list_price", pa.string()),
     ("stock", pa.int64()), ("attributes", pa.string()), ("images", pa.list_(pa.string())), ("create_time", TIME)]
)  # fmt: skip


@dataclass(frozen=True)
class Watch:
    """How many shoppers are watched, and when."""

    shoppers: int
    until: datetime
    days: int
    seed: int

    @property
    def start(self) -> datetime:
        """When it begins."""
        return self.until - timedelta(days=self.days)


def make_shop(products: int, watch: Watch, folder: Path, painter: Painter, steps: Steps) -> Mapping[str, int]:
    """Makes a shop.

    Returns:
        How many rows each table has.

    Raises:
        SimulatorError: the folder is in use, or the pictures cannot be made.
    """
    _claim(folder)
    made = make_products(products, watch.seed, watch.start, watch.until)
    with steps.bar("draw pictures", len(made)) as tick:
        made = [
            replace(product, images=images)
            for product, images in zip(made, painter.paint(made, folder, tick), strict=True)
        ]
    parquet.write_table(
        pa.Table.from_pylist([_row(product) for product in made], PRODUCTS), folder / "products.parquet"
    )
    items = plant(
        aisle.read_products(folder / "products.parquet"),
        watch.seed,
        watch.start.timestamp(),
        watch.until.timestamp(),
        np.array([product.create_time.timestamp() for product in made]),
        _goes_with(),
    )
    return {"products": len(made), **_behave(items, watch, folder, SHOP_PREFIX, steps)}


def make_behaviour(catalogue: Path, watch: Watch, folder: Path, steps: Steps) -> Mapping[str, int]:
    """Simulates shoppers for a catalogue that came from elsewhere.

    Raises:
        SimulatorError: the catalogue is missing or empty, or the folder is in use.
        DataError: the catalogue cannot be read.
    """
    file = catalogue if catalogue.is_file() else aisle.find(catalogue, "products")
    if file is None:
        raise SimulatorError(
            f"{catalogue} has no products.parquet, products.jsonl or products.csv. Name the folder of a catalogue in "
            "Aisle's format; `python -m trainers.release extract` writes one of a running shop."
        )
    products = aisle.read_products(file)
    if not len(products):
        raise SimulatorError(f"{file} has no products, so there is nothing to shop for. Import some first.")
    _claim(folder)
    start, until = watch.start.timestamp(), watch.until.timestamp()
    items = plant(products, watch.seed, start, until, names=_category_names(file))
    return _behave(items, watch, folder, VISITING_PREFIX, steps)


def _category_names(file: Path) -> Sequence[str]:
    """Of each product, where the extract of a shop has ids in the paths; nothing where the paths are names."""
    if file.suffix != ".parquet" or "category_ids" not in parquet.read_schema(file).names:
        return ()
    return [name or "" for name in parquet.read_table(file, columns=["category"])["category"].to_pylist()]


def _behave(items: Items, watch: Watch, folder: Path, prefix: str, steps: Steps) -> Mapping[str, int]:
    with steps.bar("simulate shoppers", watch.shoppers) as tick:
        counts = write_behaviour(
            items,
            folder,
            watch.shoppers,
            watch.seed,
            watch.start.timestamp(),
            watch.until.timestamp(),
            prefix,
            tick,
        )
    told = {"seed": watch.seed, "start": watch.start.isoformat(), "until": watch.until.isoformat(), "rows": counts}
    (folder / TRUTH / "simulation.json").write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    return {name: counts[name] for name in ("events", "reviews", "users")}


def _claim(folder: Path) -> None:
    """Makes the folder; one that a simulation left behind is replaced, one that holds anything else is refused."""
    if folder.is_dir() and any(folder.iterdir()):
        if not (folder / TRUTH).is_dir():
            raise SimulatorError(
                f"{folder} has files that no simulation wrote. Name a new or an empty folder with --out."
            )
        for entry in folder.iterdir():
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    try:
        (folder / TRUTH).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SimulatorError(f"{folder} cannot be made: {error.strerror}. Name another folder with --out.") from error


def _goes_with() -> Mapping[tuple[str, ...], Sequence[tuple[str, ...]]]:
    return {_ids(kind.category): [_ids(BY_KEY[other].category) for other in kind.goes_with] for kind in KINDS}


def _ids(category: str) -> tuple[str, ...]:
    return aisle.category_path(category)


def _row(product: SimulatedProduct) -> dict[str, object]:
    return {
        "id": product.id,
        "title": product.title,
        "description": product.description,
        "category": product.kind.category,
        "brand": product.brand,
        "price": str(product.price),
        "currency": CURRENCY,
        "list_price": str(product.list_price) if product.list_price else None,
        "stock": product.stock,
        "attributes": json.dumps(product.attributes, sort_keys=True),
        "images": list(product.images),
        "create_time": product.create_time,
    }

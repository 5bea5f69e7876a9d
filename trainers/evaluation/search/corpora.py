"""The corpus that is searched: a folder of pictures, with what is known of them."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from trainers.clip import data
from trainers.clip.data import Product
from trainers.datasets import DataError
from trainers.datasets.aisle import find
from trainers.evaluation.search.rankers import Corpus

ENDINGS = (".jpg", ".jpeg", ".png", ".webp")


def of_products(products: Sequence[Product]) -> Corpus:
    """Products with their first picture and their title."""
    return Corpus(
        [product.id for product in products],
        [product.pictures[0] for product in products],
        [product.title for product in products],
        products,
    )


def holds_products(folder: Path) -> bool:
    """Whether a folder is a data set; else it has pictures alone."""
    return (folder / "styles.csv").exists() or find(folder, "products") is not None


def of_folder(folder: Path, texts_file: Path | None = None) -> Corpus:
    """A data set with `styles.csv` or `products.*`, or any folder of pictures named by their ids.

    Texts come from `texts_file` (`{id: text}`), else from the data set; a folder of pictures alone has none.

    Raises:
        DataError: there is no picture, or the texts cannot be read.
    """
    texts = _texts(texts_file) if texts_file else None
    if holds_products(folder):
        known = of_products(data.read([folder]))
        if texts is None:
            return known
        return Corpus(known.ids, known.pictures, [texts.get(id_, "") for id_ in known.ids])
    if not folder.is_dir():
        raise DataError(f"{folder} is no folder that exists.")
    files = sorted(file for file in folder.rglob("*") if file.suffix.casefold() in ENDINGS)
    if not files:
        raise DataError(f"There is no picture ({', '.join(ENDINGS)}) in {folder}.")
    ids = [file.stem for file in files]
    if len(set(ids)) < len(ids):
        double = next(id_ for id_ in ids if ids.count(id_) > 1)
        raise DataError(f"Two pictures in {folder} are called {double}; the name is the id.")
    return Corpus(ids, files, [texts.get(id_, "") for id_ in ids] if texts else None)


def _texts(file: Path) -> Mapping[str, str]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{file} cannot be read as JSON: {error}") from error
    if not isinstance(content, dict):
        raise DataError(f'{file} is not of the form {{"id": "text"}}.')
    return {str(id_): str(text) for id_, text in content.items()}

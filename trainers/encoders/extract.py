"""Reads products and their pictures over the same contracts that everybody uses."""

import contextlib
import os
import time
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pyarrow as pa
from aisle.catalog.v1 import picture_service_pb2 as pb

from trainers.encoders.progress import bar
from trainers.encoders.shop import Shop
from trainers.release import extract as base
from trainers.release.errors import of_call
from trainers.release.services import TIMEOUT_S

PICTURES = "pictures"
DRAFT = ".new"
"""Ends the name of a picture that is being written: a trainer of towers may fetch beside one of encoders."""
DRAFT_S = 600.0
"""Seconds after which a draft is nobody's: one is written in an instant."""
WORKERS = 4
MOST_PICTURES = 3
"""Of a product: training looks at no more."""


def extract(shop: Shop, folder: Path, *, quiet: bool = False) -> int:
    """Writes products.parquet with `images` as files beside it; returns how many products there are.

    Pictures are named by the hash of their bytes: those that are there from an earlier run are not read again, and
    those that no product has any more are removed.

    Raises:
        ReleaseError: a service does not answer.
    """
    found: dict[str, dict[str, Any]] = base.products(shop)
    kept = folder / PICTURES
    kept.mkdir(parents=True, exist_ok=True)
    wanted: dict[str, str] = {}
    for product in found.values():
        names = [name_of(uri) for uri in product["images"][:MOST_PICTURES]]
        product["images"] = [f"{PICTURES}/{file_of(name)}" for name in names]
        wanted |= {file_of(name): name for name in names}
    remove_unwanted(kept, wanted)
    gone = fetch(shop, kept, wanted, quiet=quiet)
    rows = [
        {**product, "images": [i for i in product["images"] if Path(i).name not in gone]} for product in found.values()
    ]
    base.write(folder / "products.parquet", pa.Table.from_pylist(rows, base.PRODUCTS))
    return len(rows)


def remove_unwanted(folder: Path, wanted: Collection[str]) -> None:
    """Removes pictures that no product has any more, and drafts of a trainer that was killed."""
    for path in folder.iterdir():
        if path.suffix == DRAFT:
            with contextlib.suppress(FileNotFoundError):  # it was finished this moment
                if time.time() - path.stat().st_mtime > DRAFT_S:
                    path.unlink()
        elif path.name not in wanted:
            path.unlink(missing_ok=True)


def name_of(uri: str) -> str:
    """`/v1/products/{product}/pictures/{picture}:render` -> `products/{product}/pictures/{picture}`."""
    return uri.removeprefix("/v1/").partition(":")[0]


def file_of(name: str) -> str:
    """`products/{product}/pictures/{picture}`: two products may share a picture, and its bytes."""
    return name.rpartition("/")[2]


def fetch(shop: Shop, folder: Path, wanted: Mapping[str, str], *, quiet: bool = False) -> set[str]:
    """Fetches the pictures that the folder lacks, names by file; returns the files of those that are gone meanwhile.

    Raises:
        ReleaseError: the catalogue does not answer.
    """
    have = {path.name for path in folder.iterdir()}
    missing = {file: name for file, name in wanted.items() if file not in have}

    def one(file: str) -> str | None:
        request = pb.RenderPictureRequest(name=missing[file])
        try:
            body = shop.pictures.RenderPicture(request, timeout=TIMEOUT_S)
        except grpc.RpcError as error:
            if error.code() is grpc.StatusCode.NOT_FOUND:
                return file
            raise of_call("Reading pictures", shop.address("catalog"), error) from error
        draft = folder / f"{file}.{os.getpid()}{DRAFT}"
        draft.write_bytes(body.data)
        draft.replace(folder / file)
        return None

    with bar("pictures", len(missing), quiet=quiet or not missing) as step, ThreadPoolExecutor(WORKERS) as workers:
        gone = set()
        for file in workers.map(one, missing):
            step(1)
            if file:
                gone.add(file)
    return gone

"""The shop's own import calls."""

import asyncio
import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

import grpc
from aisle.catalog.v1 import picture_service_pb2 as pictures_pb
from aisle.catalog.v1 import product_service_pb2 as products_pb
from aisle.catalog.v1 import review_service_pb2 as reviews_pb
from aisle.catalog.v1.picture_service_pb2_grpc import PictureServiceStub
from aisle.catalog.v1.product_service_pb2_grpc import ProductServiceStub
from aisle.catalog.v1.review_service_pb2_grpc import ReviewServiceStub
from aisle.recs.v1 import user_event_service_pb2 as events_pb
from aisle.recs.v1.user_event_service_pb2_grpc import UserEventServiceStub

from services.importer.adapters import messages
from services.importer.adapters.connection import Connection, why
from services.importer.adapters.shoppers import ShopperWriter
from services.importer.domain import Counts, Event, Pictures, Product, Review, Shopper
from services.importer.errors import FileError, ServerError
from services.importer.ports import Outcome, ReadPicture, Refusal

MOST_PICTURE_BYTES = 8 * 2**20
MOST_REQUEST_BYTES = 4 * 2**20
"""A quarter of what the services take at once, and what the gateway passes on without holding up others."""
PICTURES_IN_FLIGHT = 6
"""The catalogue decodes every picture in a process of its own; more at once would only wait there."""


class GrpcShop:
    """services.importer.ports.Shop over gRPC; the three connections may be one gateway's."""

    def __init__(self, catalog: Connection, recs: Connection, users: Connection) -> None:
        self._catalog = catalog
        self._recs = recs
        self._products = ProductServiceStub(catalog.channel)
        self._pictures = PictureServiceStub(catalog.channel)
        self._reviews = ReviewServiceStub(catalog.channel)
        self._events = UserEventServiceStub(recs.channel)
        self._shoppers = ShopperWriter(catalog, users)
        self._uploads = asyncio.Semaphore(PICTURES_IN_FLIGHT)

    async def write_products(self, products: Sequence[Product]) -> Outcome:
        outcome = Outcome()
        for start, rows in _fitting([messages.product_row(product) for product in products], outcome):
            request = products_pb.ImportProductsRequest(rows=rows)
            _add(outcome, start, await _ask(self._catalog, self._products.ImportProducts, request))
        return outcome

    async def write_reviews(self, reviews: Sequence[Review]) -> Outcome:
        outcome = Outcome()
        for start, rows in _fitting([messages.review(review) for review in reviews], outcome):
            request = reviews_pb.ImportReviewsRequest(reviews=rows)
            _add(outcome, start, await _ask(self._catalog, self._reviews.ImportReviews, request))
        return outcome

    async def write_events(self, events: Sequence[Event]) -> Outcome:
        outcome = Outcome()
        for start, rows in _fitting([messages.event(event) for event in events], outcome):
            request = events_pb.ImportUserEventsRequest(user_events=rows)
            _add(outcome, start, await _ask(self._recs, self._events.ImportUserEvents, request))
        return outcome

    async def count_products(self) -> int:
        request = products_pb.ListProductsRequest(page_size=1)
        return int((await _ask(self._catalog, self._products.ListProducts, request)).total_size)

    async def write_pictures(self, pictures: Sequence[Pictures], read: ReadPicture) -> Outcome:
        names = [f"products/{entry.product_id}" for entry in pictures]
        request = products_pb.BatchGetProductsRequest(names=names, allow_missing=True)
        found = await _ask(self._catalog, self._products.BatchGetProducts, request)
        there = {product.name: {p.name.rpartition("/")[2] for p in product.pictures} for product in found.products}
        outcome = Outcome()
        # A product that the shop refused was reported as such: its pictures are no news.
        await asyncio.gather(
            *(
                self._write_pictures_of(index, entry, there[name], read, outcome)
                for index, (name, entry) in enumerate(zip(names, pictures, strict=True))
                if name in there
            )
        )
        outcome.refusals.sort(key=lambda refusal: refusal.index)
        return outcome

    async def _write_pictures_of(
        self, index: int, entry: Pictures, there: set[str], read: ReadPicture, outcome: Outcome
    ) -> None:
        # One after the other: the first picture is the one that lists show.
        for path in entry.paths:
            async with self._uploads:
                refused = await self._write_picture(entry.product_id, path, there, read, outcome.counts)
            if refused:
                outcome.refusals.append(Refusal(index, "images", f"{path}: {refused}", kept=True))

    async def _write_picture(
        self, product_id: str, path: str, there: set[str], read: ReadPicture, counts: Counts
    ) -> str:
        """Why the picture was refused; empty when it was not."""
        try:
            content = read(path, MOST_PICTURE_BYTES)
        except FileError as error:
            return str(error)
        if not content:
            return "it is empty"
        digest = hashlib.sha256(content).hexdigest()
        if any(digest.startswith(known) for known in there):
            counts.unchanged += 1
            return ""
        request = pictures_pb.CreatePictureRequest(parent=f"products/{product_id}", content=content)
        try:
            await self._catalog.call(self._pictures.CreatePicture, request)
        except grpc.aio.AioRpcError as error:
            return why(error)[1]
        counts.created += 1
        return ""

    async def write_shoppers(self, shoppers: Sequence[Shopper]) -> Outcome:
        return await self._shoppers.write(shoppers)


async def _ask(connection: Connection, method: Any, request: Any) -> Any:
    try:
        return await connection.call(method, request)
    except grpc.aio.AioRpcError as error:
        raise ServerError(f"{connection.address} refuses a part of the import: {': '.join(why(error))}") from None


def _fitting(rows: list[Any], outcome: Outcome) -> Iterator[tuple[int, list[Any]]]:
    """Neighbouring rows that fit into a request together, with the index of the first; refuses those that fit into
    none."""
    start, size = 0, 0
    for index, row in enumerate(rows):
        if row.ByteSize() > MOST_REQUEST_BYTES:
            if start < index:
                yield start, rows[start:index]
            outcome.refusals.append(Refusal(index, "", f"is larger than {MOST_REQUEST_BYTES:,} bytes"))
            start, size = index + 1, 0
        elif size + row.ByteSize() > MOST_REQUEST_BYTES:
            yield start, rows[start:index]
            start, size = index, row.ByteSize()
        else:
            size += row.ByteSize()
    if start < len(rows):
        yield start, rows[start:]


def _add(outcome: Outcome, start: int, answer: Any) -> None:
    """Adds the answer to a request whose first row was the outcome's `start`th."""
    updated = getattr(answer, "updated_count", 0)
    outcome.counts.add(Counts(created=answer.created_count, updated=updated, unchanged=answer.unchanged_count))
    outcome.refusals += [Refusal(start + one.index, one.field, one.description) for one in answer.refusals]

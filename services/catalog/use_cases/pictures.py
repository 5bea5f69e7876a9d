"""Pictures of products: taken in once, served at the widths of the ladder, swept away when nobody shows them."""

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from services.catalog.domain.picture import Picture, picture_id, served_width
from services.catalog.domain.product import MAX_PICTURES
from services.catalog.ports import Database, PictureDecoder, PictureFiles, Transaction
from services.catalog.use_cases.measures import PICTURE_SECONDS, PICTURES, SWEPT
from services.kit.errors import FailedPrecondition, InvalidArgument, NotFound
from services.kit.pictures import PictureRefused, check

SWEEP_AT_ONCE = 100
"""Pictures a transaction of the sweeper removes: it holds their rows while their files go."""


@dataclass(frozen=True, slots=True)
class RenderedPicture:
    """The bytes of a picture at one width."""

    content: bytes
    content_type: str
    etag: str
    for_ever: bool = True
    """Whether the answer to this call will always be the same."""


class PictureUseCases:
    """Everything of PictureService, and the sweeping."""

    def __init__(self, database: Database, files: PictureFiles, decoder: PictureDecoder) -> None:
        self._database = database
        self._files = files
        self._decoder = decoder
        self._resizing: dict[tuple[str, int], asyncio.Task[bytes]] = {}

    async def create(self, product_id: str, content: bytes) -> Picture:
        """Shows a picture as the product's last one.

        Raises:
            NotFound: the product does not exist.
            InvalidArgument: the bytes are not a picture that the shop takes; says why.
            FailedPrecondition: the product shows as many as it may.
        """
        new = picture_id(content)
        async with self._database.begin() as transaction:
            picture = await transaction.pictures.get(new)
        if picture is None:
            picture = await self._measured(new, content)
            async with self._database.begin() as transaction:
                # Recorded before its file is written, so that the sweeper finds the file of a call that dies here.
                await transaction.pictures.put(picture)
        async with self._database.begin() as transaction:
            return await self._show(transaction, product_id, picture, content)

    async def render(self, product_id: str, picture: str, width: int) -> RenderedPicture:
        """The picture's bytes, at most as wide as the step of the ladder above `width`.

        Raises:
            NotFound: the product has no such picture.
        """
        async with self._database.begin() as transaction:
            found = await transaction.pictures.of(product_id, picture)
        rendered = await self._rendered(found, served_width(width)) if found is not None else None
        if rendered is None:
            raise NotFound(f"products/{product_id}/pictures/{picture}")
        return rendered

    async def delete(self, product_id: str, picture: str) -> None:
        """Takes a picture from a product; the sweeper takes its files when no other product shows it.

        Raises:
            NotFound: the product has no such picture.
        """
        async with self._database.begin() as transaction:
            there = await transaction.products.lock([product_id])
            if not there or not await transaction.pictures.unlink(product_id, picture):
                raise NotFound(f"products/{product_id}/pictures/{picture}")
            await transaction.products.touch([product_id])

    async def sweep(self, unused_for: timedelta) -> int:
        """Removes the pictures that no product shows and none took up for so long; returns how many."""
        removed = 0
        while True:
            async with self._database.begin() as transaction:
                ids = await transaction.pictures.take_unused(datetime.now(UTC) - unused_for, SWEEP_AT_ONCE)
                # While the rows are held: an upload of the same bytes waits, and writes its file after this.
                await self._files.remove(ids)
            removed += len(ids)
            SWEPT.inc(len(ids))
            if len(ids) < SWEEP_AT_ONCE:
                return removed

    async def _measured(self, new: str, content: bytes) -> Picture:
        try:
            content_type = check(content)
            with PICTURE_SECONDS.labels("measure").time():
                width, height = await self._decoder.measure(content)
        except PictureRefused as refused:
            PICTURES.labels("refused").inc()
            raise InvalidArgument.field("content", f"is not a picture that the shop takes: {refused}") from None
        return Picture(new, content_type, width, height)

    async def _show(self, transaction: Transaction, product_id: str, picture: Picture, content: bytes) -> Picture:
        product = (await transaction.products.lock([product_id])).get(product_id)
        if product is None:
            raise NotFound(f"products/{product_id}")
        if picture in product.pictures:
            return picture
        if len(product.pictures) >= MAX_PICTURES:
            raise FailedPrecondition(
                f"products/{product_id} has {MAX_PICTURES} pictures, as many as it may: delete one first.",
                reason="TOO_MANY_PICTURES",
                name=f"products/{product_id}",
            )
        await transaction.pictures.put(picture)
        await self._files.write(picture, 0, content)
        await transaction.pictures.link(product_id, picture.id)
        await transaction.products.touch([product_id])
        PICTURES.labels("created").inc()
        return picture

    async def _rendered(self, picture: Picture, step: int) -> RenderedPicture | None:
        small = 0 < step < picture.width  # never enlarged
        if small and (content := await self._files.read(picture, step)) is not None:
            return RenderedPicture(content, picture.resized_type, f'"{picture.id}-{step}"')
        if (original := await self._files.read(picture, 0)) is None:
            return None
        whole = RenderedPicture(original, picture.content_type, f'"{picture.id}"')
        if not small:
            return whole
        try:
            content = await self._resized_once(picture, step, original)
        except PictureRefused:
            # It was decoded when it came, and a machine under pressure may fail now. The original is right, if larger.
            return replace(whole, for_ever=False)
        return RenderedPicture(content, picture.resized_type, f'"{picture.id}-{step}"')

    async def _resized_once(self, picture: Picture, step: int, original: bytes) -> bytes:
        """Many who ask for the same width at once wait for one decoder, and none of them ends it by leaving."""
        key = picture.id, step
        if (task := self._resizing.get(key)) is None:
            task = self._resizing[key] = asyncio.create_task(self._resized(picture, step, original))
            task.add_done_callback(lambda _: self._resizing.pop(key))
        return await asyncio.shield(task)

    async def _resized(self, picture: Picture, step: int, original: bytes) -> bytes:
        with PICTURE_SECONDS.labels("resize").time():
            content = await self._decoder.resize(original, step, picture.resized_type)
        await self._files.write(picture, step, content)
        PICTURES.labels("resized").inc()
        return content

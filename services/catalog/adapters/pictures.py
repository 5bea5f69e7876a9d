"""Which product shows which pictures."""

from datetime import datetime

from sqlalchemy import delete, exists, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.adapters.tables import pictures, product_pictures
from services.catalog.domain.picture import Picture

_COLUMNS = (pictures.c.id, pictures.c.content_type, pictures.c.width, pictures.c.height)


class SqlPictures:
    """The tables `pictures` and `product_pictures`, within a transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def of(self, product_id: str, picture_id: str) -> Picture | None:
        """The picture, if the product shows it."""
        shown = (
            select(*_COLUMNS)
            .join(product_pictures, product_pictures.c.picture_id == pictures.c.id)
            .where(product_pictures.c.product_id == product_id, pictures.c.id == picture_id)
        )
        row = (await self._connection.execute(shown)).first()
        return Picture(*row) if row else None

    async def get(self, picture_id: str) -> Picture | None:
        """The picture, whoever shows it."""
        stored = select(*_COLUMNS).where(pictures.c.id == picture_id)
        row = (await self._connection.execute(stored)).first()
        return Picture(*row) if row else None

    async def put(self, picture: Picture) -> None:
        """Records a picture and holds it against sweeping until the transaction ends."""
        row = {
            "id": picture.id,
            "content_type": picture.content_type,
            "width": picture.width,
            "height": picture.height,
        }
        used = insert(pictures).values(row)
        again = used.on_conflict_do_update(index_elements=["id"], set_={"used_time": func.now()})
        await self._connection.execute(again)

    async def link(self, product_id: str, picture_id: str) -> None:
        """Shows it as the product's last picture."""
        last = select(func.coalesce(func.max(product_pictures.c.position), 0)).where(
            product_pictures.c.product_id == product_id
        )
        row = {"product_id": product_id, "picture_id": picture_id, "position": last.scalar_subquery() + 1}
        await self._connection.execute(insert(product_pictures).values(row))

    async def unlink(self, product_id: str, picture_id: str) -> bool:
        """Takes it from the product; False when it was not there."""
        shown = (product_pictures.c.product_id == product_id) & (product_pictures.c.picture_id == picture_id)
        return (await self._connection.execute(delete(product_pictures).where(shown))).rowcount > 0

    async def take_unused(self, since: datetime, limit: int) -> list[str]:
        """Forgets pictures that no product shows and none took up since; returns their ids."""
        shown = exists().where(product_pictures.c.picture_id == pictures.c.id)
        unused = (
            select(pictures.c.id)
            .where(pictures.c.used_time < since, ~shown)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        gone = delete(pictures).where(pictures.c.id.in_(unused)).returning(pictures.c.id)
        return list((await self._connection.execute(gone)).scalars())

"""Events on their way to the recommender, within a transaction."""

from collections.abc import Collection, Sequence

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.adapters.commerce_tables import outbox
from services.catalog.domain.shopper_event import EventKind, ShopperEvent


class SqlOutbox:
    """The table `outbox`, within a transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, events: Sequence[ShopperEvent]) -> None:
        """Writes events; they are sent when the transaction has been committed."""
        await self._connection.execute(insert(outbox).values([_row(event) for event in events]))

    async def waiting(self, limit: int) -> list[tuple[int, ShopperEvent]]:
        """The oldest, with their numbers."""
        oldest = select(outbox).order_by(outbox.c.id).limit(limit)
        return [
            (
                row.id,
                ShopperEvent(
                    id=row.event_id,
                    shopper=row.shopper,
                    kind=EventKind(row.kind),
                    product_id=row.product_id,
                    event_time=row.event_time,
                    quantity=row.quantity,
                    rating=row.rating,
                    attribution_token=row.attribution_token,
                    order_id=row.order_id,
                ),
            )
            for row in await self._connection.execute(oldest)
        ]

    async def remove(self, numbers: Collection[int]) -> None:
        """Forgets events that were taken."""
        await self._connection.execute(delete(outbox).where(outbox.c.id.in_(numbers)))

    async def forget(self, shopper: str) -> None:
        """Forgets what a shopper did."""
        await self._connection.execute(delete(outbox).where(outbox.c.shopper == shopper))


def _row(event: ShopperEvent) -> dict[str, object]:
    row: dict[str, object] = {
        "event_id": event.id,
        "shopper": event.shopper,
        "kind": int(event.kind),
        "product_id": event.product_id,
        "quantity": event.quantity,
        "rating": event.rating,
        "attribution_token": event.attribution_token,
        "order_id": event.order_id,
    }
    return row if event.event_time is None else row | {"event_time": event.event_time}

"""Follows the folder in the model control mode poll."""

import asyncio
from typing import NoReturn

from services.inference.repository import Repository


async def poll(repository: Repository, every_s: float) -> NoReturn:
    """Loads what has come or changed, unloads what has gone, for as long as the server runs."""
    while True:
        await asyncio.sleep(every_s)
        await repository.follow()

"""Whose scores are no longer right, and the item vectors to score with."""

import asyncio

import numpy as np
from pymilvus import MilvusClient
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.kit.milvus import QUIET
from services.recs.adapters.events import PostgresChangedShoppers
from services.recs.domain.releases import Release
from services.recs.features.scoring import Catalogue

ROWS = 2_000
"""Vectors of one page, after which the index answers shoppers again. With Milvus Lite it takes a tenth of a second."""
REST_S = 0.1
TIMEOUT_S = 30.0
STATING = text("""
    SELECT DISTINCT shopper FROM profile_changes
    WHERE change_time > coalesce((SELECT update_time FROM watermarks WHERE name = :mark), '-infinity'::timestamptz)
""")


class PostgresScoringLog(PostgresChangedShoppers):
    """services.recs.features.scoring.ScoringLog."""

    def __init__(self, engine: AsyncEngine) -> None:
        super().__init__(engine)
        self._of_profiles = engine

    async def profiles(self, since: str) -> set[str]:
        async with self._of_profiles.connect() as connection:
            return set((await connection.execute(STATING, {"mark": since})).scalars())


class MilvusCatalogue:
    """Reads all item vectors of a release."""

    def __init__(self, uri: str, token: str) -> None:
        self._uri, self._token = uri, token

    async def __call__(self, release: Release) -> Catalogue:
        """Page by page, in a thread."""
        client = MilvusClient(self._uri, token=self._token, timeout=TIMEOUT_S, dedicated=True, grpc_options=QUIET)
        try:
            pages = await asyncio.to_thread(
                client.query_iterator,
                release.collection,
                batch_size=ROWS,
                filter='product_id != ""',
                output_fields=["product_id", "vector", "in_stock"],
                timeout=TIMEOUT_S,
            )
            ids, vectors, in_stock = list[str](), list[np.ndarray](), list[bool]()
            while page := await asyncio.to_thread(pages.next):
                ids += [row["product_id"] for row in page]
                vectors.append(np.array([row["vector"] for row in page], np.float32))
                in_stock += [bool(row["in_stock"]) for row in page]
                await asyncio.sleep(REST_S)
            pages.close()
        finally:
            client.close()
        empty = np.zeros((0, release.dimension), np.float32)
        return Catalogue(ids, np.concatenate([empty, *vectors]), np.array(in_stock, bool))

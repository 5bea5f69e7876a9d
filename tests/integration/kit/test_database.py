"""Errors of queries on a real PostgreSQL."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.kit import database
from tests.support.postgres import NewDatabase


async def test_the_error_of_a_query_does_not_hold_its_parameters(new_database: NewDatabase) -> None:
    engine = database.engine(new_database("errors"))
    async with engine.connect() as connection:
        with pytest.raises(DBAPIError) as caught:
            await connection.execute(text("SELECT CAST(:secret AS text), 1 / 0"), {"secret": "hunter2"})
    await engine.dispose()
    assert "division by zero" in str(caught.value)
    assert "hunter2" not in str(caught.value)

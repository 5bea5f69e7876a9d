"""Databases of a shop as it was before."""

from importlib.resources import files

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection


def upgrade(connection: Connection, package: str, revision: str) -> None:
    """Brings the database to a revision of `<package>/migrations/versions`."""
    config = Config()
    config.set_main_option("script_location", str(files(package) / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)

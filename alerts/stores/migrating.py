"""The schema's version: what a database has, what this release wants, and the way between."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection

from alerts.errors import StoreUnavailable


@dataclass(frozen=True, slots=True)
class Schema:
    """Numbers of migrations."""

    version: str | None
    """Of the database; None when it is empty."""
    wanted: str

    @property
    def is_current(self) -> bool:
        return self.version == self.wanted


def schema_of(connection: Connection) -> Schema:
    """What the database has, and what this release works with."""
    version = MigrationContext.configure(connection).get_current_revision()
    head = ScriptDirectory.from_config(_config()).get_current_head()
    return Schema(version, head or "")


def migrate(connection: Connection, to: str = "head") -> None:
    """Run what is missing in the connection's transaction. Raises `StoreUnavailable`."""
    config = _config()
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, to)
    except CommandError as error:
        raise StoreUnavailable(
            f"the database was made by another version of the service: {error}"
        ) from error


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config

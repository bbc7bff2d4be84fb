"""Bring a database to the newest schema."""

from __future__ import annotations

import logging

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext

from storage.database import Database
from storage.schema import newest

_LOCK = 0x0CA5EBE1  # any number, the same in every process: one migrates, the others wait
_log = logging.getLogger(__name__)


def migrate(database: Database) -> None:
    """Apply what is missing, in one transaction; safe to run from several processes at once.

    Raises:
        StorageUnavailableError: the database is away.
    """
    with database.transaction() as connection:
        if not database.is_sqlite:
            # Both times are those of requests otherwise: a large table takes longer.
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            connection.exec_driver_sql("SET LOCAL lock_timeout = '30s'")
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        before = _revision(connection)
        if before == newest():
            return  # and Alembic need not load every migration to find nothing to do
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        after = _revision(connection)
    if before != after:
        _log.info("database migrated from %s to %s", before or "nothing", after)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "storage:migrations")
    return config


def _revision(connection: sa.Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()

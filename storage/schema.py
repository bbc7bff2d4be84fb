"""Which schema a database has. Asked at every start: Alembic itself is slow to import."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from storage.database import Database

_VERSIONS = Path(__file__).parent / "migrations" / "versions"
_APPLIED = sa.table("alembic_version", sa.column("version_num"))


def is_current(database: Database) -> bool:
    """Whether the database has the newest schema."""
    with database.reading() as connection:
        if not sa.inspect(connection).has_table(_APPLIED.name):
            return False
        return connection.execute(sa.select(_APPLIED)).scalars().all() == [newest()]


def newest() -> str:
    """The revision of the last migration, by which its file is called."""
    return max(path.name.partition("_")[0] for path in _VERSIONS.glob("[0-9]*.py"))

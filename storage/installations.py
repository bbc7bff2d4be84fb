"""Casebell in customers' own workspaces.

Not slack_sdk's stores: of its state store on PostgreSQL, four threads all took one state in 177
tries of 200; its tokens are in clear text; and neither can take part in a transaction of ours.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.domain.installation import Ending, Installation, InstallLink, InstallState
from storage.rows import delete_some, upsert
from storage.tables import install_links, install_states, installations


class InstallationRepository:
    """See `bot.services.ports.Installations`."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def get(self, team_id: str) -> Installation | None:
        """The installation in a workspace, also one that is over."""
        query = sa.select(installations).where(installations.c.team_id == team_id)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else _installation(row)

    def active(self, team_ids: Collection[str] | None = None) -> list[Installation]:
        """Those that are not over, all of them or in these workspaces."""
        query = sa.select(installations).where(installations.c.ended_at.is_(None))
        if team_ids is not None:
            query = query.where(installations.c.team_id.in_(team_ids))
        rows = self._connection.execute(query.order_by(installations.c.team_id))
        return [_installation(row) for row in rows]

    def save(self, installation: Installation) -> None:
        """Store it, instead of what was known of that workspace."""
        upsert(self._connection, installations, asdict(installation))

    def add_link(self, link: InstallLink) -> None:
        self._connection.execute(sa.insert(install_links).values(asdict(link)))

    def link(self, key: str) -> InstallLink | None:
        query = sa.select(install_links).where(install_links.c.key == key)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else InstallLink(**row._mapping)

    def end_links(self, channel_id: str, now: datetime) -> int:
        """End the links for a channel that nobody has used; how many of them still worked."""
        unused = sa.and_(
            install_links.c.channel_id == channel_id, install_links.c.used_at.is_(None)
        )
        ended = sa.delete(install_links).where(unused).returning(install_links.c.expires_at)
        return sum(expires_at > now for expires_at in self._connection.execute(ended).scalars())

    def use_link(self, key: str, now: datetime) -> bool:
        """Whether it was not used before, and is now."""
        unused = sa.and_(install_links.c.key == key, install_links.c.used_at.is_(None))
        statement = sa.update(install_links).where(unused).values(used_at=now)
        return self._connection.execute(statement).rowcount == 1

    def add_state(self, state: str, found: InstallState) -> None:
        self._connection.execute(sa.insert(install_states).values(state=state, **asdict(found)))

    def take_state(self, state: str) -> InstallState | None:
        """The installation under way with that state; whoever asks next finds none."""
        which = install_states.c.state == state
        taken = sa.delete(install_states).where(which).returning(install_states)
        row = self._connection.execute(taken).mappings().one_or_none()
        if row is None:
            return None
        return InstallState(row["link_key"], row["browser"], row["expires_at"])

    def purge(self, expired_before: datetime, limit: int) -> int:
        """Forget links and states that expired; how many, at most so many of each."""
        return sum(
            delete_some(self._connection, table, table.c.expires_at < expired_before, limit)
            for table in (install_links, install_states)
        )


def _installation(row: Any) -> Installation:
    found = Installation(**row._mapping)
    return replace(found, ended_why=Ending(found.ended_why) if found.ended_why else None)

"""The store: transactions over the repositories, and the wake-up when something falls due."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import sqlalchemy as sa

from storage import tables
from storage.audit import AuditRepository
from storage.cases import CaseRepository
from storage.database import Database, translated
from storage.handoffs import HandoffRepository
from storage.installations import InstallationRepository
from storage.ledger import LedgerRepository
from storage.marks import MarkRepository
from storage.messages import MessageRepository
from storage.outbox import OutboxRepository
from storage.pages import PageRepository
from storage.renaming import rename_channel
from storage.roster import RosterRepository
from storage.rows import delete_some, insert_once
from storage.schedule import ScheduleRepository
from storage.shift_requests import ShiftRequestRepository
from storage.submissions import SubmissionRepository
from storage.timers import TimerRepository
from storage.windows import WindowRepository

WAKE_CHANNEL = "casebell_due"


class SqlTransaction:
    """One transaction's repositories; see `bot.services.ports.Transaction`."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self.submissions = SubmissionRepository(connection)
        self.cases = CaseRepository(connection)
        self.messages = MessageRepository(connection)
        self.pages = PageRepository(connection)
        self.roster = RosterRepository(connection)
        self.schedule = ScheduleRepository(connection)
        self.requests = ShiftRequestRepository(connection)
        self.handoffs = HandoffRepository(connection)
        self.marks = MarkRepository(connection)
        self.windows = WindowRepository(connection)
        self.ledger = LedgerRepository(connection)
        self.installations = InstallationRepository(connection)
        self.timers = TimerRepository(connection)
        self.outbox = OutboxRepository(connection)
        self.audit = AuditRepository(connection)

    def first_time(self, event_id: str, now: datetime) -> bool:
        """Whether an event is new; it is remembered with the transaction."""
        row = {"event_id": event_id, "received_at": now}
        return insert_once(self._connection, tables.events, row) is not None

    def forget_events(self, received_before: datetime, limit: int) -> int:
        """Forget events that Slack no longer repeats; how many, at most the limit."""
        old = tables.events.c.received_at < received_before
        return delete_some(self._connection, tables.events, old, limit)

    def rename_channel(self, old_id: str, new_id: str) -> None:
        """Slack calls a channel by a new id: everything that names the old one follows."""
        rename_channel(self._connection, old_id, new_id)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """What is done inside is undone alone when it raises."""
        with translated(), self._connection.begin_nested():
            yield

    @property
    def earliest_due(self) -> datetime | None:
        """The earliest due time that this transaction has written."""
        written = [at for at in (self.timers.earliest, self.outbox.earliest) if at]
        return min(written, default=None)


class SqlStore:
    """The database as the services see it.

    Args:
        wake: called after a commit that wrote something due soon, with its due time. On
            PostgreSQL the other processes hear of it as well, by NOTIFY.
        is_soon: whether an instant is so near that somebody has to hear of it. PostgreSQL takes
            one commit at a time of those that tell something, in the whole server.
    """

    def __init__(
        self,
        database: Database,
        wake: Callable[[datetime], None] | None = None,
        is_soon: Callable[[datetime], bool] = lambda _due_at: True,
    ) -> None:
        self.database = database
        self._wake = wake
        self._is_soon = is_soon

    @contextmanager
    def transaction(self) -> Iterator[SqlTransaction]:
        """To read and write; commits at the end, rolls back when something raises."""
        with self.database.transaction() as connection:
            transaction = SqlTransaction(connection)
            yield transaction
            due = transaction.earliest_due
            if due is not None and not self._is_soon(due):
                due = None
            if due is not None and not self.database.is_sqlite:
                connection.execute(sa.select(sa.func.pg_notify(WAKE_CHANNEL, due.isoformat())))
        if due is not None and self._wake is not None:
            self._wake(due)

    @contextmanager
    def reading(self) -> Iterator[SqlTransaction]:
        """To read, waiting for no writer."""
        with self.database.reading() as connection:
            yield SqlTransaction(connection)

"""The real services beside the world of a year, and the journal of both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import sqlalchemy as sa
from year_journal import ClockSet, Entry, GivenUp, Over, Posted, Rang, Told
from year_process import Process
from year_slack import HOME, YearSlack
from year_store import MortalStore, is_of_pages, is_redrawn

from bot.domain import outbox as messages
from bot.domain.access import Member
from bot.domain.outbox import MessageKind, Sending
from bot.domain.records import Channel
from bot.domain.timers import TimerKind
from bot.policy import load_policy
from storage.database import Database
from storage.tables import outbox

TEAM_CHANNEL, CUSTOMERS = "CTEAM", "CACME"
TEAM = ("UANA", "UBEN", "UCLEO", "UDAN", "UEVA", "UFAY")
CARLA = Member("UCARLA", "T0ACME", "Carla")
_WATCHED = (MessageKind.PAGE, MessageKind.PAGE_NEWS, MessageKind.REPLY)


class YearDesk(Process):
    """A desk, the world around it, and the journal of both.

    Posts are not paced: that would only have each redraw wait a second for the one before.

    Args:
        at: when the world begins, in UTC.
    """

    team_channel = TEAM_CHANNEL
    # Cards are redrawn, and taps asked after that are left out here; nobody is rung by that.
    unheeded = (TimerKind.CARD, TimerKind.HANDOFF_CHECK)
    journal: list[Entry]

    def __init__(self, url: str, chance: Random, at: datetime) -> None:
        super().__init__(url, replace(load_policy(), seconds_between_posts=0.0), at)
        self.slack = YearSlack(lambda: self.time, self._was_posted, chance)
        self.heard: Callable[[str, str], None] = lambda _key, _place: None
        self.pages: dict[int, int] = {}  # page to case
        self._seen = 0
        self._open: dict[int, Any] = {}
        self._rings: set[str] = set()
        self.redrawn: set[str] = set()  # rings whose message follows what becomes of the page
        self.start()
        with self.services.desk.store.transaction() as tx:
            for user in TEAM:
                member = Member(user, HOME, user[1:].title(), in_team_channel=True)
                self.slack.members[user] = replace(member, dm_channel=f"D{user}")
                tx.roster.learn_member(self.slack.members[user], at)
            self.slack.members[CARLA.user_id] = replace(CARLA, dm_channel=f"D{CARLA.user_id}")
            tx.roster.learn_member(self.slack.members[CARLA.user_id], at)
            for channel, name in ((TEAM_CHANNEL, "support-team"), (CUSTOMERS, "acme")):
                tx.roster.learn_channel(Channel(channel, HOME, name, True, False), at)

    def gateway(self) -> YearSlack:
        return self.slack

    def new_store(self, database: Database) -> MortalStore:
        return MortalStore(database, is_of_pages)

    # Time

    def set_clock(self, wrong_by: timedelta) -> None:
        """Somebody or something sets the clock of the machine."""
        self._wrong_by = wrong_by
        self.clock.turn_to(self.time + wrong_by)
        self.journal.append(ClockSet(self.now()))

    @property
    def clock_is_right(self) -> bool:
        """As right as Casebell counts on."""
        return abs(self._wrong_by) < timedelta(seconds=5)

    # The journal

    def _was_posted(self, key: str, place: str, _posted: messages.Posted) -> None:
        if key in self._rings:
            self.journal.append(Posted(self.now(), key, place))
            self.heard(key, place)

    def was_sent(self, sending: Sending) -> None:
        if sending.kind in _WATCHED and sending.edits is None:
            self.observe()

    def observe(self) -> None:
        """Note in the journal what has been decided, and what was settled, since the last look."""
        if self.store is None:
            return
        with self.store.database.reading() as connection:
            columns = (outbox.c.id, outbox.c.state)
            ended = sa.select(*columns).where(
                outbox.c.id.in_(list(self._open)), outbox.c.state != "pending"
            )
            settled = connection.execute(ended.order_by(outbox.c.id)).all() if self._open else []
            written = connection.execute(
                sa.select(outbox)
                .where(
                    outbox.c.id > self._seen, outbox.c.kind.in_(_WATCHED), outbox.c.edits.is_(None)
                )
                .order_by(outbox.c.id)
            ).all()
        for row_id, state in settled:
            self._was_settled(self._open.pop(row_id), state)
        for row in written:
            self._was_written(row)

    def _was_settled(self, row: Any, state: str) -> None:
        if row.kind == MessageKind.REPLY:
            if state == "sent":
                self.journal.append(Over(self.now(), row.facts["case"], "answered by Reply"))
        elif state == "gave_up":
            self.journal.append(GivenUp(self.now(), row.metadata_key))

    def _was_written(self, row: Any) -> None:
        self._seen = row.id
        self._open[row.id] = row
        facts, key = row.facts, row.metadata_key
        at = row.created_at
        if row.kind == MessageKind.PAGE:
            self._rings.add(key)
            if is_redrawn(facts):
                self.redrawn.add(key)
            self.pages[facts["page"]] = facts["case"]
            self.journal.append(
                Rang(at, facts["case"], row.user_id, facts["level"], facts["reason"], key)
            )
        elif row.kind == MessageKind.PAGE_NEWS:
            self._rings.add(key)
            self.journal.append(Told(at, facts["case"], facts["news"], facts["user"], key))

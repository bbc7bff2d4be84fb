"""Before maintenance starts, the team sees the urgent cases of those whom it concerns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.domain.before_work import BEFORE, is_looked_at, look_at
from bot.domain.case import Case
from bot.domain.following import follows
from bot.domain.outbox import Draft, MessageKind, Skip
from bot.domain.timers import Timer, TimerKind
from bot.domain.window import Window
from bot.messages.before_work import MOST_CASES, before_work
from bot.messages.case_list import Line
from bot.messages.kit import Message
from bot.services.desk import Desk, window_subject
from bot.services.links import thread_url
from bot.services.ports import SlackGateway, Transaction


def promise(tx: Transaction, window: Window, now: datetime, until: datetime) -> None:
    """Promise the look before a window, if it is to be taken before an instant.

    It is promised for routine windows as well: whether work is planned in them is known by then.
    """
    due_at = look_at(window)
    if window.takes_place and due_at < until and now < window.segment.end:
        facts = {"window": window.key, "start": window.segment.start.isoformat()}
        # Each change of the window promises it anew; what was promised before may be stale.
        key = f"{TimerKind.BEFORE_WORK}:{window.key}#{window.sequence}"
        tx.timers.add(Timer(TimerKind.BEFORE_WORK, due_at, key, facts))


@dataclass(frozen=True)
class BeforeWork:
    """Whether there is something to look at, and what; part of somebody else's transaction."""

    desk: Desk
    slack: SlackGateway

    def fell_due(self, tx: Transaction, facts: Mapping[str, Any], now: datetime) -> None:
        """A window starts soon: its urgent cases are told of once, if there are any."""
        window = self._window(tx, facts, now)
        if window is None or not self._urgent(tx, window):
            return
        subject = window_subject(window.key)
        told = tx.outbox.posts_about([subject], MessageKind.BEFORE_WORK)
        if any(now - post.draft.due_at < BEFORE for post in told):
            return  # before it was started early, or put off by a little
        tx.outbox.add(
            Draft(
                kind=MessageKind.BEFORE_WORK,
                subject=subject,
                dedupe_key=f"{MessageKind.BEFORE_WORK}:{window.key}@{facts['start']}",
                due_at=now,
                facts=facts,
                channel_id=self.desk.team_channel,
            ),
            now,
        )

    def words(self, tx: Transaction, facts: Mapping[str, Any], now: datetime) -> Message | Skip:
        """What the team is told, as things stand when it is sent."""
        window = self._window(tx, facts, now)
        if window is None:
            return Skip("the window was moved or called off, or is over")
        cases = self._urgent(tx, window)
        if not cases:
            return Skip("no urgent case is open any more")
        identity = self.slack.identity()
        lines = [Line(case, thread_url(identity, case)) for case in cases[:MOST_CASES]]
        return before_work(self.desk.policy, window, lines, len(cases), now)

    def _window(self, tx: Transaction, facts: Mapping[str, Any], now: datetime) -> Window | None:
        """The window, if it still starts when it was to, and is one that is looked at."""
        window = tx.windows.get(facts["window"])
        if window is None or window.segment.start.isoformat() != facts["start"]:
            return None
        is_one = is_looked_at(window, tx.windows.overlapping(window.segment), now)
        return window if is_one else None

    def _urgent(self, tx: Transaction, window: Window) -> list[Case]:
        """Open cases that wake somebody, and those that are overdue or fall due by its end."""
        waking = [severity.key for severity in self.desk.policy.severities if severity.pages]
        cases = tx.cases.urgent(waking, due_before=window.segment.end)
        places = {case.place.channel_id for case in cases}
        known = {place: tx.roster.channel(place) for place in places}
        # A direct message is no channel that could follow only some sectors.
        others = {place for place, found in known.items() if found and not follows(found, window)}
        return [case for case in cases if case.place.channel_id not in others]

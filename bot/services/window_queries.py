"""The calendar of maintenance, as somebody may see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dateutil.relativedelta import relativedelta

from bot.domain.following import heard_of
from bot.domain.notices import notices
from bot.domain.segments import Segment
from bot.domain.window import Window
from bot.domain.window_changes import NOT_OVER_AFTER_ALL, just_ended
from bot.errors import UserError
from bot.messages.window_ids import YearPage
from bot.messages.window_list import PER_PAGE, SHORT, CalendarFacts, pages
from bot.messages.window_told import ToldFacts, ToldLine
from bot.services.desk import Desk
from bot.services.directory import Directory
from bot.services.links import permalink
from bot.services.maintenance import Calendar, Maintenance
from bot.services.ports import SlackGateway, Transaction

MOST_MONTHS = 13  # windows are rows that far ahead
_IN_SIGHT = timedelta(days=31)
_PAST = timedelta(weeks=4)


@dataclass(frozen=True)
class WindowQueries:
    """The use cases of reading the calendar."""

    desk: Desk
    slack: SlackGateway
    directory: Directory
    maintenance: Maintenance

    def coming(self, user_id: str, channel_id: str) -> CalendarFacts:
        """The next windows, and for the team what has to be confirmed.

        Raises:
            SlackError: who asks is not known, and Slack does not tell.
        """
        is_team, now = self.directory.is_team(user_id), self.desk.clock.now()
        with self.desk.store.reading() as tx:
            calendar = self.maintenance.calendar(tx, now)
            seen = self._seen(tx, calendar, channel_id, is_team=is_team)
            ended = tx.windows.overlapping(Segment(now - NOT_OVER_AFTER_ALL, now))
        just_over = [w for w in ended if just_ended(w, now)] if is_team else []
        windows = [*just_over, *seen]
        return CalendarFacts(
            now=now,
            is_team=is_team,
            windows=windows[:SHORT],
            total=len(windows),
            flags=calendar.flags if is_team else (),
            differences=calendar.differences if is_team else (),
            calendar_url=self.desk.calendar_url,
        )

    def ahead(
        self, user_id: str, channel_id: str, asked: YearPage
    ) -> tuple[CalendarFacts, YearPage]:
        """A page of the windows of so many months, and which one it is.

        Raises:
            SlackError: as `coming`.
        """
        is_team, now = self.directory.is_team(user_id), self.desk.clock.now()
        months = min(asked.months, MOST_MONTHS)
        end = now + relativedelta(months=months)
        with self.desk.store.reading() as tx:
            calendar = self.maintenance.calendar(tx, now)
            seen = self._seen(tx, calendar, channel_id, is_team=is_team)
        windows = [window for window in seen if window.segment.start < end]
        page = min(asked.page, pages(len(windows)))
        shown = windows[(page - 1) * PER_PAGE : page * PER_PAGE]
        posts, told_with = self._notices(calendar, shown, now) if is_team else ({}, {})
        facts = CalendarFacts(
            now=now,
            is_team=is_team,
            windows=shown,
            total=len(windows),
            flags=calendar.flags if is_team else (),
            posts=posts,
            told_with=told_with,
        )
        return facts, YearPage(months, page)

    def past(self, user_id: str, channel_id: str) -> CalendarFacts:
        """The last windows that are over, and those that were called off; the newest first.

        Raises:
            SlackError: as `coming`.
        """
        is_team, now = self.directory.is_team(user_id), self.desk.clock.now()
        with self.desk.store.reading() as tx:
            over = [w for w in tx.windows.overlapping(Segment(now - _PAST, now)) if _was(w, now)]
            seen = over if is_team else _told_in(tx, channel_id, over)
        return CalendarFacts(now, is_team, windows=seen[::-1][:SHORT], total=len(seen))

    def told(self, key: str) -> ToldFacts:
        """Who was told what of a window.

        Raises:
            UserError: there is no such window.
        """
        with self.desk.store.reading() as tx:
            window = tx.windows.get(key)
            if window is None:
                raise UserError("There is no such window.")
            lines = tx.ledger.of_window(key)
            found = {line.channel_id: tx.roster.channel(line.channel_id) for line in lines}
            names = {key: channel.name if channel else key for key, channel in found.items()}
        identity = self.slack.identity()
        told = [
            ToldLine(
                names[line.channel_id],
                line,
                permalink(identity, line.posted) if line.posted else None,
            )
            for line in lines
        ]
        return ToldFacts(self.desk.clock.now(), window, told)

    def next(self, tx: Transaction, now: datetime) -> Window | None:
        """The window that is under way, or else the next one of the coming month."""
        found = tx.windows.overlapping(Segment(now, now + _IN_SIGHT))
        return next((window for window in found if window.takes_place), None)

    def _seen(
        self, tx: Transaction, calendar: Calendar, channel_id: str, *, is_team: bool
    ) -> Sequence[Window]:
        """What somebody sees there: the team all, others nothing that they were never told of."""
        if is_team:
            return calendar.windows
        known = [w for w in calendar.windows if w.takes_place or w.announced_at is not None]
        return _told_in(tx, channel_id, known)

    def _notices(
        self, calendar: Calendar, shown: Sequence[Window], now: datetime
    ) -> tuple[Mapping[str, list[datetime]], Mapping[str, Window]]:
        """When each window's own notices are due, and whose notices tell of those without."""
        posts: dict[str, list[datetime]] = {}
        told_with: dict[str, Window] = {}
        keys = {window.key for window in shown}
        for notice in notices(self.desk.policy.maintenance, calendar.windows):
            if notice.due_at < now:
                continue
            if notice.about.key in keys:
                posts.setdefault(notice.about.key, []).append(notice.due_at)
            for window in notice.windows[1:]:
                if window.key in keys:
                    told_with.setdefault(window.key, notice.about)
        return posts, told_with


def _told_in(tx: Transaction, channel_id: str, windows: Sequence[Window]) -> Sequence[Window]:
    """Those that a channel is told of; of a place that is none of the channels, all."""
    channel = tx.roster.channel(channel_id)
    return windows if channel is None else heard_of(channel, windows)


def _was(window: Window, now: datetime) -> bool:
    """Whether there is something to say of a window that began before: it was to take place."""
    if not window.takes_place:
        return window.announced_at is not None
    return window.segment.end <= now

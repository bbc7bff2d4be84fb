"""What is changed in a simulated year, and what breaks: the schedule, Slack, the process, time."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import year_calendar as calendar
from year_desk import TEAM
from year_journal import (
    Over,
    OverrideCancelled,
    OverrideSet,
    QuietSet,
    RotationSet,
    SlackAway,
    SlackBack,
)
from year_people import YearPeople
from year_plan import DAY, HOUR, SECOND

from bot.domain.access import Reach
from bot.domain.rotation import HandoffTime, Rotation
from bot.domain.schedule import Override, OverrideKind
from bot.domain.segments import Segment
from bot.errors import SlackError

HANDOFFS = (  # weekday or None for daily, hour, minute, the days of a shift
    (0, 9, 0, 7), (0, 9, 0, 14), (6, 1, 30, 7), (6, 2, 30, 7), (4, 18, 0, 7), (0, 7, 0, 7),
    (None, 9, 0, 1), (None, 2, 30, 1), (None, 1, 30, 3), (None, 18, 0, 2),
)  # fmt: skip


class YearChanges(YearPeople):
    """The year's people, and who changes the schedule, pulls plugs and sets clocks."""

    def __init__(self, url: str, seed: int, start: datetime) -> None:
        super().__init__(url, seed, start)
        self._laid: list[int] = []
        self.desk.died = self._died

    # The schedule

    def _set_rotation(self, level: str) -> bool:
        if not self.desk.is_up:
            return False
        chance = self.chance
        weekday, hour, minute, every_days = chance.choice(HANDOFFS)
        members = tuple(chance.sample(TEAM, chance.randint(1, 5)))
        ahead = chance.choice([-30 * DAY, 0 * DAY, chance.random() * 20 * DAY])
        with self.desk.services.shifts.changing(None) as change:
            starts_at = change.now + ahead
            handoff = HandoffTime(weekday, time(hour, minute))
            zone = self.desk.policy.hours.zone
            rotation = Rotation(level, members, handoff, zone, starts_at, every_days)
            change.tx.schedule.add_rotation(rotation, change.now)
        self.desk.journal.append(
            RotationSet(change.now, level, members, weekday, hour, minute, every_days, starts_at)
        )
        return True

    def _lay_override(self) -> bool:
        if not self.desk.is_up:
            return False
        chance = self.chance
        kind = chance.choice(list(OverrideKind))
        level = chance.choice(calendar.LEVELS)
        start = self.desk.now() + chance.choice([-1, 0, 1, 100]) * chance.random() * HOUR
        end = start + chance.choice([1, 8, 60, 200]) * chance.uniform(0.2, 1.5) * HOUR
        on_then = self.desk.services.shifts
        with self.desk.services.desk.store.reading() as tx:
            on = on_then.schedule(tx, self.desk.now()).staff(max(start, self.desk.now()))
        comes, other = chance.sample(TEAM, 2)
        goes: str | None = chance.choice([*on.get(level, ()), other])
        match kind:
            case OverrideKind.ADD:
                self._lay(level, kind, comes, None, start, end)
            case OverrideKind.REMOVE:
                self._lay(level, kind, None, goes, start, end)
            case OverrideKind.REPLACE:
                goes = None if goes == comes or chance.random() < 0.3 else goes
                self._lay(level, kind, comes, goes, start, end)
        return True

    def _lay(
        self, level: str, kind: OverrideKind, comes: str | None, goes: str | None,
        start: datetime, end: datetime,
    ) -> None:  # fmt: skip
        with self.desk.services.shifts.changing(comes) as change:
            laid = change.tx.schedule.add_override(
                Override(0, level, kind, comes, goes, Segment(start, end), change.now, "ULEE")
            )
        self._laid.append(laid.id)
        self.desk.journal.append(
            OverrideSet(change.now, laid.id, level, str(kind), comes, goes, start, end)
        )

    def _everybody_off(self, length: timedelta) -> bool:
        if not self.desk.is_up:
            return False
        now = self.desk.now()
        for level in calendar.LEVELS:
            with self.desk.services.desk.store.reading() as tx:
                on = self.desk.services.shifts.schedule(tx, now).staff(now).get(level, ())
            for user in on:
                self._lay(level, OverrideKind.REMOVE, None, user, now, now + length)
        return True

    def _cancel_override(self) -> bool:
        if not self.desk.is_up:
            return False
        if self._laid:
            number = self._laid.pop(
                self.chance.randrange(max(0, len(self._laid) - 6), len(self._laid))
            )
            with self.desk.services.shifts.changing("ULEE") as change:
                change.tx.schedule.cancel_overrides([number], "ULEE", change.now)
            self.desk.journal.append(OverrideCancelled(change.now, number))
        return True

    def _do_not_disturb(self, who: set[str], length: timedelta) -> bool:
        if not self.desk.is_up:
            return False
        now = self.desk.now()
        with self.desk.services.desk.store.transaction() as tx:
            for user in sorted(who):
                tx.roster.learn_reach(user, Reach(quiet=Segment(now, now + length)))
        for user in sorted(who):
            self.desk.journal.append(QuietSet(now, user, now, now + length))
        return True

    # What goes wrong

    def _refuse(self, who: set[str]) -> bool:
        self.desk.slack.refusing |= who
        return True

    def _take_again(self, who: set[str]) -> bool:
        self.desk.slack.refusing -= who
        return True

    def _slack_away(self) -> bool:
        self.desk.slack.is_away = True
        self.desk.journal.append(SlackAway(self.desk.now()))
        return True

    def _slack_back(self) -> bool:
        self.desk.slack.is_away = False
        self.desk.journal.append(SlackBack(self.desk.now()))
        return True

    def _start_again(self) -> bool:
        """As the real start does, it first looks for answers that were given meanwhile."""
        if not self.desk.is_up:
            self.desk.start()
            self._catch_up()
        return True

    def _catch_up(self) -> bool:
        if not self._unheard or not self.desk.is_up:
            return True
        try:
            self.desk.services.conversation.catch_up(lambda _seconds: None)
        except SlackError:
            self._after(30 * SECOND, self._catch_up)
            return True
        for number in self._unheard:
            self.desk.journal.append(Over(self.desk.now(), number, "answered"))
        self._unheard.clear()
        return True

    def _died(self) -> None:
        self._after(self.chance.uniform(1, 200) * SECOND, self._start_again)

    def _set_clock(self, wrong_by: timedelta) -> bool:
        self.desk.set_clock(wrong_by)
        return True

    def _everybody_is_well(self) -> bool:
        self.desk.slack.refusing.clear()
        self._slack_back()
        self._set_clock(0 * SECOND)
        return self._start_again()

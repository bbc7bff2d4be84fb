"""What happens in a simulated year: drawn from a seed, most of it where days and shifts change."""

from __future__ import annotations

from datetime import datetime, time

import year_calendar as calendar
from year_changes import HANDOFFS, YearChanges
from year_desk import TEAM
from year_journal import Entry, Shown
from year_people import LESSER, STOPPED
from year_plan import DAY, HOUR, MINUTE, SECOND


class YearStory(YearChanges):
    """Plans everything ahead, lets it happen, and follows up what it leads to.

    Args:
        start: when it begins, in UTC; a few days after `end` all has settled.
        times: how much more happens in a day than in a usual year.
    """

    def __init__(
        self, url: str, seed: int, start: datetime, end: datetime, *, times: float = 1
    ) -> None:
        super().__init__(url, seed, start)
        self._start, self._end, self._times = start, end, times

    def tell(self) -> list[Entry]:
        """Live through it; what happened."""
        try:
            for level in calendar.LEVELS:
                self._set_rotation(level)
            self._plan_all((self._end - self._start).days)
            self._live(self._end + 6 * DAY, give_up=self._end + 5 * DAY)
            self._look_at_the_pages()
        finally:
            self.desk.close()
        return self.desk.journal

    # Planning

    def _plan_all(self, days: int) -> None:
        chance = self.chance
        for share, make in (
            (0.10, self._a_stopped_business),
            (0.06, self._a_lesser_case),
            (0.04, self._a_case_at_dawn),
            (0.15, self._an_override),
            (0.04, self._a_cancelling),
            (0.03, self._a_rotation),
            (0.025, self._nobody_at_all),
            (0.06, self._a_refusal),
            (0.06, self._a_quiet_night),
            (0.07, self._slack_goes_away),
            (0.06, self._a_restart),
            (0.06, self._a_death),
            (0.04, self._a_wrong_clock),
        ):
            for _ in range(max(1, round(share * days * self._times))):
                when = self._some_instant()
                # At its cleanest the clock strikes exactly; mostly people are not so exact.
                make(when + chance.choice([0, 0, -1, 1, chance.randint(-900, 900)]) * SECOND)
        self._at(self._end, self._everybody_is_well)
        self._at(self._end + 5 * DAY, lambda: True)

    def _some_instant(self) -> datetime:
        """Any, or one of those at which something changes."""
        chance = self.chance
        kind = chance.random()
        if kind < 0.35:
            return chance.choice(calendar.edges(self._start, self._end))
        if kind < 0.45:
            changes = [c for c, _ in calendar.OFFSETS if self._start < c < self._end]
            if changes:
                return chance.choice(changes) + chance.randint(-180, 180) * MINUTE
        if kind < 0.55:
            free = [d for d in calendar.HOLIDAYS if self._start.date() < d < self._end.date()]
            if free:
                noon = calendar.instant(chance.choice(sorted(free)), time(12))
                return noon + chance.randint(-720, 720) * MINUTE
        if kind < 0.7:
            weekday, hour, minute, _ = chance.choice(HANDOFFS)
            days = [self._start.date() + n * DAY for n in range((self._end - self._start).days)]
            fitting = [day for day in days if weekday in (None, day.weekday())]
            return calendar.instant(chance.choice(fitting), time(hour, minute))
        return self._start + chance.random() * (self._end - self._start)

    def _a_stopped_business(self, when: datetime) -> None:
        for _ in range(self.chance.choice([1, 1, 1, 1, 2, 3])):
            self._at(when, lambda: self._open_case(STOPPED))

    def _a_case_at_dawn(self, when: datetime) -> None:
        """So that the office opens while it rings."""
        opening = calendar.next_opening(when)
        early = self.chance.uniform(0, 70) * MINUTE
        self._at(opening - early, lambda: self._open_case(STOPPED))

    def _a_lesser_case(self, when: datetime) -> None:
        severity = self.chance.choice(LESSER)
        self._at(when, lambda: self._open_case(severity))

    def _an_override(self, when: datetime) -> None:
        self._at(when, self._lay_override)

    def _a_cancelling(self, when: datetime) -> None:
        self._at(when, self._cancel_override)

    def _a_rotation(self, when: datetime) -> None:
        level = self.chance.choice(calendar.LEVELS)
        self._at(when, lambda: self._set_rotation(level))

    def _nobody_at_all(self, when: datetime) -> None:
        """For some hours everybody is off, and of course a business stops in them."""
        length = self.chance.uniform(0.1, 6) * HOUR
        self._at(when, lambda: self._everybody_off(length))
        self._at(when + self.chance.random() * length, lambda: self._open_case(STOPPED))

    def _a_refusal(self, when: datetime) -> None:
        who = set(self.chance.sample(TEAM, self.chance.choice([1, 1, 2, 6])))
        length = self.chance.uniform(0.1, 3 if len(who) > 2 else 30) * HOUR
        self._at(when, lambda: self._refuse(who))
        self._at(when + length, lambda: self._take_again(who))

    def _a_quiet_night(self, when: datetime) -> None:
        who = set(self.chance.sample(TEAM, self.chance.choice([2, 3, 5, 6])))
        length = self.chance.uniform(1, 40) * HOUR
        self._at(when, lambda: self._do_not_disturb(who, length))

    def _slack_goes_away(self, when: datetime) -> None:
        self._at(when, self._slack_away)
        self._at(when + self.chance.uniform(5, 600) * SECOND, self._slack_back)

    def _a_restart(self, when: datetime) -> None:
        self._at(when, self._stop)
        length = self.chance.choice([5 * SECOND, 90 * SECOND, 20 * MINUTE, 3 * HOUR])
        self._at(when + length * self.chance.uniform(0.5, 1.5), self._start_again)

    def _a_death(self, when: datetime) -> None:
        self._at(when, self._will_die)

    def _a_wrong_clock(self, when: datetime) -> None:
        amount = self.chance.choice([2, -2, 3, -3, 600, -600, 3600, -3600]) * SECOND
        length = self.chance.uniform(5, 50) * MINUTE
        self._at(when, lambda: self._set_clock(amount))
        self._at(when + self.chance.random() * length, lambda: self._open_case(STOPPED))
        self._at(when + length, lambda: self._set_clock(0 * SECOND))

    def _look_at_the_pages(self) -> None:
        """How the messages of the year's rings begin, after everything has settled."""
        for shown in list(self.desk.slack.messages.values()):
            if shown.key in self.desk.redrawn:
                title = shown.message.text.partition(":")[0]
                self.desk.journal.append(Shown(self.desk.now(), shown.key, title))

"""What happens in simulated months of maintenance: drawn from a seed, most of it near a notice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import year_calendar as calendar
from months_changes import CUSTOMERS, MonthsChanges
from months_journal import Entry
from months_rules import ANCHOR, CYCLE, Rules, Window
from year_plan import DAY, HOUR, MINUTE, SECOND


class MonthsStory(MonthsChanges):
    """Plans everything ahead, lets it happen, and follows up what it leads to.

    Args:
        start: when it begins, in UTC; a few days after `end` all has settled.
        times: how much more happens in a day than in a usual month.
        folder: where edited policy files go.
    """

    def __init__(
        self,
        url: str,
        seed: int,
        start: datetime,
        end: datetime,
        folder: Path,
        *,
        times: float = 1,
    ) -> None:
        super().__init__(url, seed, start, folder)
        self._start, self._end, self._times = start, end, times

    def tell(self) -> list[Entry]:
        """Live through it; what happened."""
        try:
            self._plan_all((self._end - self._start).days)
            self._live(self._end + 6 * DAY, give_up=self._end + 5 * DAY)
            self.desk.note_ledger()
        finally:
            self.desk.end()
        return self.desk.journal

    def _plan_all(self, days: int) -> None:
        chance = self.chance
        shares: tuple[tuple[float, Callable[[datetime], None]], ...] = (
            (0.45, self._a_change),
            (0.06, self._an_addition),
            (0.08, self._a_preference),
            (0.05, self._a_refusal),
            (0.04, self._a_hesitation),
            (0.04, self._a_closed_channel),
            (0.12, self._a_stumble),
            (0.06, self._slack_goes_away),
            (0.06, self._a_restart),
            (0.12, self._a_death),
        )
        for share, make in shares:
            for _ in range(max(1, round(share * days * self._times))):
                # At its cleanest the clock strikes exactly; mostly people are not so exact.
                lag = chance.choice([0, 0, 1, 2, -1, chance.randint(-900, 900), -7200])
                make(self._some_instant() + lag * SECOND)
        settling = zip(self.editions(), ("keep", "follow"), strict=True)
        for n, (edition, settled) in enumerate(settling):
            when = self._start + (self._end - self._start) * (n + 1) / 3
            self._at(when, lambda e=edition, do=settled: self._edit_once_told(*e, do))  # type: ignore[misc]
        self._at(self._start + (self._end - self._start) / 2, self._a_new_channel)
        for day in range(0, days, 3):
            self._at(self._start + day * DAY + 7 * HOUR, self._look_at_differences)
        self._at(self._end, self._everybody_is_well)
        self._at(self._end + 5 * DAY, lambda: True)

    def _some_instant(self) -> datetime:
        """When something of a window is due, or any."""
        if self.chance.random() < 0.25:
            return self._start + self.chance.random() * (self._end - self._start)
        return self.chance.choice(self._edges)

    @property
    def _edges(self) -> list[datetime]:
        if not self._known_edges:
            rules, cycle = Rules(), ANCHOR
            while cycle < self._end.date():
                test = rules.test_of(cycle)
                prod = rules.prod_of(calendar.local(test[0]).date())
                for window in (Window("", "test", "", *test), Window("", "prod", "", *prod)):
                    self._known_edges += [duty.due for duty in window.duties(rules)]
                cycle += CYCLE
            known = self._known_edges
            self._known_edges = [at for at in known if self._start < at < self._end]
        return self._known_edges

    def _a_change(self, when: datetime) -> None:
        self._at(when, self._change_something)

    def _an_addition(self, when: datetime) -> None:
        self._at(when, self._add_something)

    def _a_preference(self, when: datetime) -> None:
        name = self.chance.choice(CUSTOMERS)
        self._at(when, lambda: self._choose(name))

    def _a_refusal(self, when: datetime) -> None:
        """For hours, or a day, Slack refuses whatever is sent to a channel."""
        name = self.chance.choice(CUSTOMERS)
        code = self.chance.choice(["channel_not_found", "is_archived", "restricted_action"])
        self._at(when - self.chance.uniform(0, 3) * HOUR, lambda: self._refuse(name, code))
        length = self.chance.choice([2 * HOUR, 26 * HOUR]) * self.chance.uniform(0.5, 1.2)
        self._at(when + length, lambda: self._take_again(name))

    def _a_hesitation(self, when: datetime) -> None:
        """For hours, one channel answers nothing but "later", or "something went wrong"."""
        name = self.chance.choice(CUSTOMERS)
        code = self.chance.choice(["ratelimited", "no_answer", "no_answer_after"])
        self._at(when - 5 * SECOND, lambda: self._refuse(name, code))
        length = self.chance.choice([0.05, 0.2, 0.7]) * HOUR
        self._at(when + length, lambda: self._take_again(name))

    def _a_closed_channel(self, when: datetime) -> None:
        name = self.chance.choice(CUSTOMERS)
        close, reopen = self.chance.choice(
            [(self._archive, self._unarchive), (self._kick, self._invite)]
        )
        self._at(when, lambda: close(name))
        self._at(when + self.chance.uniform(0.1, 90) * HOUR, lambda: reopen(name))

    def _a_stumble(self, when: datetime) -> None:
        self._at(when - self.chance.choice([0, 0, 3]) * SECOND, self._stumble)

    def _slack_goes_away(self, when: datetime) -> None:
        self._at(when - self.chance.uniform(0, 1200) * SECOND, self._slack_away)
        length = self.chance.choice([30 * SECOND, 10 * MINUTE, 10 * MINUTE, 2 * HOUR])
        self._at(when + length * self.chance.uniform(0.2, 1.2), self._slack_back)

    def _a_restart(self, when: datetime) -> None:
        self._at(when - self.chance.uniform(0, 600) * SECOND, self._stop)
        length = self.chance.choice([5 * SECOND, 10 * MINUTE, 3 * HOUR, 30 * HOUR])
        self._at(when + length * self.chance.uniform(0.5, 1.2), self._start_again)

    def _a_death(self, when: datetime) -> None:
        self._at(when - self.chance.choice([0, 1, 5]) * SECOND, self._will_die)

"""A month of maintenance in which nothing is left to chance: whatever is broken has to show."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from pathlib import Path

import year_calendar as calendar
from months_story import MonthsStory
from year_plan import DAY, MINUTE, SECOND, Action

from bot.sandbox import CutAfter

START, END = datetime(2026, 12, 10, 12, tzinfo=UTC), datetime(2027, 1, 9, 12, tzinfo=UTC)
# A Prod on 18 December; a Test on the 17th with its Prod on 1 January; a Test on New Year's Eve.
PROD, TEST = "prod-2026-12-03", "test-2026-12-17"
NEXT_PROD, NEXT_TEST = "prod-2026-12-17", "test-2026-12-31"
SOME_SEED = 1  # nothing is drawn that matters; the forms are used, or not


class DirectedMonth(MonthsStory):
    """Reminders come three days and one day before, at ten; in between, all goes wrong once."""

    def __init__(self, url: str, folder: Path) -> None:
        super().__init__(url, SOME_SEED, START, END, folder)

    def _plan_all(self, _days: int) -> None:
        for when, action in [*self._december(), *self._january()]:
            self._at(when, action)
        self._at(END, self._everybody_is_well)
        self._at(END + 5 * DAY, lambda: True)

    def _december(self) -> Iterable[tuple[datetime, Action]]:
        # Not everybody hears of everything.
        yield at(11, 9), lambda: self._follow("corso", ("test",), always=True)
        yield at(11, 9), lambda: self._follow("delta", ("test", "prod"), always=False)
        yield at(14, 12), self._a_new_channel
        # Nobody was told yet: Test comes three days later, and so its Prod another week.
        yield at(11, 15), lambda: self._ask_for(TEST, "move", at(20, 20))
        # The answer to a reminder is lost; the bot starts again while it is still worth sending.
        yield at(15, 10) - SECOND, self._lose_an_answer
        yield at(15, 10) + 10 * MINUTE, self._stop
        yield at(15, 10) + 11 * MINUTE, self._start_again
        # While a reminder waits for Slack, its window is moved.
        yield at(17, 10) - 5 * MINUTE, self._slack_away
        yield at(17, 10) + 5 * MINUTE, lambda: self._ask_for(TEST, "move", at(20, 22))
        yield at(17, 10) + 20 * MINUTE, self._slack_back
        # Who is not there does not hear of the change, until they are back.
        yield at(16, 12), lambda: self._kick("beta")
        yield at(17, 13), lambda: self._ask_for(PROD, "move", at(18, 22))
        yield at(17, 15), lambda: self._invite("beta")
        yield at(18, 12), lambda: self._archive("delta")
        yield at(21, 12), lambda: self._unarchive("delta")
        yield at(18, 23), lambda: self._ask_for(PROD, "late", at(19, 3))
        # One channel refuses a reminder, and takes all again the day after.
        yield at(28, 9), lambda: self._refuse("acme", "restricted_action")
        yield at(29, 9), lambda: self._take_again("acme")
        yield at(29, 12), lambda: self._ask_for(NEXT_TEST, "cancel")

    def _january(self) -> Iterable[tuple[datetime, Action]]:
        # Customers were told of Prod by now: an edited policy does not move it.
        (rules, edits), *_ = self.editions()
        yield at(37, 12), lambda: self._edit_policy(rules, edits)
        # One channel does not know how the next Prod stands until it is under way.
        yield at(36, 9), lambda: self._refuse("beta", "channel_not_found")
        yield at(38, 13), lambda: self._ask_for(NEXT_PROD, "move", at(39, 22))
        yield at(39, 23), lambda: self._take_again("beta")

    def _ask_for(self, key: str, do: str, when: datetime | None = None) -> bool:
        if not self.desk.is_up:
            return False
        assert self.desk.store is not None
        with self.desk.store.reading() as tx:
            window = tx.windows.get(key)
        assert window is not None
        self._ask(window, do, when)
        return True

    def _lose_an_answer(self) -> bool:
        self.desk.slack.faults.add("chat.postMessage", CutAfter())
        self.desk.will_stumble()
        return True


def at(day: int, hour: int) -> datetime:
    """By the office's clock, on that day from the first of December on."""
    return calendar.instant(date(2026, 12, 1) + (day - 1) * DAY, time(hour))

"""What is going to happen in a story, by the world's time, and how it is lived through."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from random import Random

from year_process import Process

SECOND, MINUTE, HOUR, DAY = (
    timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1),
)  # fmt: skip
Action = Callable[[], bool]
"""Something that somebody does; False: they could not, and try again later."""


class Planned:
    """A desk, and what people are going to do around it; they draw lots for what they do."""

    desk: Process

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self._plan: list[tuple[datetime, int, Action]] = []
        self._numbers = count()

    def _at(self, when: datetime, action: Action) -> None:
        heapq.heappush(self._plan, (when, next(self._numbers), action))

    def _after(self, wait: timedelta, action: Action) -> None:
        self._at(self.desk.time + wait, action)

    def _live(self, until: datetime, give_up: datetime) -> None:
        """Let all happen that is due before an instant.

        Args:
            give_up: from then on, what could not be done is not tried again.
        """
        while self._plan and (due := self._next()) < until:
            self.desk.turn_to(due)
            if self._plan[0][0] <= self.desk.time:
                self._let_people_act(give_up)
                self.desk.observe()
            self.desk.rest()

    def _let_people_act(self, give_up: datetime) -> None:
        while self._plan and self._plan[0][0] <= self.desk.time:
            _, number, action = heapq.heappop(self._plan)
            if not action() and self.desk.time < give_up:
                wait = self.chance.uniform(20, 400) * SECOND
                heapq.heappush(self._plan, (self.desk.time + wait, number, action))

    def _next(self) -> datetime:
        due = self.desk.next_due()
        return min(self._plan[0][0], due) if due else self._plan[0][0]

    # What breaks in every story

    def _stop(self) -> bool:
        self.desk.stop()
        return True

    def _will_die(self) -> bool:
        self.desk.will_die(self.chance)
        return True

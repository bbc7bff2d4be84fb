"""What a page owes to whom, and when: the policy's own words, carried out the slow way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import year_calendar as calendar
from year_calendar import LEVELS, Calendar

BEFORE_ALL = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PROMPT = timedelta(seconds=10)
# A round: when each step rings, which level, and whether the team's channel hears of it.
ROUND = ((0, "primary", False), (5, "primary", False), (10, "secondary", False),
         (15, "manager", True))  # fmt: skip
ROUND_ENDS = 20
ROUNDS = 3
EVERYBODY_EVERY = 15 * MINUTE
ANSWER_WITHIN = 30 * MINUTE
PAUSE = 5 * MINUTE
LOOK_AGAIN = 5 * MINUTE
CLOCK_SET_BACK = 120 * MINUTE


@dataclass
class Owed:
    """One case that is to wake somebody, and what comes next for it."""

    case: int
    phase: str = "held"  # or ringing, taken, loud
    due: datetime | None = None
    step: int = 0
    round: int = 1
    furthest: str | None = None  # level of the last ring
    rung: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    refusal_told: set[str] = field(default_factory=set)
    silence: str | None = None
    was_called: bool = False  # it is due because somebody came on call
    taken_by: str | None = None
    taken_level: str | None = None


@dataclass
class Duty:
    """What is owed at the moment; `expected` is what has to come of it at this very instant."""

    people: Calendar = field(default_factory=Calendar)
    owed: dict[int, Owed] = field(default_factory=dict)
    objections: list[str] = field(default_factory=list)
    expected: list[tuple[object, ...]] = field(default_factory=list)
    now: datetime = BEFORE_ALL
    looked_at: datetime = BEFORE_ALL  # when people came on or went off last
    known: dict[str, list[str]] = field(default_factory=dict)  # who was on call then
    quiet: dict[str, tuple[datetime, datetime]] = field(default_factory=dict)
    excused: datetime | None = None  # what was due by then could not be decided in time

    def object(self, words: str) -> None:
        shown = calendar.local(self.now)
        self.objections.append(f"{self.now:%Y-%m-%d %H:%M:%S}Z ({shown:%a %H:%M:%S}): {words}")

    def withdraw(self, case: int, but: str = "") -> None:
        """What was not sent by now need not be: it is no longer true."""
        raise NotImplementedError

    # Who is on call, and who hears it

    @property
    def is_set_back(self) -> bool:
        return self.now < self.looked_at <= self.now + CLOCK_SET_BACK

    def on_call(self, level: str) -> list[str]:
        """After the clock was set back, as before it: what was handed over stays so."""
        return self.people.on_call(level, self.looked_at if self.is_set_back else self.now)

    def look(self, *, even_if_the_same: bool = False) -> None:
        """Who has come on call since the last look is rung at once by what rings nobody."""
        if self.is_set_back:
            return
        staff = self.people.staff(self.now)
        if staff == self.known and not even_if_the_same:
            return
        came = any(set(staff[level]) - set(self.known.get(level, ())) for level in LEVELS)
        self.known, self.looked_at = staff, self.now
        for owed in self.owed.values():
            rings_nobody = owed.phase in ("ringing", "loud") and not owed.rung
            if came and rings_nobody and owed.due is not None and owed.due > self.now:
                owed.due, owed.was_called = self.now, True

    def _hears(self, user: str) -> bool:
        start, end = self.quiet.get(user, (BEFORE_ALL, BEFORE_ALL))
        return not start <= self.now < end

    def _together(self, owed: Owed, rung: set[str]) -> dict[str, str]:
        """Of the fewest steps that follow with which somebody hears it: who is new in them."""
        new: dict[str, str] = {}
        for n in range(owed.step, len(ROUND) + 1):
            levels = [level for _, level, _ in ROUND[owed.step : n]]
            found = self._reachable(owed, levels)
            new = {user: level for user, level in found.items() if user not in rung}
            if any(self._hears(user) for user in rung | set(new)):
                break
        return new

    # What the world does

    def needs_waking(self, case: int) -> None:
        if case in self.owed:
            return
        self.owed[case] = owed = Owed(case)
        if calendar.is_open(self.now):
            owed.due = calendar.next_closing(self.now)
        else:
            owed.phase = "ringing"
            self._climb(owed, self.now)

    def forget(self, case: int) -> None:
        if self.owed.pop(case, None):
            self.withdraw(case)

    def took(self, case: int, by: str) -> None:
        owed = self.owed.get(case)
        if owed is None or owed.phase in ("held", "taken") or calendar.is_open(self.now):
            phase = owed.phase if owed else "over"
            self.object(f"{by} took case {case}, which is {phase}")
            return
        owed.phase, owed.taken_by, owed.silence = "taken", by, None
        owed.taken_level = next((level for level in LEVELS if by in self.on_call(level)), None)
        self._plan(owed, self.now + ANSWER_WITHIN)
        self.withdraw(case)

    def too_late(self, case: int, by: str) -> None:
        owed = self.owed.get(case)
        if owed and owed.phase in ("ringing", "loud") and not calendar.is_open(self.now):
            self.object(f"{by} could not take case {case}, although it rings")

    def pressed(self, case: int) -> None:
        """The first step with somebody new beyond the present level rings; else everybody."""
        owed = self.owed.get(case)
        if owed is None or owed.phase == "held" or calendar.is_open(self.now):
            self.object(f"case {case} was escalated, and is {owed.phase if owed else 'over'}")
            return
        level, heard = owed.furthest, set(owed.rung)
        if owed.phase == "taken":
            level, heard, owed.phase = owed.taken_level, {owed.taken_by or ""}, "ringing"
        if not owed.rung:
            owed.refused.clear()
        beyond = LEVELS if level is None else LEVELS[LEVELS.index(level) + 1 :]
        steps = [
            n
            for n, (_, step_level, _) in enumerate(ROUND)
            if step_level in beyond and set(self._reachable(owed, [step_level])) - heard
        ]
        if steps and owed.phase != "loud":
            self._ring_step(owed, steps[0], self.now, "escalated")
        else:
            self._ring_everybody(owed, self.now, "escalated")

    def refused(self, case: int, user: str) -> None:
        """Slack refuses somebody: the next step rings, unless others of the ring can answer."""
        owed = self.owed.get(case)
        if owed is None:
            return
        if user not in owed.refusal_told:
            self._expect_news(owed, "undeliverable", user)
        owed.refused.add(user)
        owed.refusal_told.add(user)
        nobody_left = user in owed.rung and owed.rung <= owed.refused
        if nobody_left and not calendar.is_open(self.now):
            if owed.phase == "ringing":
                self._climb(owed, self.now)
            elif owed.phase == "loud":
                self._ring_everybody(owed, self.now, "last_resort")
        elif user in owed.rung and owed.phase == "ringing" and not calendar.is_open(self.now):
            more = self._together(owed, owed.rung - owed.refused)
            owed.rung -= owed.refused if more else set()
            self._ring_besides(owed, more)

    # What time does

    def ticked(self) -> None:
        self.look()
        for owed in list(self.owed.values()):
            if owed.due is not None and owed.due <= self.now:
                was_excused = self.excused is not None and owed.due <= self.excused
                if self.now - owed.due > PROMPT and not was_excused:
                    self.object(f"case {owed.case} was due at {owed.due:%H:%M:%S}")
                self._falls_due(owed, self.now if owed.was_called else owed.due)

    def _falls_due(self, owed: Owed, due: datetime) -> None:
        if calendar.is_open(self.now):
            self._expect_news(owed, "handed_over", None)
            self.owed[owed.case] = Owed(owed.case, due=calendar.next_closing(self.now))
            self.withdraw(owed.case, but="handed_over")
            return
        if owed.phase == "taken":
            self._not_answered(owed)
            return
        if owed.phase == "held":
            owed.phase = "ringing"
        if owed.rung:
            owed.silence = None
        if owed.step in (0, len(ROUND)):
            owed.refused.clear()
        base = due if self.now - due <= MINUTE else self.now
        if owed.phase == "loud":
            self._ring_everybody(owed, base, "last_resort")
        else:
            self._climb(owed, base)

    def _climb(self, owed: Owed, base: datetime) -> None:
        """The next step of this round that has somebody, or the first of the next round."""
        while True:
            for n in range(owed.step, len(ROUND)):
                if self._reachable(owed, [ROUND[n][1]]):
                    self._ring_step(owed, n, base)
                    return
            if not self._reachable(owed, LEVELS):
                self._say_silence(owed)
                return
            owed.refused.clear()
            if owed.round == ROUNDS:  # that is said instead
                owed.phase = "loud"
                self._expect_news(owed, "exhausted", None)
                self._ring_everybody(owed, base, "last_resort")
                return
            if any(tells for _, _, tells in ROUND[owed.step :]) and owed.silence is None:
                self._expect_news(owed, "no_answer_yet", None)
            owed.round, owed.step = owed.round + 1, 0

    def _ring_step(self, owed: Owed, n: int, base: datetime, reason: str | None = None) -> None:
        began = base - ROUND[n][0] * MINUTE
        if any(tells for _, _, tells in ROUND[owed.step : n + 1]) and owed.silence is None:
            self._expect_news(owed, "no_answer_yet", None)
        following = ROUND[n + 1][0] if n + 1 < len(ROUND) else ROUND_ENDS
        owed.step = n + 1
        people = self._reachable(owed, [ROUND[n][1]])
        together = self._together(owed, set(people))
        self._ring(owed, people, began + following * MINUTE, reason)
        self._ring_besides(owed, together)

    def _ring_everybody(self, owed: Owed, base: datetime, reason: str) -> None:
        people = self._reachable(owed, LEVELS)
        if not people:
            self._say_silence(owed)
            return
        wait = (ROUND_ENDS - ROUND[-1][0]) * MINUTE
        owed.step = len(ROUND)
        self._ring(owed, people, base + (EVERYBODY_EVERY if owed.phase == "loud" else wait), reason)

    def _not_answered(self, owed: Owed) -> None:
        by = owed.taken_by or ""
        owed.phase, owed.round, owed.step = "ringing", 1, 0
        owed.refused.clear()
        people: dict[str, str | None] = {by: owed.taken_level}
        after = -1 if owed.taken_level is None else LEVELS.index(owed.taken_level)
        for level in LEVELS[after + 1 :]:
            if set(self._reachable(owed, [level])) - {by}:
                people |= {u: level for u in self._reachable(owed, [level]) if u != by}
                break
        together = self._together(owed, set(people))
        self._ring(owed, people, self.now + PAUSE, "not_answered")
        self._ring_besides(owed, together)
        self._expect_news(owed, "not_answered", by)

    def _ring(
        self,
        owed: Owed,
        people: dict[str, str | None] | dict[str, str],
        next_due: datetime,
        reason: str | None,
    ) -> None:
        levels = [LEVELS.index(level) for level in people.values() if level is not None]
        furthest = LEVELS[max(levels)] if levels else owed.furthest
        if reason is None:
            reason = "again"
            if owed.furthest is None:
                reason = "first"
            elif furthest and LEVELS.index(furthest) > LEVELS.index(owed.furthest):
                reason = "escalated"
        owed.furthest, owed.rung = furthest, set(people)
        self._plan(owed, next_due)
        for user, level in people.items():
            self.expected.append(("ring", owed.case, user, level, reason))

    def _ring_besides(self, owed: Owed, together: dict[str, str]) -> None:
        owed.rung |= set(together)
        for user, level in together.items():
            self.expected.append(("ring", owed.case, user, level, "together"))

    def _say_silence(self, owed: Owed) -> None:
        somebody = any(self.on_call(level) for level in LEVELS)
        news = "nobody_reachable" if somebody else "nobody_on_call"
        if owed.silence != news:
            self._expect_news(owed, news, None)
        owed.silence, owed.step, owed.rung = news, 0, set()
        self._plan(owed, self.now + LOOK_AGAIN)

    def _plan(self, owed: Owed, due: datetime) -> None:
        owed.due = max(self.now, min(due, calendar.next_opening(self.now)))
        owed.was_called = False
        if owed.phase != "taken":
            owed.taken_by = owed.taken_level = None

    def _reachable(self, owed: Owed, levels: Sequence[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for level in levels:
            for user in self.on_call(level):
                if user not in owed.refused:
                    found.setdefault(user, level)
        return found

    def _expect_news(self, owed: Owed, news: str, about: str | None) -> None:
        self.expected.append(("news", owed.case, news, about))

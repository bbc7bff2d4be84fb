"""Judges a simulated year: who had to be woken when, who was, and whether each ring was due.

It is a second opinion, written from the words of the policy: for each case that wakes it keeps
what is owed next, and holds every ring, every piece of news and every post against that. It
shares no code with `escalation`, `schedule` and `support_hours`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import year_calendar as calendar
from year_calendar import LEVELS, Calendar
from year_journal import (
    BotStarted,
    BotStopped,
    ClockSet,
    Entry,
    GivenUp,
    Lesser,
    NeedsWaking,
    Over,
    OverrideCancelled,
    OverrideSet,
    Posted,
    Pressed,
    Rang,
    Rested,
    RotationSet,
    Shown,
    SlackAway,
    SlackBack,
    Ticked,
    Told,
    Took,
    TooLate,
)

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


def judge(journal: Iterable[Entry]) -> tuple[list[str], Counter[str]]:
    """What is wrong with a year, in sentences, and how much of what there was in it."""
    oracle = _Oracle()
    for entry in journal:
        oracle.read(entry)
    return oracle.objections, oracle.counts


@dataclass
class _Owed:
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
    taken_by: str | None = None
    taken_level: str | None = None


@dataclass
class _OnItsWay:
    """A ring or news that is decided and not in Slack yet."""

    entry: Rang | Told
    by: datetime


@dataclass
class _Oracle:
    people: Calendar = field(default_factory=Calendar)
    owed: dict[int, _Owed] = field(default_factory=dict)
    objections: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    now: datetime = BEFORE_ALL
    is_up: bool = True
    slack_is_away: bool = False
    excused: datetime | None = None  # what was due by then could not be decided in time
    expected: list[tuple[object, ...]] = field(default_factory=list)
    on_their_way: dict[str, _OnItsWay] = field(default_factory=dict)
    keys: dict[str, Rang | Told] = field(default_factory=dict)
    posted: set[str] = field(default_factory=set)
    just_rung: set[tuple[int, str]] = field(default_factory=set)
    lesser: set[int] = field(default_factory=set)

    def object(self, words: str) -> None:
        shown = calendar.local(self.now)
        self.objections.append(f"{self.now:%Y-%m-%d %H:%M:%S}Z ({shown:%a %H:%M:%S}): {words}")

    # Reading

    def read(self, entry: Entry) -> None:
        self.now = entry.at
        self.counts[type(entry).__name__] += 1
        match entry:
            case RotationSet() | OverrideSet() | OverrideCancelled():
                self.people.note(entry)
            case Lesser(case=case):
                self.lesser.add(case)
            case NeedsWaking(case=case):
                self.lesser.discard(case)
                self._needs_waking(case)
            case Over(case=case):
                self._forget(case)
            case Took(case=case, by=by):
                self._took(case, by)
            case TooLate(case=case, by=by):
                self._too_late(case, by)
            case Pressed(case=case):
                self._pressed(case)
            case BotStopped():
                self.is_up = False
            case BotStarted() | ClockSet() | SlackBack():
                self.is_up = self.is_up or isinstance(entry, BotStarted)
                if isinstance(entry, SlackBack):
                    self.slack_is_away = False
                else:
                    self.excused = self.now
                self._allow_more_time()
            case SlackAway():
                self.slack_is_away = True
            case Ticked():
                self._ticked()
            case Rang():
                self._rang(entry)
            case Told():
                self._told(entry)
            case Posted():
                self._posted(entry)
            case GivenUp(key=key):
                self._given_up(key)
            case Rested():
                self._rested()
            case Shown(key=key, title=title):
                self._shown(key, title)

    # What the world does

    def _needs_waking(self, case: int) -> None:
        if case in self.owed:
            return
        self.owed[case] = owed = _Owed(case)
        if calendar.is_open(self.now):
            owed.due = calendar.next_closing(self.now)
        else:
            owed.phase = "ringing"
            self._climb(owed, self.now)

    def _forget(self, case: int) -> None:
        if self.owed.pop(case, None):
            self._withdraw_messages(case)

    def _took(self, case: int, by: str) -> None:
        owed = self.owed.get(case)
        if owed is None or owed.phase in ("held", "taken") or calendar.is_open(self.now):
            phase = owed.phase if owed else "over"
            self.object(f"{by} took case {case}, which is {phase}")
            return
        owed.phase, owed.taken_by, owed.silence = "taken", by, None
        staff = self.people.staff(self.now)
        owed.taken_level = next((level for level in LEVELS if by in staff[level]), None)
        self._plan(owed, self.now + ANSWER_WITHIN)
        self._withdraw_messages(case)

    def _too_late(self, case: int, by: str) -> None:
        owed = self.owed.get(case)
        if owed and owed.phase in ("ringing", "loud") and not calendar.is_open(self.now):
            self.object(f"{by} could not take case {case}, although it rings")

    def _pressed(self, case: int) -> None:
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

    def _given_up(self, key: str) -> None:
        """Slack refuses somebody: the next step rings, unless others of the ring can answer."""
        entry = self.keys[key]
        self.on_their_way.pop(key, None)
        owed = self.owed.get(entry.case)
        if not isinstance(entry, Rang) or owed is None:
            return
        if entry.user not in owed.refusal_told:
            self.expect_news(owed, "undeliverable", entry.user)
        owed.refused.add(entry.user)
        owed.refusal_told.add(entry.user)
        nobody_left = entry.user in owed.rung and owed.rung <= owed.refused
        if nobody_left and not calendar.is_open(self.now):
            if owed.phase == "ringing":
                self._climb(owed, self.now)
            elif owed.phase == "loud":
                self._ring_everybody(owed, self.now, "last_resort")

    # What time does

    def _ticked(self) -> None:
        for owed in list(self.owed.values()):
            if owed.due is not None and owed.due <= self.now:
                was_excused = self.excused is not None and owed.due <= self.excused
                if self.now - owed.due > PROMPT and not was_excused:
                    self.object(f"case {owed.case} was due at {owed.due:%H:%M:%S}")
                self._falls_due(owed, owed.due)

    def _falls_due(self, owed: _Owed, due: datetime) -> None:
        if calendar.is_open(self.now):
            self.expect_news(owed, "handed_over", None)
            self.owed[owed.case] = _Owed(owed.case, due=calendar.next_closing(self.now))
            self._withdraw_messages(owed.case, but="handed_over")
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

    def _climb(self, owed: _Owed, base: datetime) -> None:
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
                self.expect_news(owed, "exhausted", None)
                self._ring_everybody(owed, base, "last_resort")
                return
            if any(tells for _, _, tells in ROUND[owed.step :]) and owed.silence is None:
                self.expect_news(owed, "no_answer_yet", None)
            owed.round, owed.step = owed.round + 1, 0

    def _ring_step(self, owed: _Owed, n: int, base: datetime, reason: str | None = None) -> None:
        began = base - ROUND[n][0] * MINUTE
        if any(tells for _, _, tells in ROUND[owed.step : n + 1]) and owed.silence is None:
            self.expect_news(owed, "no_answer_yet", None)
        following = ROUND[n + 1][0] if n + 1 < len(ROUND) else ROUND_ENDS
        owed.step = n + 1
        people = self._reachable(owed, [ROUND[n][1]])
        self._ring(owed, people, began + following * MINUTE, reason)

    def _ring_everybody(self, owed: _Owed, base: datetime, reason: str) -> None:
        people = self._reachable(owed, LEVELS)
        if not people:
            self._say_silence(owed)
            return
        wait = (ROUND_ENDS - ROUND[-1][0]) * MINUTE
        owed.step = len(ROUND)
        self._ring(owed, people, base + (EVERYBODY_EVERY if owed.phase == "loud" else wait), reason)

    def _not_answered(self, owed: _Owed) -> None:
        by = owed.taken_by or ""
        owed.phase, owed.round, owed.step = "ringing", 1, 0
        owed.refused.clear()
        people: dict[str, str | None] = {by: owed.taken_level}
        after = -1 if owed.taken_level is None else LEVELS.index(owed.taken_level)
        for level in LEVELS[after + 1 :]:
            if set(self._reachable(owed, [level])) - {by}:
                people |= {u: level for u in self._reachable(owed, [level]) if u != by}
                break
        self._ring(owed, people, self.now + PAUSE, "not_answered")
        self.expect_news(owed, "not_answered", by)

    def _ring(
        self,
        owed: _Owed,
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

    def _say_silence(self, owed: _Owed) -> None:
        somebody = any(self.people.staff(self.now).values())
        news = "nobody_reachable" if somebody else "nobody_on_call"
        if owed.silence != news:
            self.expect_news(owed, news, None)
        owed.silence, owed.step, owed.rung = news, 0, set()
        self._plan(owed, self.now + LOOK_AGAIN)

    def _plan(self, owed: _Owed, due: datetime) -> None:
        owed.due = max(self.now, min(due, calendar.next_opening(self.now)))
        if owed.phase != "taken":
            owed.taken_by = owed.taken_level = None

    def _reachable(self, owed: _Owed, levels: Sequence[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for level in levels:
            for user in self.people.on_call(level, self.now):
                if user not in owed.refused:
                    found.setdefault(user, level)
        return found

    def expect_news(self, owed: _Owed, news: str, about: str | None) -> None:
        self.expected.append(("news", owed.case, news, about))

    # What Casebell does

    def _rang(self, entry: Rang) -> None:
        self.keys[entry.key] = entry
        self.counts[f"rings, {entry.reason}"] += 1
        if calendar.is_open(self.now):
            self.object(f"case {entry.case} rings {entry.user} while the office is open")
        if entry.case in self.lesser:
            self.object(f"case {entry.case} rings {entry.user}, and is not that severe")
        on_call = self.people.on_call(entry.level, self.now) if entry.level else [entry.user]
        if entry.user not in on_call and entry.reason != "not_answered":
            self.object(
                f"case {entry.case} rings {entry.user}, but on call as {entry.level} is {on_call}"
            )
        self._was_expected(
            ("ring", entry.case, entry.user, entry.level, entry.reason),
            f"case {entry.case} rings {entry.user} as {entry.level}, {entry.reason}",
        )
        self._send(entry, lambda other: isinstance(other, Rang) and other.user == entry.user)

    def _told(self, entry: Told) -> None:
        self.keys[entry.key] = entry
        self.counts[f"news, {entry.news}"] += 1
        self._was_expected(
            ("news", entry.case, entry.news, entry.user),
            f"the team is told of case {entry.case}: {entry.news} {entry.user or ''}",
        )
        self._send(entry, lambda other: isinstance(other, Told) and entry.news != "undeliverable")

    def _was_expected(self, what: tuple[object, ...], words: str) -> None:
        if what in self.expected:
            self.expected.remove(what)
        else:
            self.object(f"{words}, and nothing called for it; due was {self.expected}")

    def _send(self, entry: Rang | Told, replaces: object) -> None:
        for key, other in list(self.on_their_way.items()):
            if other.entry.case == entry.case and replaces(other.entry):  # type: ignore[operator]
                del self.on_their_way[key]
        self.on_their_way[entry.key] = _OnItsWay(entry, self.now + PROMPT)

    def _withdraw_messages(self, case: int, but: str = "") -> None:
        """What was not sent by now need not be: it is no longer true."""
        for key, sent in list(self.on_their_way.items()):
            news = sent.entry.news if isinstance(sent.entry, Told) else "ring"
            if sent.entry.case == case and news not in (but, "undeliverable"):
                del self.on_their_way[key]

    def _posted(self, entry: Posted) -> None:
        decided = self.keys.get(entry.key)
        if decided is None:
            self.object(f"Slack was given {entry.key} to {entry.place}, which nobody decided")
            return
        if entry.key in self.posted:
            self.object(f"case {decided.case}: the same message went out twice to {entry.place}")
        self.posted.add(entry.key)
        self.on_their_way.pop(entry.key, None)
        if not isinstance(decided, Rang):
            return
        if entry.place != decided.user:
            self.object(f"case {decided.case}: a ring for {decided.user} went to {entry.place}")
        owed = self.owed.get(decided.case)
        if owed is None or owed.phase not in ("ringing", "loud"):
            phase = owed.phase if owed else "over"
            self.object(f"case {decided.case}: {decided.user} was rung, but it is {phase}")
        if (decided.case, decided.user) in self.just_rung:
            self.object(f"case {decided.case}: {decided.user} was rung twice at once")
        self.just_rung.add((decided.case, decided.user))

    def _rested(self) -> None:
        for what in self.expected:
            self.object(f"it is due now, and nothing came of it: {what}")
        self.expected.clear()
        self.just_rung.clear()
        if not self.is_up or self.slack_is_away:
            return
        for key, sent in list(self.on_their_way.items()):
            if sent.by < self.now:
                entry = sent.entry
                self.object(f"decided at {entry.at:%H:%M:%S}, and not sent for 10 s: {entry}")
                del self.on_their_way[key]
        for owed in self.owed.values():
            if owed.due is not None and owed.due < self.now:
                self.object(f"case {owed.case} was due at {owed.due:%H:%M:%S} and is lost")
                owed.due = None

    def _allow_more_time(self) -> None:
        for sent in self.on_their_way.values():
            sent.by = self.now + PROMPT

    def _shown(self, key: str, title: str) -> None:
        decided = self.keys.get(key)
        if isinstance(decided, Rang) and decided.case not in self.owed and title == "Page":
            self.object(f"case {decided.case} is over, and {decided.user} still reads a page")

"""Judges a simulated year: who had to be woken when, who was, and whether each ring was due.

It is a second opinion, written from the words of the policy: for each case that wakes it keeps
what is owed next, and holds every ring, every piece of news and every post against that. It
shares no code with `escalation`, `schedule` and `support_hours`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import year_calendar as calendar
from year_duty import Duty
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
    QuietSet,
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

PROMPT = timedelta(seconds=10)


def judge(journal: Iterable[Entry]) -> tuple[list[str], Counter[str]]:
    """What is wrong with a year, in sentences, and how much of what there was in it."""
    oracle = _Oracle()
    for entry in journal:
        oracle.read(entry)
    return oracle.objections, oracle.counts


@dataclass
class _OnItsWay:
    """A ring or news that is decided and not in Slack yet."""

    entry: Rang | Told
    by: datetime


@dataclass
class _Oracle(Duty):
    counts: Counter[str] = field(default_factory=Counter)
    is_up: bool = True
    slack_is_away: bool = False
    on_their_way: dict[str, _OnItsWay] = field(default_factory=dict)
    keys: dict[str, Rang | Told] = field(default_factory=dict)
    posted: set[str] = field(default_factory=set)
    just_rung: set[tuple[int, str]] = field(default_factory=set)
    lesser: set[int] = field(default_factory=set)

    # Reading

    def read(self, entry: Entry) -> None:
        self.now = entry.at
        self.counts[type(entry).__name__] += 1
        match entry:
            case RotationSet() | OverrideSet() | OverrideCancelled():
                self.look()
                self.people.note(entry)
                self.look(even_if_the_same=True)
            case QuietSet(user=user, start=start, end=end):
                self.quiet[user] = (start, end)
            case Lesser(case=case):
                self.lesser.add(case)
            case NeedsWaking(case=case):
                self.lesser.discard(case)
                self.needs_waking(case)
            case Over(case=case):
                self.forget(case)
            case Took(case=case, by=by):
                self.took(case, by)
            case TooLate(case=case, by=by):
                self.too_late(case, by)
            case Pressed(case=case):
                self.pressed(case)
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
                self.ticked()
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

    def _given_up(self, key: str) -> None:
        entry = self.keys[key]
        self.on_their_way.pop(key, None)
        if isinstance(entry, Rang):
            self.refused(entry.case, entry.user)

    # What Casebell does

    def _rang(self, entry: Rang) -> None:
        self.keys[entry.key] = entry
        self.counts[f"rings, {entry.reason}"] += 1
        if calendar.is_open(self.now):
            self.object(f"case {entry.case} rings {entry.user} while the office is open")
        if entry.case in self.lesser:
            self.object(f"case {entry.case} rings {entry.user}, and is not that severe")
        on_call = self.on_call(entry.level) if entry.level else [entry.user]
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

    def _send(self, entry: Rang | Told, replaces: Callable[[Rang | Told], bool]) -> None:
        for key, other in list(self.on_their_way.items()):
            if other.entry.case == entry.case and replaces(other.entry):
                del self.on_their_way[key]
        self.on_their_way[entry.key] = _OnItsWay(entry, self.now + PROMPT)

    def withdraw(self, case: int, but: str = "") -> None:
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

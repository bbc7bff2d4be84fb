"""Readiness: Slack is asked about everybody who is to be on call, and the team told what is wrong.

Learning takes calls to Slack, so it happens on a thread of the engine's, and never where something
due is decided. What is decided there is only that it is to happen: it moves a mark in the
database, and what was asked for and not done is found there after a crash.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.domain.access import Reach
from bot.domain.delivery import TEMPORARY
from bot.domain.outbox import Draft, MessageKind
from bot.domain.readiness import (
    Finding,
    FindingKind,
    Standing,
    coming_night,
    findings,
    next_review,
    on_call_ahead,
    still_true,
    unsaid,
)
from bot.domain.records import Mark
from bot.domain.segments import Segment
from bot.domain.timers import Timer, TimerKind
from bot.errors import SlackError
from bot.services.desk import Desk
from bot.services.directory import Directory
from bot.services.ports import SlackGateway, Transaction

_log = logging.getLogger(__name__)

READINESS = "readiness"  # the mark of when it was asked for and done, and of what was said
# Of each person Slack is asked one thing by a method: so it stays below 50 calls a minute of each
# (tier 3, docs.slack.dev/apis/web-api/rate-limits).
AT_ONCE = 20
PAUSE = 30.0  # seconds
# What comes up without anybody changing the schedule.
_ABOUT_PEOPLE = frozenset({FindingKind.GONE, FindingKind.OUTSIDE, FindingKind.NO_DM})
_MOST_PAUSES = 3  # that Slack asks for, about one person

Wait = Callable[[float], bool]
"""Waits so many seconds, perhaps none; whether to go on then."""


@dataclass(frozen=True)
class Readiness:
    """What on-call lacks, before it is needed."""

    desk: Desk
    slack: SlackGateway
    directory: Directory

    def start(self, now: datetime) -> None:
        """Promise the weekly look."""
        with self.desk.store.transaction() as tx:
            self._promise(tx, now)

    def fell_due(self, tx: Transaction, facts: Mapping[str, Any], now: datetime) -> None:
        """The schedule has changed, or a week begins: have everybody asked about."""
        weekly = facts.get("weekly")
        if weekly is not None:
            self._promise(tx, now)
            if not self._is_review(datetime.fromisoformat(weekly)):
                return  # the office's hours have changed since
        mark = tx.marks.lock(READINESS)
        tx.marks.set(READINESS, now, {**mark.facts, **({"weekly": True} if weekly else {})})

    def check(self, wait: Wait, *, in_any_case: bool) -> None:
        """Ask Slack, and tell the team what is wrong; where nobody asked for it, do nothing.

        Stopped half-way, it is done at the next start.

        Args:
            in_any_case: as it is done at the start, and now and then.
        """
        with self.desk.store.transaction() as tx:
            mark = tx.marks.lock(READINESS)  # who asks for it just now is waited for
        if (in_any_case or _is_asked(mark)) and self.learn(wait):
            self._report(mark.at)

    def learn(self, wait: Wait) -> bool:
        """Ask Slack about everybody with a coming shift; whether it was not told to stop.

        What Slack does not say for now stays as it was known.
        """
        now = self.desk.clock.now()
        with self.desk.store.reading() as tx:
            users = sorted(self._on_call_ahead(tx, now))
        inside = self._inside() if users else None
        for count, user_id in enumerate(users):
            if not wait(PAUSE if count and count % AT_ONCE == 0 else 0):
                return False
            try:
                self._learn_patiently(user_id, inside, wait)
            except SlackError as error:
                _log.warning("Slack was not asked about everybody on call: %s", error)
                break
        return True

    def findings(self, tx: Transaction, now: datetime) -> tuple[Finding, ...]:
        """Everything that is to be mended, as far as it is known here."""
        return tuple(found for found in self.examine(tx, now) if not found.is_remark)

    def examine(self, tx: Transaction, now: datetime) -> tuple[Finding, ...]:
        """The findings, and what is worth a remark."""
        policy = self.desk.policy
        return findings(
            tx.schedule.load(now),
            policy.paging.levels,
            {user: self._standing(tx, user) for user in self._on_call_ahead(tx, now)},
            coming_night(policy.hours, now),
            {level for route in policy.paging.routes for level in route.levels},
            now,
        )

    def _on_call_ahead(self, tx: Transaction, now: datetime) -> frozenset[str]:
        return on_call_ahead(tx.schedule.load(now), self.desk.policy.paging.levels, now)

    def _standing(self, tx: Transaction, user_id: str) -> Standing:
        member = tx.roster.member(user_id)
        return Standing(
            is_deactivated=member is not None and member.is_deleted,
            is_team=self.directory.is_known_as_team(tx, user_id),
            reach=tx.roster.reach(user_id),
        )

    def _inside(self) -> frozenset[str] | None:
        """Who is in TEAM_CHANNEL, where Slack says so."""
        try:
            return frozenset(self.slack.channel_members(self.desk.team_channel))
        except SlackError as error:
            _log.warning("who is in the team's channel is not known anew: %s", error)
            return None

    def _learn_patiently(self, user_id: str, inside: frozenset[str] | None, wait: Wait) -> None:
        """Ask about one person, waiting where Slack says so.

        Raises:
            SlackError: Slack is away.
        """
        for _ in range(_MOST_PAUSES):
            try:
                self._learn(user_id, inside)
            except SlackError as error:
                if error.retry_after is None:
                    raise
                if not wait(error.retry_after):
                    return
            else:
                return

    def _learn(self, user_id: str, inside: frozenset[str] | None) -> None:
        with self.desk.store.reading() as tx:
            known = tx.roster.reach(user_id)
        is_there = self._is_there(user_id, inside)
        # Nobody writes to who is gone: what was known of that is forgotten.
        reach = self._reach(user_id, known) if is_there else Reach()
        with self.desk.store.transaction() as tx:
            tx.roster.learn_reach(user_id, reach)

    def _is_there(self, user_id: str, inside: frozenset[str] | None) -> bool:
        """Whether Slack has that person still; what it says of them is learned."""
        try:
            found = self.slack.member(user_id)
        except SlackError as error:
            _raise_if_away(error)
            if error.code in TEMPORARY:
                return True
            found = None
        with self.desk.store.transaction() as tx:
            known = tx.roster.member(user_id)
            if found is None:  # an id of nobody's
                found = replace(known, is_deleted=True) if known else None
            if found is not None:
                was_inside = known is not None and known.in_team_channel
                is_inside = was_inside if inside is None else user_id in inside
                learned = replace(found, in_team_channel=is_inside)
                tx.roster.learn_member(learned, self.desk.clock.now())
        return found is not None and not found.is_deleted

    def _reach(self, user_id: str, known: Reach) -> Reach:
        refused, quiet = known.dm_refused, known.quiet
        try:
            self.slack.open_dm(user_id)
            refused = None
        except SlackError as error:
            _raise_if_away(error)
            if error.code not in TEMPORARY:
                refused = error.code
        try:
            hours = self.slack.quiet_hours(user_id)
            quiet = Segment(hours.start, hours.end) if hours else None
        except SlackError as error:
            _raise_if_away(error)
        return Reach(refused, quiet)

    def _report(self, asked_at: datetime | None) -> None:
        """Tell TEAM_CHANNEL what is wrong: each week all of it, otherwise where something is new.

        Where nobody asked for it, that is what became of people. Who is second finds it said.
        """
        with self.desk.store.transaction() as tx:
            mark, now = tx.marks.lock(READINESS), self.desk.clock.now()
            found = self.findings(tx, now)
            said = [Finding.from_dict(stored) for stored in mark.facts.get("said", ())]
            news = unsaid(found, said)
            if not _is_asked(mark):
                news = tuple(one for one in news if one.kind in _ABOUT_PEOPLE)
            is_told = bool(found) if mark.facts.get("weekly") else bool(news)
            if is_told:
                self._tell(tx, now)
            done = asked_at or (now if mark.at is None else None)
            facts = {
                "done": done.isoformat() if done else None,
                "said": [one.to_dict() for one in (found if is_told else still_true(said, found))],
            }
            tx.marks.set(READINESS, mark.at or now, facts)
        _log.info("on-call looked over: %s findings, %s of them new", len(found), len(news))

    def _tell(self, tx: Transaction, now: datetime) -> None:
        draft = Draft(
            kind=MessageKind.READINESS,
            subject=READINESS,
            dedupe_key=f"{READINESS}:{now.isoformat()}",
            due_at=now,
            channel_id=self.desk.team_channel,
        )
        tx.outbox.add(draft, now)

    def _promise(self, tx: Transaction, now: datetime) -> None:
        at = next_review(self.desk.policy.hours, now)
        facts = {"weekly": at.isoformat()}
        tx.timers.add(Timer(TimerKind.READINESS, at, f"{READINESS}:{at:%Y-%m-%dT%H:%M}", facts))

    def _is_review(self, at: datetime) -> bool:
        return next_review(self.desk.policy.hours, at - at.resolution) == at


def _is_asked(mark: Mark) -> bool:
    """Whether it was asked for since it was done."""
    done = mark.facts.get("done")
    return mark.at is not None and (done is None or datetime.fromisoformat(done) < mark.at)


def _raise_if_away(error: SlackError) -> None:
    """Where Slack does not answer, nor will it about others; where it says when, it is waited for.

    Raises:
        SlackError: the error, if it is one of these.
    """
    if error.code == "no_answer" or error.retry_after is not None:
        raise error

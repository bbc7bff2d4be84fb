"""Changing the calendar of maintenance by hand: first the preview, then one press."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.calendar_plan import Changed, Difference
from bot.domain.flags import Flag, flags
from bot.domain.notices import notices
from bot.domain.segments import Segment
from bot.domain.window import Window
from bot.domain.window_changes import (
    KINDS,
    LONGEST,
    Cancel,
    Change,
    ChangeKind,
    FinishNow,
    Follow,
    Keep,
    Move,
    Resize,
    RunLate,
    Skip,
    StartNow,
)
from bot.errors import FormError, UserError
from bot.messages import window_ids
from bot.messages.window_forms import MOST_HISTORY, WindowFacts
from bot.messages.window_ids import Asked, Do
from bot.messages.window_preview import ChangeFacts, Post
from bot.messages.window_terms import is_about
from bot.services.announcements import CALENDAR, Announcement, Announcements
from bot.services.desk import Desk
from bot.services.maintenance import Calendar, Maintenance
from bot.services.ports import Transaction

_TOO_OLD = "This form is too old to mean anything. Please open it again."
_STILL_AT_ONCE = timedelta(minutes=10)
_LOOK_AGAIN = (
    "Nothing was posted: what would be posted is no longer what you saw. Close this, go back and"
    " look at it again."
)


@dataclass(frozen=True)
class WindowEditing:
    """The use cases of the team's forms about windows."""

    desk: Desk
    maintenance: Maintenance
    announcements: Announcements

    def window(self, key: str) -> WindowFacts:
        """A window as it stands, for the forms about it.

        Raises:
            UserError: there is none.
        """
        now = self.desk.clock.now()
        with self.desk.store.reading() as tx:
            calendar = self.maintenance.calendar(tx, now)
            window = next((found for found in calendar.windows if found.key == key), None)
            window = window or tx.windows.get(key)
            if window is None:
                raise UserError("There is no such window.")
            about = [flag for flag in calendar.flags if is_about(flag, window)]
            return WindowFacts(now, window, about, tx.windows.changes(key)[-MOST_HISTORY:])

    def preview(self, asked: Asked) -> ChangeFacts:
        """What a change would do; the preview carries what it was based on.

        Raises:
            UserError, FormError: it cannot be made.
        """
        with self.desk.store.reading() as tx:
            now = self.desk.clock.now()
            outcome = self._outcome(tx, asked, now)
            told = self.announcements.of_change(tx, outcome, now)
            facts = self._facts(tx, asked, outcome, told, now)
        seen = outcome.before.sequence if outcome.before else 0
        shown = replace(asked, seen=seen, posts=_fingerprint(told, facts.flags))
        if asked.do in window_ids.AT_ONCE:
            shown = replace(shown, start=now)
        return replace(facts, asked=shown)

    def carry_out(self, asked: Asked, by: str, form_id: str) -> ChangeFacts | Window | None:
        """Do what a preview has shown. A form that comes twice does it once: then, the window.

        Raises:
            UserError: it cannot be made any more, or would not be what was shown.
        """
        try:
            return self._carry_out(asked, by, form_id)
        except FormError as error:  # a preview has no inputs to say it under
            raise UserError(" ".join(error.problems.values())) from error

    def _carry_out(self, asked: Asked, by: str, form_id: str) -> ChangeFacts | Window | None:
        with self.desk.store.transaction() as tx:
            tx.marks.lock(CALENDAR)
            now = self.desk.clock.now()
            if not tx.first_time(form_id, now):
                return tx.windows.get(asked.key)
            outcome = self._outcome(tx, asked, now, asked.seen)
            told = self.announcements.of_change(tx, outcome, now)
            facts = self._facts(tx, asked, outcome, told, now)
            if _fingerprint(told, facts.flags) != asked.posts or _is_old(asked, now):
                raise UserError(_LOOK_AGAIN)
            self.maintenance.carry_out(tx, outcome, _kind(asked), by, now)
        return facts

    def _outcome(
        self, tx: Transaction, asked: Asked, now: datetime, seen: int | None = None
    ) -> Changed:
        if asked.do is Do.ADD:
            return self._addition(tx, asked, now)
        stored = tx.windows.get(asked.key)
        change = _change(asked, stored.segment if stored else None)
        return self.maintenance.outcome(tx, asked.key, change, now, seen)

    def _addition(self, tx: Transaction, asked: Asked, now: datetime) -> Changed:
        if asked.start is None or asked.end is None:
            raise UserError(_TOO_OLD)
        if asked.end - asked.start > LONGEST:
            raise FormError(
                {window_ids.HOURS: f"A window lasts at most {LONGEST // timedelta(hours=1)} hours."}
            )
        if asked.end <= asked.start:
            raise FormError({window_ids.HOURS: "A window lasts a minute at least."})
        try:
            segment, sector = Segment(asked.start, asked.end), self._sector(asked.sector)
            return self.maintenance.outcome_of_adding(
                tx, sector, segment, asked.what, asked.affected, now
            )
        except UserError as error:
            raise FormError({window_ids.START: str(error)}) from error

    def _sector(self, typed: str | None) -> str | None:
        """A sector as the policy writes it, if it has it."""
        rule = self.desk.policy.maintenance.upgrade(typed)
        return rule.sector if rule else typed

    def _facts(
        self,
        tx: Transaction,
        asked: Asked,
        outcome: Changed,
        told: Sequence[Announcement],
        now: datetime,
    ) -> ChangeFacts:
        calendar = self.maintenance.calendar(tx, now)
        then = _after(calendar, outcome)
        known = set(calendar.differences)
        return ChangeFacts(
            asked=asked,
            now=now,
            before=outcome.before,
            after=outcome.after,
            followers=outcome.followers,
            differences=[
                d for d in outcome.differences if d not in known and _is_other(d, outcome)
            ],
            stay=_stay(then, outcome),
            flags=self._flags(then, outcome),
            posts=[self._post(tx, one) for one in told],
            notices=self._notices(then, outcome.after, now),
        )

    def _flags(self, then: Sequence[Window], outcome: Changed) -> list[Flag]:
        hours = self.desk.policy.hours
        changed = [outcome.after, *(after for _, after in outcome.followers)]
        found = flags(then, hours.zone, hours.holiday_name)
        return [flag for flag in found if any(is_about(flag, window) for window in changed)]

    def _notices(self, then: Sequence[Window], window: Window, now: datetime) -> list[datetime]:
        """When the usual notices that tell of a window are due later, be they another window's."""
        found = notices(self.desk.policy.maintenance, then)
        return [n.due_at for n in found if n.due_at > now and window in n.windows]

    def _post(self, tx: Transaction, announcement: Announcement) -> Post:
        known = (tx.roster.channel(channel_id) for channel_id in announcement.channel_ids)
        names = [
            channel.name if channel else channel_id
            for channel_id, channel in zip(announcement.channel_ids, known, strict=True)
        ]
        return Post(sorted(names), announcement.message, announcement.redraws)


def _after(calendar: Calendar, outcome: Changed) -> list[Window]:
    """The windows of the calendar as the change leaves them."""
    changed = {after.key: after for _, after in outcome.followers}
    changed[outcome.after.key] = outcome.after
    there = {window.key for window in calendar.windows}
    new = [window for key, window in changed.items() if key not in there]
    return [*(changed.get(window.key, window) for window in calendar.windows), *new]


def _stay(then: Sequence[Window], outcome: Changed) -> list[Window]:
    """What of the cycle of a window that is called off comes later, and takes place."""
    gone = outcome.after
    if gone.takes_place or gone.cycle is None:
        return []
    return [
        window
        for window in then
        if (window.kind, window.cycle) == (gone.kind, gone.cycle)
        and window.takes_place
        and window.segment.start > gone.segment.start
    ]


def _is_other(difference: Difference, outcome: Changed) -> bool:
    return difference.window.key != outcome.after.key


def _change(asked: Asked, stands: Segment | None) -> Change:
    """The change that was asked for.

    Raises:
        UserError: the form does not say enough of it.
    """
    start, end = asked.start, asked.end
    match asked.do:
        case Do.SKIP:
            return Skip()
        case Do.CANCEL:
            return Cancel()
        case Do.START:
            return StartNow()
        case Do.FINISH:
            return FinishNow()
        case Do.MOVE if start is not None:
            return Move(_picked(start, stands.start if stands else None))
        case Do.RESIZE if end is not None:
            return Resize(_picked(end, stands.end if stands else None))
        case Do.LATE if end is not None:
            return RunLate(_picked(end, stands.end if stands else None))
        case Do.FOLLOW | Do.KEEP:
            says = Segment(start, end) if start and end and start < end else None
            return Follow(says) if asked.do is Do.FOLLOW else Keep(says)
        case _:
            raise UserError(_TOO_OLD)


def _picked(chosen: datetime, stands: datetime | None) -> datetime:
    """An instant that was chosen to the minute: the minute that stands means what stands."""
    if stands is not None and stands.replace(second=0, microsecond=0) == chosen:
        return stands
    return chosen


def _kind(asked: Asked) -> ChangeKind:
    return ChangeKind.ADDED if asked.do is Do.ADD else KINDS[type(_change(asked, None))]


def _is_old(asked: Asked, now: datetime) -> bool:
    """Whether what is done at once was shown so long ago that it is no longer what was shown."""
    return asked.do in window_ids.AT_ONCE and (
        asked.start is None or now - asked.start > _STILL_AT_ONCE
    )


def _fingerprint(told: Sequence[Announcement], found: Sequence[Flag]) -> str:
    """What is posted where, and what is to be looked at, in short.

    The words, and the earlier posts, may grow older.
    """
    posts = [(str(one.kind), one.channel_ids) for one in told]
    flagged = sorted(
        (str(flag.kind), flag.window.key, flag.other.key if flag.other else "") for flag in found
    )
    said = (posts, flagged)
    return hashlib.sha256(repr(said).encode()).hexdigest()[:16]

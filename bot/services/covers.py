"""Cover: asking for somebody to take a shift, taking the pager at once, and undoing either."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.cover import (
    WhyChanged,
    Wrong,
    chosen,
    is_alone,
    is_on,
    people_ahead,
    proposed,
    shifts_ahead,
    wrong_cover,
)
from bot.domain.schedule import Override, OverrideKind, Schedule
from bot.domain.segments import Segment
from bot.domain.shift_request import RequestKind, ShiftRequest
from bot.errors import FormError, UserError
from bot.messages import cover_forms, ids
from bot.messages.cover_forms import CoverFacts, TakeFacts, Taken
from bot.messages.shift_requests import override_cancelled
from bot.services.desk import Desk
from bot.services.directory import Directory
from bot.services.ports import Transaction
from bot.services.requests import Requests
from bot.services.shifts import Shifts

# What is wrong with the beginning of a time, and not with its end.
_OF_THE_START = frozenset({Wrong.NOT_ON_CALL, Wrong.ASKED_ALREADY})


@dataclass(frozen=True)
class Asked:
    """A request, and who hears of it by a direct message."""

    request: ShiftRequest
    people: Sequence[str]


@dataclass(frozen=True)
class Covers:
    """The use cases; whoever calls them knows that the person is of the team.

    What is wrong in a form is a FormError, by the input that it is shown under.
    """

    desk: Desk
    shifts: Shifts
    requests: Requests
    directory: Directory

    def cover_facts(self, by: str) -> CoverFacts:
        """What the form for cover shows somebody.

        Raises:
            UserError: they are never on call.
        """
        now, levels = self.desk.clock.now(), self.desk.policy.paging.levels
        with self.desk.store.reading() as tx:
            shifts = shifts_ahead(self.shifts.schedule(tx, now), by, levels, now)
        if not shifts:
            raise UserError(cover_forms.nothing_to_cover())
        mine = {shift.level for shift in shifts}
        first = shifts[0]
        return CoverFacts(
            [name for name in levels if name in mine],
            first.level,
            proposed(first.segment, now),
        )

    def ask(
        self, by: str, level: str, start: datetime, end: datetime, note: str, form_id: str
    ) -> Asked:
        """Ask everybody else of the rotations to cover; a form that comes twice asks once."""
        with self.requests.asking() as (tx, now):
            schedule = self.shifts.schedule(tx, now)
            segment = chosen(start, end, now)
            is_new = tx.first_time(form_id, now)
            if isinstance(segment, Segment) and is_new:
                mine = [request for _, request in tx.requests.open(now)]
                segment = wrong_cover(schedule, by, level, segment, mine) or segment
            if isinstance(segment, Wrong):
                place = ids.FROM if segment in _OF_THE_START else ids.UNTIL
                raise FormError({place: cover_forms.wrong(segment, level)})
            request = ShiftRequest(level, RequestKind.COVER, by, segment, now, note=note)
            people = self._others(tx, schedule, request)
            if is_new:
                self.requests.ask(tx, request, people)
        return Asked(request, people)

    def take_facts(self) -> TakeFacts:
        """What the form to take the pager shows: the first level, and who has it until when."""
        now, levels = self.desk.clock.now(), self.desk.policy.paging.levels
        with self.desk.store.reading() as tx:
            schedule = self.shifts.schedule(tx, now)
        lines = [schedule.now_and_next(level, now) for level in levels]
        first = lines[0][0]
        until = proposed(first.segment if first.users else None, now).end
        return TakeFacts(lines, first.level, until)

    def take(self, by: str, level: str, until: datetime, form_id: str) -> Taken:
        """Put somebody on call alone from now on; a form that comes twice does it once."""
        if level not in self.desk.policy.paging.levels:
            raise UserError(cover_forms.CHANGED_SINCE)
        self.directory.check_reachable(by)
        with self.shifts.changing(by, WhyChanged.TAKEN) as change:
            tx, now = change.tx, change.now
            segment = chosen(now, until, now)
            is_new = tx.first_time(form_id, now)
            if isinstance(segment, Segment) and is_new:
                alone = is_alone(change.before, level, by, segment)
                segment = Wrong.ALONE_ALREADY if alone else segment
            if isinstance(segment, Wrong):
                raise FormError({ids.UNTIL: cover_forms.wrong(segment, level)})
            if is_new:
                tx.schedule.add_override(_override(level, by, segment, now))
            had = change.before.staff(now).get(level)
            others = None if had is None else [user for user in had if user != by]
            return _taken(tx, level, segment, others)

    def cancel_override(self, override_id: int, by: str) -> str:
        """Undo a change of the schedule from now on; what they are told privately.

        What came of a request is undone with all that came of it.

        Raises:
            UserError: there is none, or it is over.
        """
        with self.shifts.changing(by, WhyChanged.CANCELLED) as change:
            tx, now = change.tx, change.now
            override = _to_cancel(tx, override_id, now)
            together = [override]
            if override.request_id is not None:
                together = tx.schedule.overrides_of(override.request_id)
            coming = [one for one in together if _is_coming(one, now)]
            tx.schedule.cancel_overrides([one.id for one in coming], by, now)
            if override.request_id is not None:
                self.requests.redraw(tx, override.request_id, now)
            after = self.shifts.schedule(tx, now).staff(now).get(override.level, ())
        return override_cancelled(override.level, coming, after, now)

    def _others(self, tx: Transaction, schedule: Schedule, request: ShiftRequest) -> list[str]:
        """Whom to ask: everybody of the rotations who could take it, and is of the team."""
        people = people_ahead(schedule, self.desk.policy.paging.levels, request.asked_at)
        return [
            user
            for user in sorted(people - {request.asked_by})
            if self.directory.is_known_as_team(tx, user)
            and not is_on(schedule, request.level, user, request.segment)
        ]


def _taken(
    tx: Transaction, level: str, segment: Segment, instead_of: Sequence[str] | None
) -> Taken:
    """What came of taking the pager, with the pages that are open now."""
    rows = [(row.page, tx.cases.get(row.case_number)) for row in tx.pages.open()]
    ringing = [(case, page.due_at) for page, case in rows if page.is_ringing]
    quiet = [case for page, case in rows if not page.is_ringing]
    return Taken(level, segment, instead_of, ringing, quiet)


def _override(level: str, by: str, segment: Segment, now: datetime) -> Override:
    return Override(
        id=0,
        level=level,
        kind=OverrideKind.REPLACE,
        user=by,
        instead_of=None,
        segment=segment,
        set_at=now,
        set_by=by,
    )


def _to_cancel(tx: Transaction, override_id: int, now: datetime) -> Override:
    override = tx.schedule.override(override_id)
    if override is None:
        raise UserError("There is no such change of the schedule.")
    if override.cancelled_at is not None:
        raise UserError(f"<@{override.cancelled_by}> cancelled that already.")
    if not _is_coming(override, now):
        raise UserError("That is over, and the past cannot be changed.")
    return override


def _is_coming(override: Override, now: datetime) -> bool:
    """Whether any of it still counts from now on."""
    return override.cancelled_at is None and override.segment.end > now

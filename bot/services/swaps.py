"""Swaps: asking one person for one of their shifts, for one of one's own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from bot.domain.cover import Stretch, Wrong, people_ahead, to_swap, wrong_swap
from bot.domain.segments import Segment
from bot.domain.shift_request import RequestKind, ShiftRequest
from bot.errors import FormError, UserError
from bot.messages import cover_forms, ids
from bot.messages.cover_forms import SwapFacts
from bot.messages.ids import StretchChoice
from bot.services.desk import Desk
from bot.services.directory import Directory
from bot.services.requests import Requests
from bot.services.shifts import Shifts


@dataclass(frozen=True)
class Swaps:
    """The use cases; whoever calls them knows that the person is of the team."""

    desk: Desk
    shifts: Shifts
    requests: Requests
    directory: Directory

    def facts(self, by: str) -> SwapFacts:
        """What somebody can swap, and for what: shifts of others at the same levels.

        Raises:
            UserError: there is nothing to swap.
        """
        now = self.desk.clock.now()
        with self.desk.store.reading() as tx:
            schedule = self.shifts.schedule(tx, now)
            mine = to_swap(schedule, by, self.desk.policy.paging.levels, now)
            levels = list(dict.fromkeys(stretch.level for stretch in mine))
            others = [
                user
                for user in sorted(people_ahead(schedule, levels, now) - {by})
                if self.directory.is_known_as_team(tx, user)
            ]
            names = self.directory.names(tx, others)
        theirs = [stretch for user in others for stretch in to_swap(schedule, user, levels, now)]
        if not mine or not theirs:
            raise UserError(cover_forms.nothing_to_swap(mine=not mine))
        theirs.sort(key=lambda s: (levels.index(s.level), names.get(s.user, ""), s.segment))
        return SwapFacts(mine, theirs, names)

    def ask(
        self, by: str, mine: StretchChoice, theirs: StretchChoice, form_id: str
    ) -> ShiftRequest:
        """Ask one person to swap; a form that comes twice asks once.

        Raises:
            FormError: what was chosen cannot be swapped, or not any more.
        """
        give, take = _stretch(mine), _stretch(theirs)
        with self.requests.asking() as (tx, now):
            is_new = tx.first_time(form_id, now)
            requests = [request for _, request in tx.requests.open(now)] if is_new else []
            schedule = self.shifts.schedule(tx, now)
            wrong = wrong_swap(schedule, give, take, requests, now)
            if give.user != by or not self.directory.is_known_as_team(tx, take.user):
                wrong = Wrong.NO_LONGER
            if wrong is not None:
                place = ids.MINE if wrong is Wrong.ASKED_ALREADY else ids.THEIRS
                sentence = cover_forms.wrong(wrong, give.level)
                raise FormError({place: sentence})
            request = _request(give, take, now)
            if is_new:
                self.requests.ask(tx, request, [take.user])
        return request


def _stretch(choice: StretchChoice) -> Stretch:
    start, end = (datetime.fromtimestamp(at, UTC) for at in (choice.start, choice.end))
    return Stretch(choice.level, choice.user_id, Segment(start, end))


def _request(give: Stretch, take: Stretch, now: datetime) -> ShiftRequest:
    return ShiftRequest(
        level=give.level,
        kind=RequestKind.SWAP,
        asked_by=give.user,
        segment=give.segment,
        asked_at=now,
        asked_of=take.user,
        in_return=take.segment,
    )

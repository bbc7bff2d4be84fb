"""Answers `/maintenance.ics` and `/maintenance/<sector>.ics`: for everybody, locking nothing."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus

from bot.domain.calendar_plan import HORIZON
from bot.domain.segments import Segment
from bot.domain.window import Window
from bot.errors import StorageUnavailableError
from bot.policy import Policy
from bot.services.ports import Store
from bot.web import Answer

_log = logging.getLogger(__name__)

# People look back at what was; a calendar learns within that time that a window was called off.
BEHIND = timedelta(weeks=4)
_HEADERS = (("Cache-Control", "public, max-age=300"), ("X-Content-Type-Options", "nosniff"))


@dataclass(frozen=True)
class CalendarWeb:
    """The calendar file over HTTP."""

    policy: Policy
    store: Store
    now: Callable[[], datetime]
    _made: dict[str | None, tuple[object, str]] = field(default_factory=dict, repr=False)

    def __call__(self, sector: str | None, known: str) -> Answer:
        """One request.

        Args:
            sector: as the address calls it; None: the file of all.
            known: the header If-None-Match: which versions of it somebody has.
        """
        from bot.calendar_file import sectors  # noqa: PLC0415 - slow to import, seldom asked for

        now = self.now()
        shown = Segment(now - BEHIND, now + HORIZON)
        try:
            with self.store.reading() as tx:
                windows = tx.windows.overlapping(shown)
                revised = tx.windows.revised(shown)
        except StorageUnavailableError as error:
            _log.error("the database is away: %s", error)
            return Answer(HTTPStatus.SERVICE_UNAVAILABLE, headers=(("Retry-After", "60"),))
        name = None
        if sector is not None:
            name = _called(sectors(self.policy, windows), sector)
            if name is None:
                return Answer(HTTPStatus.NOT_FOUND, "There is no such sector.")
        body = self._file(windows, revised, now, name)
        tag = f'"{hashlib.sha256(body.encode()).hexdigest()[:32]}"'
        headers = (("ETag", tag), *_HEADERS)
        if _knows(known, tag):
            return Answer(HTTPStatus.NOT_MODIFIED, headers=headers)
        return Answer(HTTPStatus.OK, body, "text/calendar;charset=utf-8", headers)

    def _file(
        self,
        windows: Sequence[Window],
        revised: Mapping[str, datetime],
        now: datetime,
        sector: str | None,
    ) -> str:
        """The file; made anew only where something is new, since anybody may ask often."""
        from bot.calendar_file import calendar_file  # noqa: PLC0415 - as above

        made_of = (tuple(windows), revised, now.year)
        known, body = self._made.get(sector, (None, ""))
        if known != made_of:
            body = calendar_file(self.policy, windows, revised, now, sector)
            self._made[sector] = (made_of, body)
        return body


def _called(sectors: Mapping[str, str], asked: str) -> str | None:
    """The sector that an address names: as addresses call it, or as people do."""
    wanted = asked.casefold()
    return next((name for slug, name in sectors.items() if wanted in (slug, name.casefold())), None)


def _knows(known: str, tag: str) -> bool:
    tags = [one.strip().removeprefix("W/") for one in known.split(",")]
    return tag in tags or tags == ["*"]

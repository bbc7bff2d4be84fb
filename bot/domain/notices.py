"""When customers are told of maintenance windows, and until when that is worth it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from bot.domain.maintenance import MaintenanceRules, WindowKind
from bot.domain.window import Window


class NoticeKind(StrEnum):
    DAYS_BEFORE = "days_before"
    SOON = "soon"
    STARTED = "started"
    ENDED = "ended"


@dataclass(frozen=True)
class Notice:
    """Something to tell every customer channel about a window.

    It is due at an instant in UTC and no longer sent from `worth_until` on. `tag` says which of
    its window's notices it is ("3d", "60m", "started"). The first window is what it is about; the
    others are mentioned: the routine window around an upgrade, or the upgrades inside a routine
    window.
    """

    kind: NoticeKind
    tag: str
    due_at: datetime
    worth_until: datetime
    windows: tuple[Window, ...]

    @property
    def about(self) -> Window:
        """The window that it is about."""
        return self.windows[0]

    @property
    def key(self) -> str:
        """Its name for good."""
        return notice_key(self.about, self.tag)


def notice_key(window: Window, tag: str) -> str:
    """What a notice of a window is called for good.

    It has the instant in it that it tells of: a window that was moved is told of anew, and one
    that will only end later, or whose reminders the policy now sends at another hour, is not.
    """
    at = window.segment.end if tag == NoticeKind.ENDED else window.segment.start
    return f"{window.key}/{tag}@{at.isoformat()}"


def notices(rules: MaintenanceRules, windows: Sequence[Window]) -> tuple[Notice, ...]:
    """What to tell customers about the windows that take place, earliest first.

    An upgrade inside a routine window is announced in the same message: its notices mention the
    routine window, whose own notice is left out where one of the upgrade's says the same at the
    same time. So a routine window and what is inside it have to be given together.
    """
    routine = [w for w in windows if w.kind is WindowKind.ROUTINE]
    inner = [w for w in windows if w.kind is not WindowKind.ROUTINE]
    found = [notice for window in inner for notice in own_notices(rules, window, routine)]
    said = {(w.key, notice.kind, notice.due_at) for notice in found for w in notice.windows}
    for window in routine:
        own = own_notices(rules, window, inner)
        found += (n for n in own if (window.key, n.kind, n.due_at) not in said)
    return tuple(sorted(found, key=lambda n: (n.due_at, n.key)))


def own_notices(
    rules: MaintenanceRules, window: Window, others: Sequence[Window] = ()
) -> tuple[Notice, ...]:
    """The notices about a window, those too that another window's may turn out to say.

    They mention those of the others that are announced together with it.
    """
    if not window.takes_place:
        return ()
    is_routine = window.kind is WindowKind.ROUTINE
    mentioned = (
        other
        for other in others
        if other.takes_place
        and (other.kind is WindowKind.ROUTINE) is not is_routine
        and (window.surrounds(other) if is_routine else other.surrounds(window))
    )
    return tuple(_notices_of(rules, (window, *mentioned)))


def notice(rules: MaintenanceRules, windows: Sequence[Window], key: str) -> Notice | None:
    """The notice of that name; None: there is none any more, or another's says the same.

    Args:
        windows: the one that it is about, and all that overlap it.
    """
    return next((found for found in notices(rules, windows) if found.key == key), None)


def name_in(rules: MaintenanceRules, said_in: Notice, window: Window) -> str:
    """What a notice is called for good, as far as it tells of one of its windows.

    Where that one's own notice would say the same at the same time, it is that.
    """
    own = own_notices(rules, window)
    same = (n.key for n in own if (n.kind, n.due_at) == (said_in.kind, said_in.due_at))
    return next(same, said_in.key)


def _notices_of(rules: MaintenanceRules, named: tuple[Window, ...]) -> Iterator[Notice]:
    """The notices about the first of the named windows, as the reminders say it.

    A reminder is worth sending until the next one is due or the window begins; one that would
    never be worth it (two at the same instant, or not before the start) is left out.
    """
    window, zone = named[0], rules.zone
    reminders = rules.reminders(window.kind)
    start, end = window.segment.start, window.segment.end
    start_day = start.astimezone(zone).date()

    reminded = [
        (start - timedelta(minutes=n), NoticeKind.SOON, f"{n}m") for n in reminders.minutes_before
    ]
    for n in reminders.days_before:
        due = datetime.combine(start_day - timedelta(days=n), reminders.at, zone)
        reminded.append((due.astimezone(UTC), NoticeKind.DAYS_BEFORE, f"{n}d"))
    before = sorted(reminder for reminder in reminded if reminder[0] < start)
    for (due_at, kind, tag), (next_due, *_) in pairwise([*before, (start, NoticeKind.STARTED, "")]):
        if due_at < next_due:
            yield Notice(kind, tag, due_at, next_due, named)
    if reminders.at_start:
        yield Notice(NoticeKind.STARTED, NoticeKind.STARTED, start, end, named)
    if reminders.ended_worth:
        yield Notice(NoticeKind.ENDED, NoticeKind.ENDED, end, end + reminders.ended_worth, named)

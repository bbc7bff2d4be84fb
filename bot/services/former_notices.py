"""Notices that a version without rows of windows has promised and posted: none comes twice.

That version named a window by the date it was on ("prod-2027-01-01"), and its notices with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.domain.ledger import LedgerLine, LineState
from bot.domain.maintenance import MaintenanceRules, WindowKind
from bot.domain.notices import Notice, NoticeKind, name_in, notice_key
from bot.domain.outbox import Delivered, GiveUp, MessageKind, Skip, Written
from bot.domain.timers import TimerKind
from bot.domain.window import Window
from bot.services.desk import window_subject
from bot.services.ports import Transaction


def adopt(
    tx: Transaction, rules: MaintenanceRules, windows: Sequence[Window], now: datetime
) -> list[Window]:
    """Give what is in the outbox the names of the windows as rows; the windows after that.

    The promises are called off, for every notice is promised anew. A process of the former
    version that still runs finds nothing to post, and can send what it wrote: the facts that it
    reads stay. What was posted goes into the ledger.
    """
    tx.timers.finish_all(TimerKind.MAINTENANCE, now)
    by_subject = {_former_subject(window, rules.zone): window for window in windows}
    told_at: dict[str, datetime] = {}
    named: set[str] = set()
    for written in tx.outbox.posts_about(by_subject.keys(), MessageKind.MAINTENANCE):
        draft = written.draft
        window = by_subject[draft.subject]
        tag = draft.facts["notice"].rpartition("/")[2]
        key = notice_key(window, tag)
        name = f"notice:{key}:{draft.channel_id}"
        renamed = replace(
            draft,
            subject=window_subject(window.key),
            # A channel that Slack calls by a new id may have had it by both.
            dedupe_key=draft.dedupe_key if name in named else name,
            facts={**draft.facts, "window": window.key, "key": key},
        )
        named.add(name)
        tx.outbox.rename(written.id, renamed)
        due_at = datetime.fromisoformat(draft.facts["due_at"])
        said = Notice(_kind(tag), tag, due_at, due_at, (window,))
        for other in (window, *_told_with(window, windows)):
            line = LedgerLine(
                window_key=other.key,
                notice=name_in(rules, said, other),
                kind=said.kind,
                channel_id=draft.channel_id or "",
                told=other.segment,
                due_at=due_at,
                message_id=written.id,
            )
            tx.ledger.add(_settled(line, written))
            told_at.setdefault(other.key, due_at)
    return [_announced(tx, window, told_at) for window in windows]


def _settled(line: LedgerLine, written: Written) -> LedgerLine:
    """A line, as the message that it stands for ended."""
    at = written.settled_at
    match written.settlement:
        case Delivered(posted):
            return replace(line, state=LineState.SENT, settled_at=at, posted=posted)
        case GiveUp(reason):
            return replace(line, state=LineState.REFUSED, settled_at=at, reason=reason)
        case Skip(reason):
            return replace(line, state=LineState.LEFT_OUT, settled_at=at, reason=reason)
    return line


def _told_with(window: Window, windows: Sequence[Window]) -> list[Window]:
    """The routine window around an upgrade, of which its posts told as well."""
    if window.kind is WindowKind.ROUTINE:
        return []
    return [w for w in windows if w.kind is WindowKind.ROUTINE and w.surrounds(window)]


def _announced(tx: Transaction, window: Window, told_at: dict[str, datetime]) -> Window:
    """A window was told of by its own posts; the routine one also by those of what is inside it."""
    if window.key not in told_at:
        return window
    announced = replace(window, announced_at=told_at[window.key])
    tx.windows.save(announced)
    return announced


def _kind(tag: str) -> NoticeKind:
    """What kind of notice is called so: "3d", "60m", "started", "ended"."""
    if tag in set(NoticeKind):
        return NoticeKind(tag)
    return NoticeKind.SOON if tag.endswith("m") else NoticeKind.DAYS_BEFORE


def _former_subject(window: Window, zone: ZoneInfo) -> str:
    day = window.segment.start.astimezone(zone).date()
    return f"window:{(window.sector or window.kind).lower()}-{day}"

"""Notices that a version without rows of windows has promised and posted: none comes twice.

That version named a window by the date it was on ("prod-2027-01-01"), and its notices with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.domain.maintenance import MaintenanceRules, WindowKind
from bot.domain.notices import notice_key
from bot.domain.outbox import MessageKind
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
    reads stay.
    """
    tx.timers.finish_all(TimerKind.MAINTENANCE, now)
    by_subject = {_former_subject(window, rules.zone): window for window in windows}
    told_at: dict[str, datetime] = {}
    named: set[str] = set()
    for message_id, draft in tx.outbox.posts_about(by_subject.keys(), MessageKind.MAINTENANCE):
        window = by_subject[draft.subject]
        key = notice_key(window, draft.facts["notice"].rpartition("/")[2])
        name = f"notice:{key}:{draft.channel_id}"
        renamed = replace(
            draft,
            subject=window_subject(window.key),
            # A channel that Slack calls by a new id may have had it by both.
            dedupe_key=draft.dedupe_key if name in named else name,
            facts={**draft.facts, "window": window.key, "key": key},
        )
        named.add(name)
        tx.outbox.rename(message_id, renamed)
        told_at.setdefault(window.key, datetime.fromisoformat(draft.facts["due_at"]))
    return [_announced(tx, window, windows, told_at) for window in windows]


def _announced(
    tx: Transaction, window: Window, windows: Sequence[Window], told_at: dict[str, datetime]
) -> Window:
    """A window was told of by its own posts; the routine one also by those of what is inside it."""
    is_routine = window.kind is WindowKind.ROUTINE
    told = {other.key for other in windows if is_routine and window.surrounds(other)}
    told = (told | {window.key}) & told_at.keys()
    if not told:
        return window
    at = min(told_at[key] for key in told)
    announced = replace(window, announced_at=at)
    tx.windows.save(announced)
    return announced


def _former_subject(window: Window, zone: ZoneInfo) -> str:
    day = window.segment.start.astimezone(zone).date()
    return f"window:{(window.sector or window.kind).lower()}-{day}"

"""Telling channels of maintenance: notices when they are due, changes when they are made.

What is told of a change, and where, is found by one function: for the preview, and for the change.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.calendar_plan import Changed
from bot.domain.conversation import instant
from bot.domain.ledger import LedgerLine, LineState, PostKind, by_channel, is_told_of_change
from bot.domain.notices import Notice, own_notices
from bot.domain.outbox import (
    Delivered,
    Draft,
    GiveUp,
    MessageKind,
    RetryAt,
    Sending,
    Settlement,
    Skip,
)
from bot.domain.records import Channel
from bot.domain.timers import Timer, TimerKind
from bot.domain.window import Window
from bot.errors import NotReadyError
from bot.messages.kit import Message
from bot.services.desk import Desk, window_subject
from bot.services.ports import Transaction
from bot.services.tellings import Post, Telling, Tellings

CALENDAR = "maintenance"  # the mark of who has the calendar, and of when it was last planned

# Words are chosen that long before Slack dates their post, at most.
_CHOSEN_BEFORE = timedelta(seconds=10)


@dataclass(frozen=True)
class Announcement:
    """A post, and where it goes; `redraws` earlier posts there are drawn anew in place."""

    kind: PostKind
    channel_ids: tuple[str, ...]
    message: Message
    redraws: int


@dataclass(frozen=True)
class Announcements:
    """What is written for channels, and what became of it; part of other transactions."""

    desk: Desk

    def of_change(self, tx: Transaction, changed: Changed, now: datetime) -> Sequence[Announcement]:
        """What a change would have posted, and where; nothing is written."""
        return [
            Announcement(
                telling.post.kind,
                telling.channel_ids,
                telling.post.words(),
                len(_messages(line for line in telling.earlier if line.is_told)),
            )
            for telling in self._tellings.of_change(tx, changed, now)
        ]

    def tell_change(self, tx: Transaction, changed: Changed, now: datetime) -> None:
        """Write what a change has to have posted; the windows are stored as they are by now."""
        for telling in self._tellings.of_change(tx, changed, now):
            self._tell(tx, telling, now)

    def catch_up(self, tx: Transaction, channel: Channel, now: datetime) -> None:
        """Casebell is in a channel again: write what has changed of what was told there."""
        tx.marks.lock(CALENDAR)
        for telling in self._tellings.of_return(tx, channel, now):
            self._tell(tx, telling, now)

    def tell(self, tx: Transaction, own: Notice, now: datetime) -> None:
        """Write a notice that is due, once for each channel that Casebell is in.

        Raises:
            NotReadyError: which channels these are is not known yet.
        """
        channels = tx.roster.member_channels()
        if not channels:  # it is at least in the team's
            raise NotReadyError("Slack has not said yet which channels Casebell is in.")
        windows = tx.windows.overlapping(own.about.segment)
        lines = {w.key: by_channel(tx.ledger.of_window(w.key)) for w in windows}
        posts: dict[Notice, Post] = {}
        for channel in channels:
            before = {key: found.get(channel.channel_id, []) for key, found in lines.items()}
            if any(x.notice == own.key and x.is_settled_for for x in before[own.about.key]):
                continue  # it has it, perhaps with another notice
            # One that was told of anew is not told again, and takes no other one along.
            apart = {key for key, found in before.items() if is_told_of_change(found, own.due_at)}
            due: Notice | str | None = "it was told of a change then"
            if own.about.key not in apart:
                others = [window for window in windows if window.key not in apart]
                due = self._tellings.in_channel(channel, own, others)
            if isinstance(due, Notice):
                if due not in posts:
                    posts[due] = self._tellings.post_of(tx, due, now)
                    self._announced(tx, posts[due], now)
                self._write(tx, posts[due], channel.channel_id, own.due_at, now)
            elif due is not None:
                line = _line(own.about, own.key, own.kind, channel.channel_id, own.due_at)
                left_out = replace(line, state=LineState.LEFT_OUT, reason=due, settled_at=now)
                tx.ledger.add(left_out)

    def settled(
        self, tx: Transaction, sending: Sending, settlement: Settlement, now: datetime
    ) -> None:
        """Put into the ledger how a post, or an edit of it, ended."""
        if sending.edits is not None:
            self._edited(tx, sending.edits, settlement, now)
            return
        match settlement:
            case Delivered(posted):
                tx.ledger.settle(sending.id, LineState.SENT, now, posted=posted)
                self._correct(tx, sending.id, instant(posted.ts) - _CHOSEN_BEFORE)
            case GiveUp(reason):
                tx.ledger.settle(sending.id, LineState.REFUSED, now, reason=reason)
            case Skip(reason):
                tx.ledger.settle(sending.id, LineState.LEFT_OUT, now, reason=reason)
                self._tell_the_others(tx, sending, now)
            case RetryAt(_, reason):
                tx.ledger.settle(sending.id, LineState.DUE, None, reason=reason)

    def _tell_the_others(self, tx: Transaction, sending: Sending, now: datetime) -> None:
        """What a notice that was left out would have told of other windows is told by their own."""
        for line in tx.ledger.of_message(sending.id):
            window = tx.windows.get(line.window_key)
            if line.window_key == sending.facts["window"] or window is None:
                continue
            for own in own_notices(self.desk.policy.maintenance, window):
                if own.key == line.notice and now < own.worth_until:
                    tx.timers.renew(notice_timer(own))

    def _edited(
        self, tx: Transaction, message_id: int, settlement: Settlement, now: datetime
    ) -> None:
        match settlement:
            case Delivered(posted):
                tx.ledger.settle(message_id, LineState.EDITED, now, posted=posted)
            case GiveUp(reason):
                why = f"not edited: {reason}"
                tx.ledger.settle(message_id, LineState.SENT, now, reason=why)

    def _correct(self, tx: Transaction, message_id: int, chosen_at: datetime) -> None:
        """A window that a post mentions may have changed before the words of it were chosen."""
        lines = tx.ledger.of_message(message_id)
        about, *others = [tx.windows.get(line.window_key) for line in lines] or [None]
        for line, window in zip(lines[1:], others, strict=True):
            if about is None or window is None or window.changed_at is None:
                continue
            is_as_told = window.takes_place and window.segment == line.told
            if is_as_told or window.changed_at >= chosen_at:
                continue
            if window.takes_place and (window.surrounds(about) or about.surrounds(window)):
                tx.ledger.correct(message_id, window.key, window.segment)
            else:
                tx.ledger.leave_out(message_id, window.key, "it was changed before this was sent")

    def _tell(self, tx: Transaction, telling: Telling, now: datetime) -> None:
        for channel_id in telling.channel_ids:
            self._write(tx, telling.post, channel_id, now, now)
        self._announced(tx, telling.post, now)
        self._redraw(tx, _messages(telling.earlier), now)

    def _write(
        self, tx: Transaction, post: Post, channel_id: str, due_at: datetime, now: datetime
    ) -> None:
        draft = Draft(
            kind=MessageKind.MAINTENANCE,
            subject=window_subject(post.about.key),
            dedupe_key=f"notice:{post.key}:{channel_id}",
            due_at=now,
            facts=post.facts,
            channel_id=channel_id,
        )
        message_id = tx.outbox.add(draft, now)
        if message_id is None:
            return  # it was written before there was a ledger
        for window, name in post.tells_of:
            line = _line(window, name, post.kind, channel_id, due_at)
            tx.ledger.add(replace(line, message_id=message_id))

    def _announced(self, tx: Transaction, post: Post, now: datetime) -> None:
        """Its windows have been told of: from now on an edited policy moves none of them."""
        for told, _ in post.tells_of:
            window = tx.windows.get(told.key)
            if window is not None and window.announced_at is None:
                tx.windows.save(replace(window, announced_at=now))

    def _redraw(self, tx: Transaction, message_ids: set[int], now: datetime) -> None:
        for message_id, draft in tx.outbox.to_redraw_of(message_ids):
            # As of an old one: it hurries nobody, and waits until what it redraws has arrived.
            edit = replace(draft, edits=message_id, dedupe_key=None, due_at=now, is_old=True)
            tx.outbox.add(edit, now)

    @property
    def _tellings(self) -> Tellings:
        return Tellings(self.desk)


def notice_timer(notice: Notice) -> Timer:
    """The promise of a notice: one for each instant at which it may be due."""
    due = notice.due_at.isoformat()
    facts = {"window": notice.about.key, "key": notice.key, "due_at": due}
    return Timer(TimerKind.MAINTENANCE, notice.due_at, f"notice:{notice.key}:{due}", facts)


def _line(
    window: Window, notice: str, kind: PostKind, channel_id: str, due_at: datetime
) -> LedgerLine:
    return LedgerLine(
        window_key=window.key,
        notice=notice,
        kind=kind,
        channel_id=channel_id,
        told=window.segment,
        due_at=due_at,
    )


def _messages(lines: Iterable[LedgerLine]) -> set[int]:
    return {line.message_id for line in lines if line.message_id is not None}

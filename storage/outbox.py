"""Messages on their way to Slack."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bot.domain.outbox import (
    Claim,
    Delivered,
    Draft,
    GiveUp,
    MessageKind,
    Posted,
    Priority,
    RetryAt,
    Sending,
    Settlement,
    Skip,
    Written,
)
from storage.renaming import present_id
from storage.rows import delete_some, insert, insert_once, one_of
from storage.tables import outbox, paces

# A kind that only a newer version knows is left to that version.
PENDING = sa.and_(outbox.c.state == "pending", one_of(outbox.c.kind, MessageKind))
# A post that Slack has, or will have.
_STANDS = sa.and_(outbox.c.edits.is_(None), one_of(outbox.c.state, ("sent", "pending")))
_IDS_AT_ONCE = 500
_earlier = outbox.alias()
FIRST_OF_ITS_LANE = ~sa.exists().where(
    _earlier.c.lane == outbox.c.lane,
    _earlier.c.id < outbox.c.id,
    _earlier.c.state == "pending",
    one_of(_earlier.c.kind, MessageKind),
    # Nothing new waits for a redraw; redraws wait for each other, and of one message in any case.
    sa.or_(
        sa.and_(
            _earlier.c.priority <= outbox.c.priority,
            sa.or_(_earlier.c.edits.is_(None), outbox.c.edits.is_not(None)),
        ),
        _earlier.c.edits == outbox.c.edits,
    ),
)
# What every tick asks is put together once.
_NEXT_DUE = (
    sa.select(outbox.c.due_at).where(PENDING, FIRST_OF_ITS_LANE).order_by(outbox.c.due_at).limit(1)
)
_DUE = (
    sa.select(outbox)
    .where(PENDING, outbox.c.due_at <= sa.bindparam("now"), FIRST_OF_ITS_LANE)
    .order_by(outbox.c.priority, outbox.c.due_at, outbox.c.id)
    .limit(sa.bindparam("at_most"))
    .with_for_update(skip_locked=True, of=outbox)
)


class OutboxRepository:
    """See `bot.services.ports.Outbox`."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self.earliest: datetime | None = None

    def add(self, draft: Draft, now: datetime) -> int | None:
        """The new message's id, or None: one with this key was written before."""
        metadata_key = uuid.uuid4().hex
        row = {
            "kind": draft.kind,
            "facts": dict(draft.facts),
            "subject": draft.subject,
            "channel_id": draft.channel_id,
            "user_id": draft.user_id,
            "thread_of": draft.thread_of,
            "thread_ts": draft.thread_ts,
            "edits": draft.edits,
            "lane": draft.lane,
            "priority": draft.priority,
            "dedupe_key": draft.dedupe_key or metadata_key,
            "metadata_key": metadata_key,
            "created_at": now,
            "due_at": draft.due_at,
            "state": "pending",
            "in_doubt": False,
        }
        added: int | None = insert_once(self._connection, outbox, row)
        if added is not None and (self.earliest is None or draft.due_at < self.earliest):
            self.earliest = draft.due_at
        return added

    def claim(
        self,
        now: datetime,
        lease_until: datetime,
        limit: int,
        gap: timedelta,
        *,
        for_pages: int,
        kinds: Collection[MessageKind] | None = None,
    ) -> Claim:
        """Take the most urgent messages that are due; until the lease ends nobody else gets them.

        `for_pages` of the limit are kept for pages. One of a lane at a time, in order. A place
        gets one message in each `gap`; what has to wait for its turn is put off to it. Pages wait
        for nobody.
        """
        query = _DUE if kinds is None else _DUE.where(outbox.c.kind.in_(kinds))
        rows = self._connection.execute(query, {"now": now, "at_most": limit})
        due = self._within(limit - for_pages, rows.all())
        # Place by place: claimers that ask for turns in one order never wait on each other in turn.
        by_place = sorted(due, key=_place)
        have_their_turn = {row.id for row in by_place if self._has_its_turn(row, now, gap)}
        taken = tuple(self._take(row, lease_until) for row in due if row.id in have_their_turn)
        return Claim(taken, put_off=len(due) - len(taken))

    def _within(self, others: int, due: Sequence[Any]) -> list[Any]:
        """The rows that may be taken: every page, and so many others."""
        pages = [row for row in due if row.priority == Priority.PAGE]
        return [*pages, *[row for row in due if row.priority != Priority.PAGE][: max(0, others)]]

    def _take(self, row: Any, lease_until: datetime) -> Sending:
        # In doubt from now on: should nobody settle it, Slack may or may not have it.
        self._change(row.id, due_at=lease_until, attempts=row.attempts + 1, in_doubt=True)
        thread = self._sent_as(row.thread_of)
        return Sending(
            id=row.id,
            kind=MessageKind(row.kind),
            subject=row.subject,
            facts=row.facts,
            channel_id=row.channel_id,
            user_id=row.user_id,
            edits=row.edits,
            thread_of=row.thread_of,
            original=self._sent_as(row.edits),
            thread_ts=thread.ts if thread else row.thread_ts,
            metadata_key=row.metadata_key,
            created_at=row.created_at,
            attempts=row.attempts + 1,
            in_doubt=row.in_doubt,
        )

    def _has_its_turn(self, row: Any, now: datetime, gap: timedelta) -> bool:
        place = _place(row)
        if row.priority == Priority.PAGE or not gap:
            return True
        statement = insert(self._connection, paces).values(place=place, free_at=now + gap)
        taken = self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=["place"],
                set_={"free_at": now + gap},
                # A turn further away than any gap was given before the clock was set back.
                where=sa.or_(paces.c.free_at <= now, paces.c.free_at > now + gap),
            ).returning(paces.c.place)
        ).scalar_one_or_none()
        if taken is None:
            query = sa.select(paces.c.free_at).where(paces.c.place == place)
            self._change(row.id, due_at=self._connection.execute(query).scalar_one())
        return taken is not None

    def settle(self, sending: Sending, settlement: Settlement, now: datetime) -> bool:
        """Record how it ended; False when somebody else has taken it since, and this is void."""
        values: dict[str, Any] = {"settled_at": now, "in_doubt": False}
        match settlement:
            case Delivered(posted):
                values |= {
                    "state": "sent",
                    "sent_channel": present_id(self._connection, posted.channel_id),
                    "sent_ts": posted.ts,
                }
            case RetryAt(at, reason, in_doubt):
                values |= {
                    "due_at": at,
                    "error": reason,
                    "in_doubt": in_doubt,
                    "settled_at": None,
                }
            case GiveUp(reason):
                values |= {"state": "gave_up", "error": reason}
            case Skip(reason):
                values |= {"state": "skipped", "error": reason}
        statement = sa.update(outbox).where(
            outbox.c.id == sending.id, PENDING, outbox.c.attempts == sending.attempts
        )
        return self._connection.execute(statement.values(values)).rowcount == 1

    def put_off(self, now: datetime, until: datetime) -> int:
        """How many messages wait until after then, and were written after now, or tried before."""
        query = sa.select(sa.func.count()).select_from(outbox).where(_put_off(now, until))
        found: int = self._connection.execute(query).scalar_one()
        return found

    def send_now(self, now: datetime, until: datetime, lease_until: datetime) -> int:
        """Have those be sent now; how many there were.

        One that was tried may be under way at this moment: it waits until a lease would end.
        """
        due_at = sa.case((outbox.c.attempts == 0, now), else_=lease_until)
        statement = sa.update(outbox).where(_put_off(now, until)).values(due_at=due_at)
        count = self._connection.execute(statement).rowcount
        if count:
            self.earliest = now
        return count

    def newest(self, subject: str, kind: MessageKind) -> int | None:
        query = sa.select(outbox.c.id).where(_posts(subject, kind))
        return self._connection.execute(query.order_by(outbox.c.id.desc()).limit(1)).scalar()

    def where(self, subject: str, kind: MessageKind) -> Posted | None:
        """Where Slack has the newest message of a kind about a subject, of those that it has."""
        return self._sent(_posts(subject, kind))

    def has_sent(self, subject: str, kind: MessageKind, *, since: datetime) -> bool:
        """Whether a message of a kind about a subject, written since then, has arrived."""
        query = sa.select(outbox.c.id).where(
            _posts(subject, kind), outbox.c.state == "sent", outbox.c.created_at >= since
        )
        return self._connection.execute(query.limit(1)).first() is not None

    def has_called(self, subject: str, route: str) -> bool:
        """Whether a route was told of a page."""
        is_over = outbox.c.channel_id.endswith(":resolve")
        # One that was tried more than once may have arrived, whatever became of it.
        may_have_it = sa.or_(outbox.c.state == "sent", outbox.c.in_doubt, outbox.c.attempts > 1)
        last_call = self._newest_call(subject, route, ~is_over, may_have_it)
        last_over = self._newest_call(subject, route, is_over, outbox.c.state == "sent")
        return last_call > last_over

    def _newest_call(self, subject: str, route: str, *which: sa.ColumnElement[bool]) -> int:
        query = sa.select(sa.func.max(outbox.c.id)).where(_calls(subject, route), *which)
        return self._connection.execute(query).scalar() or 0

    def is_called_again(self, sending: Sending, now: datetime) -> bool:
        """Whether a later call of the same route about the same page is due."""
        query = sa.select(outbox.c.id).where(
            _calls(sending.subject, sending.facts["route"]),
            ~outbox.c.channel_id.endswith(":resolve"),
            outbox.c.id > sending.id,
            sa.or_(outbox.c.due_at <= now, outbox.c.attempts > 0),
            PENDING,
        )
        return self._connection.execute(query.limit(1)).first() is not None

    def case_of(self, posted: Posted, kinds: Collection[MessageKind]) -> int | None:
        """The case that a message of one of these kinds is about, by where Slack has it."""
        query = sa.select(outbox.c.facts).where(
            outbox.c.sent_channel == posted.channel_id,
            outbox.c.sent_ts == posted.ts,
            outbox.c.kind.in_(kinds),
            outbox.c.edits.is_(None),
        )
        row = self._connection.execute(query.limit(1)).first()
        return None if row is None else row.facts.get("case")

    def to_redraw(self, subject: str, kind: MessageKind) -> list[tuple[int, Draft]]:
        """The posts of a kind about a subject that Slack has, or that are on their way there.

        One that nobody has taken yet is not among them: it is drawn when it is sent. All are
        locked, so that none is taken before what changed is committed. The newest come first.
        """
        return self._to_redraw(_posts(subject, kind))

    def to_redraw_of(self, message_ids: Collection[int]) -> list[tuple[int, Draft]]:
        """As `to_redraw`, of the messages with these ids."""
        found: list[tuple[int, Draft]] = []
        newest_first = sorted(message_ids, reverse=True)
        for first in range(0, len(newest_first), _IDS_AT_ONCE):
            some = newest_first[first : first + _IDS_AT_ONCE]
            found += self._to_redraw(sa.and_(outbox.c.id.in_(some), _STANDS))
        return found

    def _to_redraw(self, which: sa.ColumnElement[bool]) -> list[tuple[int, Draft]]:
        query = sa.select(outbox).where(which).order_by(outbox.c.id).with_for_update()
        rows = self._connection.execute(query).all()
        taken = (row for row in reversed(rows) if row.state == "sent" or row.attempts)
        return [(row.id, _draft(row)) for row in taken]

    def has_posts(self, subject: str, kind: MessageKind, key_prefix: str) -> bool:
        """Whether there is a message of a kind about a subject whose key begins so."""
        query = sa.select(outbox.c.id).where(
            outbox.c.subject == subject,
            outbox.c.kind == kind,
            outbox.c.dedupe_key.startswith(key_prefix, autoescape=True),
        )
        return self._connection.execute(query.limit(1)).first() is not None

    def is_superseded(self, sending: Sending, *, news: Collection[str] | None = None) -> bool:
        """Whether a later message of the same kind waits to say the same to the same place.

        For an edit: a later edit of that message. For a post: a later post; where `news` is
        given, only one that tells any of these.
        """
        query = sa.select(outbox.c.id).where(
            outbox.c.subject == sending.subject,
            outbox.c.kind == sending.kind,
            outbox.c.id > sending.id,
            outbox.c.edits.is_not_distinct_from(sending.edits),
            outbox.c.channel_id.is_not_distinct_from(sending.channel_id),
            outbox.c.user_id.is_not_distinct_from(sending.user_id),
            PENDING,
        )
        if news is not None:
            query = query.where(outbox.c.facts["news"].as_string().in_(news))
        return self._connection.execute(query.limit(1)).first() is not None

    def is_being_posted(
        self,
        channel_id: str,
        kind: MessageKind,
        *,
        user_id: str,
        after: datetime,
        before: datetime,
    ) -> bool:
        """Whether Slack may have a message of that kind there of which it is not known yet.

        Only messages written between the two instants count.
        """
        query = sa.select(outbox.c.id).where(
            _to(channel_id, user_id),
            outbox.c.kind == kind,
            outbox.c.edits.is_(None),
            outbox.c.in_doubt,
            outbox.c.created_at.between(after, before),
            PENDING,
        )
        return self._connection.execute(query.limit(1)).first() is not None

    def posts_about(self, subjects: Collection[str], kind: MessageKind) -> list[Written]:
        """Every post of a kind about any of these, however it ended; the oldest first."""
        query = sa.select(outbox).where(
            outbox.c.subject.in_(subjects), outbox.c.kind == kind, outbox.c.edits.is_(None)
        )
        rows = self._connection.execute(query.order_by(outbox.c.id))
        return [Written(row.id, _draft(row), _settlement(row), row.settled_at) for row in rows]

    def rename(self, message_id: int, draft: Draft) -> None:
        """Give a message the subject, facts and dedupe key of a draft."""
        self._change(
            message_id,
            subject=draft.subject,
            lane=draft.lane,
            facts=dict(draft.facts),
            dedupe_key=draft.dedupe_key,
        )

    def purge(self, settled_before: datetime, limit: int) -> int:
        """Forget redraws that were settled long ago; how many, at most the limit."""
        old = sa.and_(outbox.c.edits.is_not(None), outbox.c.settled_at < settled_before)
        return delete_some(self._connection, outbox, old, limit)

    def next_due(self) -> datetime | None:
        """When the next message can be taken; one under way counts from the end of its lease."""
        due_at: datetime | None = self._connection.execute(_NEXT_DUE).scalar()
        return due_at

    def _sent(self, which: sa.ColumnElement[bool]) -> Posted | None:
        """Where Slack has the newest of them that it has."""
        query = sa.select(outbox.c.sent_channel, outbox.c.sent_ts).where(
            which, outbox.c.state == "sent"
        )
        row = self._connection.execute(query.order_by(outbox.c.id.desc()).limit(1)).first()
        return Posted(row.sent_channel, row.sent_ts) if row else None

    def _sent_as(self, message_id: int | None) -> Posted | None:
        return None if message_id is None else self._sent(outbox.c.id == message_id)

    def _change(self, message_id: int, **values: Any) -> None:
        self._connection.execute(sa.update(outbox).where(outbox.c.id == message_id).values(values))


def _put_off(now: datetime, until: datetime) -> sa.ColumnElement[bool]:
    is_brief = sa.or_(outbox.c.created_at > now, outbox.c.attempts > 0)
    return sa.and_(PENDING, outbox.c.due_at > until, is_brief)


def _settlement(row: Any) -> Delivered | GiveUp | Skip | None:
    match row.state:
        case "sent":
            return Delivered(Posted(row.sent_channel, row.sent_ts))
        case "gave_up":
            return GiveUp(row.error)
        case "skipped":
            return Skip(row.error)
    return None


def _posts(subject: str, kind: MessageKind) -> sa.ColumnElement[bool]:
    """The posts of a kind about a subject that Slack has, or will have."""
    return sa.and_(
        outbox.c.subject == subject,
        outbox.c.kind == kind,
        _STANDS,
    )


def _to(channel_id: str, user_id: str) -> sa.ColumnElement[bool]:
    """To that channel; a DM may not be known yet but by its person."""
    if channel_id.startswith("D"):
        return sa.or_(outbox.c.channel_id == channel_id, outbox.c.user_id == user_id)
    return outbox.c.channel_id == channel_id


def _calls(subject: str, route: str) -> sa.ColumnElement[bool]:
    return sa.and_(
        outbox.c.subject == subject,
        outbox.c.kind == MessageKind.ROUTE_CALL,
        outbox.c.channel_id.startswith(f"route:{route}:", autoescape=True),
    )


def _place(row: Any) -> str:
    place: str = row.channel_id or row.user_id
    return place


def _draft(row: Any) -> Draft:
    return Draft(
        kind=MessageKind(row.kind),
        subject=row.subject,
        dedupe_key=row.dedupe_key,
        due_at=row.due_at,
        facts=row.facts,
        channel_id=row.channel_id,
        user_id=row.user_id,
        thread_of=row.thread_of,
        thread_ts=row.thread_ts,
    )

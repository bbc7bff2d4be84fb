"""The conversation in a case's thread: on record, before the team's eyes, and what follows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.case import Case, CaseStatus
from bot.domain.conversation import CaseMessage, File, Said, instant
from bot.domain.delivery import PERMANENT
from bot.domain.events import EventKind, TimelineEntry
from bot.domain.outbox import MessageKind, Posted
from bot.errors import SlackError
from bot.services.cards import Cards
from bot.services.desk import Desk, case_subject, redraw
from bot.services.directory import Directory
from bot.services.handling import reopened
from bot.services.ports import SlackGateway, Transaction
from bot.services.response import CLOCK_SKEW, ResponseClock
from bot.services.threads import Threads

LOOKED_AFTER = timedelta(days=14)
_MOST_PAUSES = 5  # for one case
READ_AGAIN = timedelta(days=1)  # before the newest message on record, should one be missing


@dataclass(frozen=True)
class Conversation:
    """The use cases of a case's thread. Slack repeats events; each is taken once."""

    desk: Desk
    slack: SlackGateway
    directory: Directory
    threads: Threads
    cards: Cards
    response_clock: ResponseClock

    def wrote(self, event_id: str, said: Said) -> bool:
        """Somebody wrote in a thread, or changed what they wrote there; whether it is a case's.

        If it is, it is recorded, and may be the answer.

        Raises:
            SlackError: the author is not known yet, and Slack does not tell.
            NotReadyError: the thread may be a case's whose card is on its way. After either,
                Slack repeats the event.
        """
        number = self.threads.case_of(said)
        if number is not None:
            self._take(number, said, event_id)
        return number is not None

    def deleted(self, event_id: str, said: Said) -> None:
        """Somebody took their words back: that they did stays on record, and no word does.

        Raises:
            SlackError, NotReadyError: as `wrote`.
        """
        number = self.threads.case_of(said)
        if number is None:
            return
        by_team, now = self.directory.is_team(said.author.user_id), self.desk.clock.now()
        with self.desk.store.transaction() as tx:
            if not tx.first_time(event_id, now):
                return
            tx.cases.get(number, lock=True)  # as in _take
            known = tx.messages.find(said.channel_id, said.ts)
            message_id = known.id if known else None
            if message_id is None:
                message_id = tx.messages.add(number, said, by_team=by_team)
            if message_id is not None and (known is None or known.deleted_at is None):
                self._delete(tx, tx.messages.get(message_id), now)

    def catch_up(self, pause: Callable[[float], None]) -> None:
        """Look into the threads of cases for words that were not told of.

        Slack repeats an event for some minutes only; Casebell may have been away for longer.
        Cases that await a response come first.

        Args:
            pause: waits so many seconds, when Slack asks for it.

        Raises:
            SlackError: Slack does not answer; what was found so far is kept.
        """
        with self.desk.store.reading() as tx:
            cases = tx.cases.to_catch_up(self.desk.clock.now() - LOOKED_AFTER)
        for case in cases:
            self._catch_up_patiently(case, pause)

    def _catch_up_patiently(self, case: Case, pause: Callable[[float], None]) -> None:
        for _ in range(_MOST_PAUSES):
            try:
                self._catch_up_with(case)
            except SlackError as error:
                if error.retry_after is not None:
                    pause(error.retry_after)
                    continue
                if error.code not in PERMANENT:  # a channel that is gone stops no other
                    raise
            return

    def _catch_up_with(self, case: Case) -> None:
        thread = Posted(case.place.channel_id, case.thread_ts or "")
        with self.desk.store.reading() as tx:
            newest = tx.messages.newest(case.number)
            since = max(case.opened_at, newest - READ_AGAIN) if newest else case.opened_at
            # Before Slack is asked: what is written meanwhile is not in its answer, and stands.
            on_record = tx.messages.written_since(case.number, since)
        standing = set()
        for found in self.slack.replies(thread, since=since):
            standing.add(found.ts)
            with self.desk.store.reading() as tx:
                known = tx.messages.find(found.channel_id, found.ts)
            if known is None or _is_newer(found, known):
                self._take(case.number, found)
        gone = [m for m in on_record if m.channel_id == thread.channel_id and m.ts not in standing]
        for message in gone:  # what people took back meanwhile: no word of it is kept either
            with self.desk.store.transaction() as tx:
                tx.cases.get(case.number, lock=True)
                if tx.messages.get(message.id).deleted_at is None:
                    self._delete(tx, message, self.desk.clock.now())

    def _take(self, number: int, said: Said, event_id: str | None = None) -> None:
        """Record a message in its newest wording: that of an edit may be told first."""
        by_team = self.directory.is_team(said.author.user_id)
        with self.desk.store.reading() as tx:
            known = tx.messages.find(said.channel_id, said.ts)
        if known is None or _is_newer(said, known):
            said = self._with_files(said)
        with self.desk.store.transaction() as tx:
            if event_id is not None and not tx.first_time(event_id, self.desk.clock.now()):
                return
            # Locked, so that who tells of the same message waits here.
            case = tx.cases.get(number, lock=True)
            known = tx.messages.find(said.channel_id, said.ts)
            if known is None:
                self._record(tx, case, said, by_team=by_team)
            elif _is_newer(said, known):
                at = instant(said.edited_ts or said.ts)
                tx.messages.edit(known.id, said.text, said.files, at)
                if said.text != known.text or _ids(said.files) != _ids(known.files):
                    self._note(tx, known, EventKind.EDITED, at)

    def _record(self, tx: Transaction, case: Case, said: Said, *, by_team: bool) -> None:
        number, now = case.number, self.desk.clock.now()
        message_id = tx.messages.add(number, said, by_team=by_team)
        if message_id is None:
            return
        author = said.author.user_id
        facts = {"message": message_id}
        tx.cases.record(TimelineEntry(number, said.at, EventKind.WROTE, author, facts))
        if by_team and author != case.reporter.user_id:
            self.response_clock.answered(tx, number, author, said.at, now)
        else:
            self._customer_wrote(tx, case, said, now)
        if said.at < now - LOOKED_AFTER:
            return  # found when this began to keep a record: on it, and of no news to anybody
        key = str(message_id)
        self.cards.in_team_thread(tx, case, MessageKind.MIRRORED, key, now, message=message_id)

    def _customer_wrote(self, tx: Transaction, case: Case, said: Said, now: datetime) -> None:
        """Words of theirs open a resolved case again, and end our waiting for them."""
        if case.status is CaseStatus.WAITING and said.at + CLOCK_SKEW >= _waits_since(tx, case):
            tx.cases.save(replace(case, status=CaseStatus.ANSWERED))
        elif case.resolved_at is not None and said.at + CLOCK_SKEW >= case.resolved_at:
            assignee = self.directory.of_team(tx, case.assignee)
            changed = reopened(case, assignee, CaseStatus.REOPENED)
            changed = replace(changed, version=case.version + 1)
            tx.cases.save(changed)
            self.response_clock.resumed(tx, changed, now)
            facts = {"version": changed.version, "by_reply": True}
            entry_id = tx.cases.record(
                TimelineEntry(case.number, now, EventKind.REOPENED, said.author.user_id, facts)
            )
            self.cards.tell_customer(tx, case, entry_id, now)
            self.cards.tell_team(tx, case, entry_id, now)
        else:
            return
        self.cards.redraw(tx, case.number, now)

    def _delete(self, tx: Transaction, message: CaseMessage, now: datetime) -> None:
        tx.messages.delete(message.id, now)
        self._note(tx, message, EventKind.DELETED, now)

    def _note(self, tx: Transaction, message: CaseMessage, kind: EventKind, at: datetime) -> None:
        """Put a change of somebody's words on the timeline, and draw the team's copy anew."""
        number, message_id = message.case_number, message.id
        facts = {"message": message_id}
        tx.cases.record(TimelineEntry(number, at, kind, message.author.user_id, facts))
        now = self.desk.clock.now()
        redraw(tx, now, case_subject(number), MessageKind.MIRRORED, where={"message": message_id})

    def _with_files(self, said: Said) -> Said:
        """With the names of files of which an event only gives the id, as far as Slack tells."""
        found: list[File] = []
        asks = True
        for file in said.files:
            try:
                found.append(self.slack.file(file.id) if asks and not file.name else file)
            except SlackError:
                asks = False  # the listener has little time, and the thread shows it
                found.append(file)
        return replace(said, files=tuple(found))


def _is_newer(said: Said, known: CaseMessage) -> bool:
    """Whether this is a later wording than the one on record."""
    if known.deleted_at is not None or said.edited_ts is None:
        return False
    return known.edited_at is None or instant(said.edited_ts) > known.edited_at


def _ids(files: Sequence[File]) -> list[str]:
    return [file.id for file in files]


def _waits_since(tx: Transaction, case: Case) -> datetime:
    """Since when we wait for the customer."""
    waits = tx.cases.timeline(case.number, {EventKind.WAITING})
    return waits[-1].at if waits else case.opened_at

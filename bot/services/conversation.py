"""The conversation in a case's thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.domain.case import Case
from bot.domain.delivery import PERMANENT
from bot.domain.outbox import MessageKind, Posted
from bot.errors import NotReadyError, SlackError
from bot.services.casework import Casework
from bot.services.desk import Desk
from bot.services.directory import Directory
from bot.services.ports import SlackGateway

# A card that was posted is known of by then, or looked for as long as it takes.
SOON_KNOWN = timedelta(minutes=10)
CLOCK_SKEW = timedelta(minutes=5)  # between our clock and Slack's
LOOKED_AFTER = timedelta(days=30)


@dataclass(frozen=True)
class Conversation:
    """The use cases of a case's thread."""

    desk: Desk
    slack: SlackGateway
    directory: Directory
    casework: Casework

    def wrote(self, event_id: str, channel_id: str, thread_ts: str, author: str) -> None:
        """Somebody wrote in a thread: if it is a case's and they are of the team, it is answered.

        Slack repeats events; each is taken once.

        Raises:
            SlackError: the author is not known yet, and Slack does not tell.
            NotReadyError: the thread may be a case's whose card is on its way. After either,
                Slack repeats the event.
        """
        now, began = self.desk.clock.now(), _instant(thread_ts)
        with self.desk.store.reading() as tx:
            # In this order: what is posted between the two is found by the second.
            is_coming = tx.outbox.is_being_posted(
                channel_id, MessageKind.CASE_CARD, after=now - SOON_KNOWN, before=began + CLOCK_SKEW
            )
            if tx.cases.in_thread(channel_id, thread_ts) is None:
                if is_coming:
                    raise NotReadyError("A card was posted there whose thread is not known yet.")
                return
        if not self.directory.is_team(author):
            return
        with self.desk.store.transaction() as tx:
            if tx.first_time(event_id, now):
                self.casework.answered_in_thread(tx, channel_id, thread_ts, author, now)

    def catch_up(self, pause: Callable[[float], None]) -> None:
        """Look into the threads of unanswered cases for answers that were not told of.

        Slack repeats an event for some minutes only; Casebell may have been away for longer.

        Args:
            pause: waits so many seconds, when Slack asks for it.

        Raises:
            SlackError: Slack does not answer; what was found so far is kept.
        """
        with self.desk.store.reading() as tx:
            waiting = tx.cases.unanswered(self.desk.clock.now() - LOOKED_AFTER)
        for case in waiting:
            try:
                self._catch_up_with(case)
            except SlackError as error:
                if error.retry_after is not None:
                    pause(error.retry_after)
                    self._catch_up_with(case)
                elif error.code not in PERMANENT:  # a channel that is gone stops no other
                    raise

    def _catch_up_with(self, case: Case) -> None:
        thread = Posted(case.place.channel_id, case.thread_ts or "")
        for author, at in self.slack.authors(thread, since=case.opened_at):
            if author != case.reporter.user_id and self._is_known_as_team(author):
                with self.desk.store.transaction() as tx:
                    self.casework.answered_in_thread(tx, thread.channel_id, thread.ts, author, at)
                return

    def _is_known_as_team(self, user_id: str) -> bool:
        try:
            return self.directory.is_team(user_id)
        except SlackError as error:
            if error.code not in PERMANENT:
                raise
            return False  # of whom Slack tells nothing, they are not of the team


def _instant(ts: str) -> datetime:
    """The instant in a message's ts."""
    return datetime.fromtimestamp(float(ts), UTC)

"""The conversation in a case's thread."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.delivery import PERMANENT
from bot.domain.outbox import MessageKind, Posted
from bot.errors import NotReadyError, SlackError
from bot.services.casework import Casework
from bot.services.desk import Desk
from bot.services.directory import Directory
from bot.services.ports import SlackGateway


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
        with self.desk.store.reading() as tx:
            if tx.cases.in_thread(channel_id, thread_ts) is None:
                if tx.outbox.is_being_posted(channel_id, MessageKind.CASE_CARD):
                    raise NotReadyError("A card was posted there whose thread is not known yet.")
                return
        if not self.directory.is_team(author):
            return
        now = self.desk.clock.now()
        with self.desk.store.transaction() as tx:
            if tx.first_time(event_id, now):
                self.casework.answered_in_thread(tx, channel_id, thread_ts, author, now)

    def catch_up(self) -> None:
        """Look into the threads of unanswered cases for answers that were not told of.

        Slack repeats an event for some minutes only; Casebell may have been away for longer.

        Raises:
            SlackError: Slack does not answer; what was found so far is kept.
        """
        with self.desk.store.reading() as tx:
            waiting = tx.cases.unanswered()
        for case in waiting:
            thread = Posted(case.place.channel_id, case.thread_ts or "")
            try:
                authors = self.slack.authors(thread, since=case.opened_at)
            except SlackError as error:
                if error.code in PERMANENT:
                    continue  # the channel is gone; the other threads are not
                raise
            others = (user for user in authors if user != case.reporter.user_id)
            if team := next((user for user in others if self.directory.is_team(user)), None):
                now = self.desk.clock.now()
                with self.desk.store.transaction() as tx:
                    self.casework.answered_in_thread(tx, thread.channel_id, thread.ts, team, now)

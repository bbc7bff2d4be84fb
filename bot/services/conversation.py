"""The conversation in a case's thread."""

from __future__ import annotations

from dataclasses import dataclass

from bot.services.casework import Casework
from bot.services.desk import Desk
from bot.services.directory import Directory


@dataclass(frozen=True)
class Conversation:
    """The use cases of a case's thread."""

    desk: Desk
    directory: Directory
    casework: Casework

    def wrote(self, event_id: str, channel_id: str, thread_ts: str, author: str) -> None:
        """Somebody wrote in a thread: if it is a case's and they are of the team, it is answered.

        Slack repeats events; each is taken once.

        Raises:
            SlackError: the author is not known yet, and Slack does not tell; Slack repeats the
                event later.
        """
        with self.desk.store.reading() as tx:
            if tx.cases.in_thread(channel_id, thread_ts) is None:
                return
        if not self.directory.is_team(author):
            return
        now = self.desk.clock.now()
        with self.desk.store.transaction() as tx:
            if tx.first_time(event_id, now):
                self.casework.answered_in_thread(tx, channel_id, thread_ts, author, now)
